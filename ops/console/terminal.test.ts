import { expect, test } from 'bun:test';
import { openTerminal, type Streams, sizeOf } from './terminal.ts';

function makeStreams(isTTY = true) {
  const written: string[] = [];
  const modes: boolean[] = [];
  const listeners = new Map<string, (value: Buffer) => void>();
  const on = (event: string, listener: (value: Buffer) => void): void => void listeners.set(event, listener);
  const off = (event: string): void => void listeners.delete(event);
  const input = { isTTY, setRawMode: (mode: boolean) => void modes.push(mode), on, off, pause() {}, resume() {} };
  const output = { isTTY, columns: 100, rows: 30, write: (text: string) => written.push(text) > 0, on, off };
  return { streams: { input, output } as unknown as Streams, written, modes, listeners };
}

test('without a terminal there is none, and nothing is written', () => {
  const { streams, written, modes } = makeStreams(false);
  expect(openTerminal(streams)).toBeNull();
  expect([written, modes]).toEqual([[], []]);
});

test('a terminal is given back as it was: its screen, its cursor, its mode, and nobody listens', () => {
  const { streams, written, modes, listeners } = makeStreams();
  const terminal = openTerminal(streams);
  if (terminal === null) throw new Error('no terminal');
  const keys: string[] = [];
  terminal.onKey((key) => void keys.push(key));
  terminal.onResize(() => {});
  listeners.get('data')?.(Buffer.from('q'));
  terminal.draw(['one', 'two']);
  expect(keys).toEqual(['q']);
  expect(written.join('')).toContain('one\x1b[K\r\ntwo\x1b[K\x1b[J');
  terminal.restore();
  terminal.restore();
  expect(written[0]).toBe('\x1b[?1049h\x1b[?25l');
  expect(written.at(-1)).toBe('\x1b[?25h\x1b[?1049l');
  expect(modes).toEqual([true, false]);
  expect(listeners.size).toBe(0);
  const before = written.length;
  terminal.draw(['late']);
  expect(written).toHaveLength(before);
});

test.each([
  [{}, 80, 24],
  [{ columns: 0, rows: 0 }, 80, 24],
  [{ columns: 120, rows: 40 }, 120, 40],
])('the size of %p is plausible', (given, columns, rows) => {
  expect(sizeOf(given)).toEqual({ columns, rows });
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { DEFAULT_PAIR } from '../../contracts/assets.ts';
import { ERROR_TEXT_BYTES_MAX, type Frame, parseFrame, QUOTE_BYTES_MAX } from './frame.ts';
import { anyFrame, relayFrames } from './relay-frames.fixture.ts';

/** What records may hold: whole characters, and not many of them. */
function textsIn(frame: Frame): string[] {
  const values = frame.kind === 'quote' ? [...Object.values(frame.demand), frame.malformed] : Object.values(frame);
  return values.filter((value) => typeof value === 'string');
}

test('each known frame is what it is', () => {
  const kinds = [...relayFrames].map(([name, text]) => [name, parseFrame(text, 1, DEFAULT_PAIR).kind]);
  expect(Object.fromEntries(kinds)).toEqual({
    accepted: 'reply',
    'error-without-id': 'reply',
    'quote-flat': 'quote',
    'quote-nested': 'quote',
    'quote-router-leg': 'quote',
    'quote-status-flat': 'status',
    'quote-status-nested': 'status',
    'refused-late': 'reply',
    'refused-text': 'reply',
    subscribed: 'reply',
  });
});

test('any frame gives a value or a named reason, of bounded and whole texts', () => {
  fc.assert(
    fc.property(anyFrame, (text) => {
      const frame = parseFrame(text, 1_767_225_600_500, DEFAULT_PAIR);
      expect(['quote', 'status', 'reply', 'other', 'bad']).toContain(frame.kind);
      for (const kept of textsIn(frame)) {
        expect(kept.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(ERROR_TEXT_BYTES_MAX);
      }
      if (frame.kind === 'bad') expect(frame.detail).not.toBe('');
      if (frame.kind === 'quote') {
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(QUOTE_BYTES_MAX);
        // It goes into a record as it is.
        expect(() => JSON.stringify(JSON.parse(text))).not.toThrow();
      }
      if (frame.kind === 'reply' && frame.ok) expect(frame.id).not.toBeNull();
    }),
    { numRuns: 1_500 },
  );
});

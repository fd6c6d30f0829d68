import { expect, test } from 'bun:test';
import { tapeDeck } from './deck.ts';
import { REPOSITORY_TAPE } from './make.ts';
import type { TapeSinks } from './player.ts';
import { realTimer } from './timer.ts';

const request = { path: REPOSITORY_TAPE.path, speed: 'max', quoteIds: 'fresh' } as const;

function countingSinks(): { sinks: TapeSinks; ids: string[] } {
  const ids: string[] = [];
  const sinks: TapeSinks = {
    ask: ({ quote_id }) => {
      ids.push(quote_id);
    },
    sendRaw: () => {},
    kraken: () => ({ ok: true }),
    coingecko: () => ({ ok: true }),
  };
  return { sinks, ids };
}

test('plays the tape of the repository whole, with new quote ids each time or the recorded ones', async () => {
  const { sinks, ids } = countingSinks();
  const deck = tapeDeck(sinks, realTimer);
  expect(deck.status().state).toBe('empty');
  const runs: string[][] = [];
  for (const quoteIds of ['fresh', 'fresh', 'recorded', 'recorded'] as const) {
    const start = await deck.start({ ...request, quoteIds });
    if (!start.ok) throw new Error(start.reason);
    const end = await start.done;
    expect(end).toMatchObject({ ended: 'complete', played: start.summary.frames, refused: 0 });
    expect(deck.status()).toMatchObject({ state: 'complete', played: start.summary.frames, durationMs: 600_000 });
    runs.push(ids.splice(0));
  }
  const [first = [], second = [], third, fourth] = runs;
  expect(new Set([...first, ...second]).size).toBe(new Set(first).size * 2);
  expect(third).toEqual(fourth ?? []);
});

test('one at a time; stopping ends it where it is', async () => {
  const { sinks } = countingSinks();
  const deck = tapeDeck(sinks, realTimer);
  const start = await deck.start({ ...request, speed: 0.001 });
  expect(start.ok).toBe(true);
  expect(await deck.start(request)).toEqual({ ok: false, why: 'busy', reason: 'a tape is playing' });
  await deck.stop();
  const { state, played, total } = deck.status();
  expect(state).toBe('stopped');
  expect(played).toBeLessThan(total);
  expect((await deck.start(request)).ok).toBe(true);
  await deck.stop();
});

test('a tape that cannot be read is refused before anything is played', async () => {
  const { sinks, ids } = countingSinks();
  const deck = tapeDeck(sinks, realTimer);
  const start = await deck.start({ ...request, path: `${import.meta.dir}/README.md` });
  expect(start).toMatchObject({ ok: false, why: 'damaged' });
  expect(ids).toEqual([]);
});

test('a sink that throws ends the tape with its message', async () => {
  const { sinks } = countingSinks();
  const broken: TapeSinks = {
    ...sinks,
    ask: () => {
      throw new Error('the relay is gone');
    },
  };
  const deck = tapeDeck(broken, realTimer);
  const start = await deck.start(request);
  if (!start.ok) throw new Error(start.reason);
  expect(await start.done).toMatchObject({ ended: 'fault', reason: 'the relay is gone' });
  expect(deck.status()).toMatchObject({ state: 'fault', reason: 'the relay is gone' });
});

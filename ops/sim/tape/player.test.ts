import { describe, expect, test } from 'bun:test';
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import { type AskOptions, type PlayOptions, playTape, type SinkResult, type TapeSinks, type Timer } from './player.ts';
import type { TapeRead } from './reader.ts';
import type { TapeFrame } from './record.ts';
import { quoteRenamer } from './relay-frame.ts';
import { quoteFrame } from './requests.ts';

const START_MS = 1_767_225_600_000;
const TAPE_START_MS = 1_628_602_920_000;

/** A clock that stops until the player sleeps, and then jumps to where it wanted to wake up. */
function fakeTimer(): Timer {
  let nowMs = START_MS;
  return {
    nowMs: () => nowMs,
    sleepUntil: async (atMs, signal) => {
      if (signal.aborted) return;
      nowMs = atMs;
    },
  };
}

type Heard = { readonly atMs: number; readonly what: string };

function recordingSinks(timer: Timer, result: SinkResult = { ok: true }) {
  const heard: Heard[] = [];
  const asks: { request: QuoteRequest; options: AskOptions }[] = [];
  const note = (what: string): void => {
    heard.push({ atMs: timer.nowMs() - START_MS, what });
  };
  const sinks: TapeSinks = {
    ask(request, options) {
      asks.push({ request, options });
      note(`ask ${request.quote_id}`);
    },
    sendRaw: (text) => note(`raw ${text}`),
    kraken(text) {
      note(`kraken ${text}`);
      return result;
    },
    coingecko(text, bodyNowMs) {
      note(`coingecko ${text} ${bodyNowMs}`);
      return result;
    },
  };
  return { sinks, heard, asks };
}

async function* reading(frames: readonly TapeFrame[], last: TapeRead | null = null): AsyncGenerator<TapeRead> {
  yield {
    kind: 'header',
    header: {
      kind: 'header',
      format: 'unrip-tape',
      version: 1,
      made_from: 'test',
      started_at_ms: TAPE_START_MS,
      pair: 'BTC/EURe',
      description: '',
    },
  };
  for (const [index, frame] of frames.entries()) yield { kind: 'frame', index, frame };
  yield last ?? { kind: 'end', frames: frames.length, durationMs: frames.at(-1)?.at_ms ?? 0 };
}

const request = (id: string): QuoteRequest => ({
  quote_id: id,
  defuse_asset_identifier_in: 'a',
  defuse_asset_identifier_out: 'b',
  exact_amount_in: '1',
  min_deadline_ms: 60_000,
});
const relay = (atMs: number, text: string, takeAfterMs?: number): TapeFrame => ({
  kind: 'relay',
  at_ms: atMs,
  text,
  ...(takeAfterMs === undefined ? {} : { take_after_ms: takeAfterMs }),
});
const ask = (atMs: number, id: string, takeAfterMs?: number): TapeFrame =>
  relay(atMs, quoteFrame(request(id), { quote_timestamp: TAPE_START_MS + atMs - 5 }), takeAfterMs);
const kraken = (atMs: number, text: string): TapeFrame => ({ kind: 'kraken', at_ms: atMs, text });

function play(frames: readonly TapeFrame[], more: Partial<PlayOptions> = {}) {
  const timer = fakeTimer();
  const recording = recordingSinks(timer);
  const options = {
    reads: reading(frames),
    total: frames.length,
    speed: 1,
    timer,
    sinks: recording.sinks,
    renameQuote: (id: string) => id,
    ...more,
  };
  return { ...recording, timer, playback: playTape(options) };
}

describe('pace', () => {
  const FRAMES = [kraken(0, 'a'), ask(1000, 'q1', 4001), kraken(1000, 'b'), kraken(5000, 'c')];

  test.each([
    [1, [0, 1000, 1000, 5000], 4001],
    [4, [0, 250, 250, 1250], 1001],
    [0.5, [0, 2000, 2000, 10_000], 8002],
    ['max', [0, 0, 0, 0], 0],
  ] as const)(
    'at speed %p each frame comes at its time, in order, and taking scales along',
    async (speed, atMs, takeAfterMs) => {
      const { heard, asks, playback } = play(FRAMES, { speed });
      const end = await playback.done;
      expect(heard.map((each) => each.what)).toEqual(['kraken a', 'ask q1', 'kraken b', 'kraken c']);
      expect(heard.map((each) => each.atMs)).toEqual([...atMs]);
      expect(asks[0]?.options.takeAfterMs).toBe(takeAfterMs);
      expect(end).toMatchObject({ ended: 'complete', played: 4, total: 4, tapeMs: 5000, elapsedMs: atMs[3] });
    },
  );

  test('a frame that is not to be taken does not say so', async () => {
    const { asks, playback } = play([ask(0, 'q1')]);
    await playback.done;
    expect(asks[0]?.options).not.toHaveProperty('takeAfterMs');
  });

  test('at full speed the next frames wait until the sinks have taken in the last', async () => {
    const timer = fakeTimer();
    const { sinks, heard } = recordingSinks(timer);
    const gates = [1, 2, 3].map(() => ({
      reached: Promise.withResolvers<void>(),
      opened: Promise.withResolvers<void>(),
    }));
    let next = 0;
    const ready = async (): Promise<void> => {
      const gate = gates[next++];
      gate?.reached.resolve();
      await gate?.opened.promise;
    };
    const frames = Array.from({ length: 100 }, (_, index) => kraken(index, String(index)));
    const { playback } = play(frames, { speed: 'max', timer, sinks: { ...sinks, ready } });
    let heardBefore = 0;
    for (const { reached, opened } of gates) {
      await reached.promise;
      expect(heard.length).toBeGreaterThan(heardBefore);
      heardBefore = heard.length;
      // Nothing more comes while the gate is shut, however often the loop turns.
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      expect(heard.length).toBe(heardBefore);
      opened.resolve();
    }
    expect(heardBefore).toBeLessThan(100);
    expect((await playback.done).played).toBe(100);
  });

  test('a sink that takes its time holds the tape up', async () => {
    const timer = fakeTimer();
    const { sinks } = recordingSinks(timer);
    const order: string[] = [];
    const slow: TapeSinks = {
      ...sinks,
      ask: async ({ quote_id }) => {
        order.push(`start ${quote_id}`);
        await new Promise((settle) => setImmediate(settle));
        order.push(`end ${quote_id}`);
      },
    };
    await play([ask(0, 'a'), ask(0, 'b')], { speed: 'max', sinks: slow }).playback.done;
    expect(order).toEqual(['start a', 'end a', 'start b', 'end b']);
  });
});

describe('content', () => {
  test('times inside frames are moved to now', async () => {
    const { asks, heard, playback } = play([ask(3000, 'q1'), { kind: 'coingecko', at_ms: 4000, text: 'body' }]);
    await playback.done;
    expect(asks[0]?.options.metadata?.quote_timestamp).toBe(START_MS + 3000 - 5);
    expect(heard[1]?.what).toBe(`coingecko body ${TAPE_START_MS + 4000}`);
  });

  test('both shapes, what is broken, and replies of the recording', async () => {
    const broken = '{"jsonrpc":"2.0","method":"ev';
    const { asks, heard, playback } = play([
      relay(0, quoteFrame(request('flat'), null)),
      ask(0, 'nested'),
      relay(0, broken),
      relay(0, '{"jsonrpc":"2.0","id":1,"result":"OK"}'),
    ]);
    const end = await playback.done;
    expect(asks.map(({ request: { quote_id }, options }) => [quote_id, options.shape])).toEqual([
      ['flat', 'subscribe'],
      ['nested', 'event'],
    ]);
    expect(asks[0]?.request).toEqual(request('flat'));
    expect(heard.map((each) => each.what)).toEqual(['ask flat', 'ask nested', `raw ${broken}`]);
    expect(end.played).toBe(4);
  });

  test('quote ids are new in each run, and a repeat stays a repeat', async () => {
    const sha256Hex = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('hex');
    const idsOf = async (runId: string): Promise<(string | undefined)[]> => {
      const { asks, playback } = play([ask(0, 'a'), ask(1, 'b'), ask(2, 'a')], {
        renameQuote: quoteRenamer(runId, sha256Hex),
      });
      await playback.done;
      return asks.map((each) => each.request.quote_id);
    };
    const [first, second] = [await idsOf('run-1'), await idsOf('run-2')];
    expect(first[0]).toBe(first[2]);
    expect(new Set([...first, ...second]).size).toBe(4);
    for (const id of first) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await idsOf('run-1')).toEqual(first);
  });
});

describe('ends', () => {
  test('stop ends it between two frames, even in a pause', async () => {
    const timer = fakeTimer();
    const sleeping = Promise.withResolvers<void>();
    const waiting: Timer = {
      ...timer,
      sleepUntil: (_atMs, signal) =>
        new Promise((settle) => {
          signal.addEventListener('abort', () => settle());
          sleeping.resolve();
        }),
    };
    const { heard, playback } = play([kraken(0, 'a'), kraken(60_000, 'b')], { timer: waiting });
    await sleeping.promise;
    expect(playback.progress()).toMatchObject({ played: 1, total: 2 });
    playback.stop();
    expect(await playback.done).toMatchObject({ ended: 'stopped', played: 1, total: 2 });
    expect(heard.map((each) => each.what)).toEqual(['kraken a']);
  });

  test('a damaged tape ends with its reason', async () => {
    const reads = reading([kraken(0, 'a')], { kind: 'fault', reason: 'record 2 is damaged: x' });
    const end = await play([], { reads, total: 1 }).playback.done;
    expect(end).toMatchObject({ ended: 'fault', reason: 'record 2 is damaged: x', played: 1 });
  });

  test('what a stand-in will not take is counted, with the first reason', async () => {
    const timer = fakeTimer();
    const { sinks } = recordingSinks(timer, { ok: false, reason: 'no' });
    const end = await play([kraken(7, 'a'), kraken(8, 'b')], { timer, sinks }).playback.done;
    expect(end).toMatchObject({ ended: 'complete', refused: 2, firstRefusal: 'kraken frame at 7 ms: no' });
  });
});

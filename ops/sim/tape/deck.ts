// One tape at a time: checks a tape whole before any of it is played, plays it into the sinks, and says how far it is.

import { randomUUID } from 'node:crypto';
import { type Playback, type PlayEnd, playTape, type Speed, type TapeSinks, type Timer } from './player.ts';
import { inspectTape, readTape, type TapeSummary } from './reader.ts';
import { quoteRenamer } from './relay-frame.ts';

export type DeckStatus = {
  readonly state: 'empty' | 'playing' | PlayEnd['ended'];
  readonly path: string | null;
  readonly played: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** Position on the tape, and its length. */
  readonly tapeMs: number;
  readonly durationMs: number;
  /** Why it ended early. */
  readonly reason: string | null;
  /** Price frames that a stand-in would not take, with the first reason. */
  readonly refused: number;
  readonly firstRefusal: string | null;
};

type PlayRequest = {
  readonly path: string;
  readonly speed: Speed;
  /** `fresh` gives quote ids a new name in each run, `recorded` leaves them as they are. */
  readonly quoteIds: 'fresh' | 'recorded';
};

export type PlayStart =
  | { readonly ok: true; readonly summary: TapeSummary; readonly done: Promise<PlayEnd> }
  | { readonly ok: false; readonly why: 'busy' | 'damaged'; readonly reason: string };

export type TapeDeck = {
  start(request: PlayRequest): Promise<PlayStart>;
  status(): DeckStatus;
  /** Settles when the playing has ended; at once when nothing plays. */
  stop(): Promise<void>;
};

const EMPTY: DeckStatus = {
  state: 'empty',
  path: null,
  played: 0,
  total: 0,
  elapsedMs: 0,
  tapeMs: 0,
  durationMs: 0,
  reason: null,
  refused: 0,
  firstRefusal: null,
};

const sha256Hex = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('hex');

type Running = { readonly request: PlayRequest; readonly summary: TapeSummary; readonly playback: Playback };

export function tapeDeck(sinks: TapeSinks, timer: Timer): TapeDeck {
  let running: Running | null = null;
  let isLoading = false;
  let last: DeckStatus = EMPTY;

  function statusOf({ request, summary, playback }: Running, end: PlayEnd | null): DeckStatus {
    const progress = end ?? playback.progress();
    return {
      state: end?.ended ?? 'playing',
      path: request.path,
      played: progress.played,
      total: progress.total,
      elapsedMs: progress.elapsedMs,
      tapeMs: progress.tapeMs,
      durationMs: summary.durationMs,
      reason: end?.reason ?? null,
      refused: end?.refused ?? 0,
      firstRefusal: end?.firstRefusal ?? null,
    };
  }

  async function begin(request: PlayRequest): Promise<PlayStart> {
    const inspection = await inspectTape(request.path);
    if (!inspection.ok) return { ok: false, why: 'damaged', reason: inspection.reason };
    const { summary } = inspection;
    const playback = playTape({
      reads: readTape(request.path),
      total: summary.frames,
      speed: request.speed,
      timer,
      sinks,
      renameQuote: request.quoteIds === 'recorded' ? (id) => id : quoteRenamer(randomUUID(), sha256Hex),
    });
    const now: Running = { request, summary, playback };
    running = now;
    // A sink that throws is a defect of the stand-in behind it: the tape ends with its message.
    const done = playback.done
      .catch((error: unknown): PlayEnd => {
        const reason = error instanceof Error ? error.message : String(error);
        return { ...playback.progress(), ended: 'fault', reason, refused: 0, firstRefusal: null };
      })
      .then((end) => {
        last = statusOf(now, end);
        running = null;
        return end;
      });
    return { ok: true, summary, done };
  }

  return {
    async start(request) {
      if (running !== null || isLoading) return { ok: false, why: 'busy', reason: 'a tape is playing' };
      isLoading = true;
      try {
        return await begin(request);
      } finally {
        isLoading = false;
      }
    },
    status: () => (running === null ? last : statusOf(running, null)),
    async stop() {
      const { playback } = running ?? {};
      playback?.stop();
      await playback?.done.catch(() => undefined);
    },
  };
}

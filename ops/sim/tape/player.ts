// Plays a tape: hands each frame to its sink when its time has come, in order, at any speed. Pure scheduling: records,
// clock, sleep and sinks are passed in.
// Back-pressure: a sink may give a promise, and every few frames `ready` is awaited, so that at full speed the tape is
// not read faster than it is taken in. Times inside frames are moved as if the tape were recorded now.

import type { QuoteMetadata, QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { TapeRead } from './reader.ts';
import type { TapeFrame, TapeHeader } from './record.ts';
import { type RelayShape, readRelayFrame } from './relay-frame.ts';

/** Factor on the tape's own pace, or as fast as the sinks take it. */
export type Speed = number | 'max';

export type Timer = {
  nowMs(): number;
  /** Settles at that time, or at once when the signal says stop. */
  sleepUntil(atMs: number, signal: AbortSignal): Promise<void>;
};

export type AskOptions = {
  readonly shape: RelayShape;
  readonly metadata?: QuoteMetadata;
  readonly takeAfterMs?: number;
};

export type SinkResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export type TapeSinks = {
  ask(request: QuoteRequest, options: AskOptions): void | Promise<void>;
  /** Text for every client of the relay, as it is. */
  sendRaw(text: string): void | Promise<void>;
  kraken(text: string): SinkResult;
  /** A body of CoinGecko whose times are true at `bodyNowMs`. */
  coingecko(text: string, bodyNowMs: number): SinkResult;
  /** Settles when what was handed over so far has been taken in. */
  ready?(): Promise<void>;
};

type Progress = {
  readonly played: number;
  readonly total: number;
  /** Real time since the start. */
  readonly elapsedMs: number;
  /** Position on the tape. */
  readonly tapeMs: number;
};

export type PlayEnd = Progress & {
  /** `fault` ends a tape that turned out damaged; what came before it was played. */
  readonly ended: 'complete' | 'stopped' | 'fault';
  readonly reason: string | null;
  /** Price frames that a stand-in would not take, with the first reason. */
  readonly refused: number;
  readonly firstRefusal: string | null;
};

export type PlayOptions = {
  readonly reads: AsyncIterable<TapeRead>;
  /** Frames on the tape, for the progress. */
  readonly total: number;
  readonly speed: Speed;
  readonly timer: Timer;
  readonly sinks: TapeSinks;
  /** Name that a quote id gets in this run. */
  readonly renameQuote: (quoteId: string) => string;
};

export type Playback = {
  progress(): Progress;
  /** Ends the playing before the next frame; `done` settles then. */
  stop(): void;
  readonly done: Promise<PlayEnd>;
};

/** Frames between two looks at whether the sinks have taken in what they got. */
const FRAMES_PER_READY = 32;

export function playTape(options: PlayOptions): Playback {
  const { timer, sinks, speed, total } = options;
  const startedAtMs = timer.nowMs();
  const stopping = new AbortController();
  let played = 0;
  let tapeMs = 0;
  let refused = 0;
  let firstRefusal: string | null = null;
  let header: TapeHeader | null = null;

  const progress = (): Progress => ({ played, total, elapsedMs: timer.nowMs() - startedAtMs, tapeMs });
  const ended = (how: PlayEnd['ended'], reason: string | null = null): PlayEnd => ({
    ...progress(),
    ended: how,
    reason,
    refused,
    firstRefusal,
  });

  const recordedAtMs = (frame: TapeFrame): number => (header?.started_at_ms ?? 0) + frame.at_ms;

  function movedMetadata(frame: TapeFrame, metadata: QuoteMetadata): QuoteMetadata {
    const { quote_timestamp: stamp } = metadata;
    return stamp === undefined
      ? metadata
      : { ...metadata, quote_timestamp: stamp - recordedAtMs(frame) + timer.nowMs() };
  }

  function playRelay(frame: TapeFrame & { kind: 'relay' }): void | Promise<void> {
    const act = readRelayFrame(frame.text);
    if (act.kind === 'skip') return;
    if (act.kind === 'raw') return sinks.sendRaw(frame.text);
    const request = { ...act.request, quote_id: options.renameQuote(act.request.quote_id) };
    const takeAfterMs = frame.take_after_ms;
    return sinks.ask(request, {
      shape: act.shape,
      ...(act.metadata === undefined ? {} : { metadata: movedMetadata(frame, act.metadata) }),
      ...(takeAfterMs === undefined ? {} : { takeAfterMs: speed === 'max' ? 0 : Math.ceil(takeAfterMs / speed) }),
    });
  }

  function note(frame: TapeFrame, result: SinkResult): void {
    if (result.ok) return;
    refused += 1;
    firstRefusal ??= `${frame.kind} frame at ${frame.at_ms} ms: ${result.reason}`;
  }

  async function playFrame(frame: TapeFrame): Promise<void> {
    if (frame.kind === 'relay') await playRelay(frame);
    else if (frame.kind === 'kraken') note(frame, sinks.kraken(frame.text));
    else note(frame, sinks.coingecko(frame.text, recordedAtMs(frame)));
  }

  async function play(): Promise<PlayEnd> {
    for await (const read of options.reads) {
      if (stopping.signal.aborted) return ended('stopped');
      if (read.kind === 'fault') return ended('fault', read.reason);
      if (read.kind === 'header') header = read.header;
      if (read.kind !== 'frame') continue;
      const { frame } = read;
      if (speed !== 'max') {
        const dueAtMs = startedAtMs + frame.at_ms / speed;
        if (dueAtMs > timer.nowMs()) await timer.sleepUntil(dueAtMs, stopping.signal);
        if (stopping.signal.aborted) return ended('stopped');
      }
      await playFrame(frame);
      played += 1;
      tapeMs = frame.at_ms;
      if (played % FRAMES_PER_READY === 0) await sinks.ready?.();
    }
    return ended('complete');
  }

  return { progress, stop: () => stopping.abort(), done: play() };
}

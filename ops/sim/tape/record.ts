// The records of a tape, in the order of the file: one header, any number of frames, one end.
// A frame is the text that arrived, with the time at which it did, whatever the source; what the text means is for the
// player to find out. So a recording of the real venues and a made tape have one format. Pure.
// Invariants: `at_ms` never falls; the end counts the frames, so a tape that was cut off is distinguished from a whole one.

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

export const TAPE_FORMAT = 'unrip-tape';
export const TAPE_VERSION = 1;

const TAPE_SOURCES = ['relay', 'kraken', 'coingecko'] as const;
export type TapeSource = (typeof TAPE_SOURCES)[number];

const AtMs = Type.Integer({ minimum: 0 });

export const TapeHeader = Type.Object({
  kind: Type.Literal('header'),
  format: Type.Literal(TAPE_FORMAT),
  version: Type.Literal(TAPE_VERSION),
  /** Where the frames come from, in words. */
  made_from: Type.String(),
  /** Time of the venues at `at_ms` 0, in milliseconds since the epoch: times inside the frames are relative to it. */
  started_at_ms: Type.Integer({ minimum: 0 }),
  pair: Type.String(),
  description: Type.String(),
});
export type TapeHeader = Static<typeof TapeHeader>;

/** A frame of the relay may say when its quote will be taken, counted from when it was asked. */
export const RelayFrame = Type.Object({
  kind: Type.Literal('relay'),
  at_ms: AtMs,
  text: Type.String(),
  take_after_ms: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type RelayFrame = Static<typeof RelayFrame>;

/** One text frame of Kraken's websocket. */
const KrakenTapeFrame = Type.Object({ kind: Type.Literal('kraken'), at_ms: AtMs, text: Type.String() });
type KrakenTapeFrame = Static<typeof KrakenTapeFrame>;

/** One body of CoinGecko's `/simple/price`. */
const CoinGeckoTapeFrame = Type.Object({ kind: Type.Literal('coingecko'), at_ms: AtMs, text: Type.String() });
type CoinGeckoTapeFrame = Static<typeof CoinGeckoTapeFrame>;

export type TapeFrame = RelayFrame | KrakenTapeFrame | CoinGeckoTapeFrame;

const TapeEnd = Type.Object({
  kind: Type.Literal('end'),
  frames: Type.Integer({ minimum: 0 }),
  /** Time from the tape's start to its end; at least that of the last frame. */
  duration_ms: AtMs,
});
type TapeEnd = Static<typeof TapeEnd>;

export type TapeRecord = TapeHeader | TapeFrame | TapeEnd;

/** Where a reader is: what it has passed, which decides what may come next. */
export type TapePlace = {
  readonly phase: 'start' | 'frames' | 'over';
  readonly frames: number;
  readonly lastAtMs: number;
};

export const TAPE_START: TapePlace = { phase: 'start', frames: 0, lastAtMs: 0 };

export type TapeStep =
  | { readonly ok: true; readonly record: TapeRecord; readonly place: TapePlace }
  | { readonly ok: false; readonly reason: string };

const SHAPES: Readonly<Record<string, TSchema>> = {
  header: TapeHeader,
  relay: RelayFrame,
  kraken: KrakenTapeFrame,
  coingecko: CoinGeckoTapeFrame,
  end: TapeEnd,
};

/** A kind comes from a file: a text of any length, or a value that JSON does not have. */
function shownKind(kind: unknown): string {
  if (kind === undefined) return 'missing';
  return typeof kind === 'string' ? JSON.stringify(kind.slice(0, 40)) : `that is no text (${typeof kind})`;
}

function shapeFault(value: unknown): string | null {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const shape = typeof kind === 'string' && Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined;
  if (shape === undefined) return `kind ${shownKind(kind)} is not one of ${Object.keys(SHAPES).join(', ')}`;
  const first = Value.Errors(shape, value).First();
  return first === undefined ? null : `${kind} record: ${first.path} ${first.message}`;
}

function takeFrame(place: TapePlace, record: TapeFrame): TapeStep {
  if (record.at_ms < place.lastAtMs) {
    return { ok: false, reason: `at_ms ${record.at_ms} lies before ${place.lastAtMs} of the record before it` };
  }
  return { ok: true, record, place: { phase: 'frames', frames: place.frames + 1, lastAtMs: record.at_ms } };
}

function takeEnd(place: TapePlace, record: TapeEnd): TapeStep {
  if (record.frames !== place.frames) {
    return { ok: false, reason: `the end counts ${record.frames} frames, ${place.frames} were there` };
  }
  if (record.duration_ms < place.lastAtMs) return { ok: false, reason: 'the end lies before the last frame' };
  return { ok: true, record, place: { ...place, phase: 'over' } };
}

/** Judges the next value of a tape at the place where it is. */
export function nextRecord(place: TapePlace, value: unknown): TapeStep {
  if (place.phase === 'over') return { ok: false, reason: 'something follows the end' };
  const fault = shapeFault(value);
  if (fault !== null) return { ok: false, reason: fault };
  const record = value as TapeRecord;
  if ((record.kind === 'header') !== (place.phase === 'start')) {
    return { ok: false, reason: place.phase === 'start' ? 'the first record is no header' : 'a second header' };
  }
  if (record.kind === 'header') return { ok: true, record, place: { ...place, phase: 'frames' } };
  return record.kind === 'end' ? takeEnd(place, record) : takeFrame(place, record);
}

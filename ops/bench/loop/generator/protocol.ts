// What the bench and its generator, a process of its own, say to each other over the channel between parent and child. The
// result of a run is too long for the channel: it is a file.

import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';

/**
 * `open`: on a fixed schedule, whatever the answers do. `closed`: as many as given are unanswered at any time, and the next
 * quote leaves when one was answered.
 */
const Pace = Type.Union([
  Type.Object({ kind: Type.Literal('open'), ratePerS: Type.Number({ exclusiveMinimum: 0 }) }),
  Type.Object({ kind: Type.Literal('closed'), unanswered: Type.Integer({ minimum: 1 }) }),
]);

export const GeneratorRequest = Type.Object({
  kind: Type.Literal('run'),
  /** Begins each quote id of this run. */
  prefix: Type.String({ minLength: 1 }),
  eurPerBtc: Type.Number({ exclusiveMinimum: 0 }),
  count: Type.Integer({ minimum: 1 }),
  pace: Pace,
  /** Of each quote. */
  minDeadlineMs: Type.Integer({ minimum: 1 }),
  /** Quotes a second for other pairs, which nobody answers, in addition; only in an open loop. */
  foreignPerS: Type.Number({ minimum: 0 }),
  /** This long after the last quote was sent (closed: after the last answer), answers that did not come are given up. */
  patienceMs: Type.Integer({ minimum: 1 }),
  resultFile: Type.String({ minLength: 1 }),
});
export type GeneratorRequest = Static<typeof GeneratorRequest>;

export const RunResult = Type.Object({
  /** Quotes that left: fewer than asked for where a closed loop was given up. */
  sent: Type.Integer({ minimum: 0 }),
  /** From the moment at which a quote was due to the arrival of its answer, microseconds; -1 where none came. */
  latenciesUs: Type.Array(Type.Number()),
  /** How late the quotes left, microseconds: the generator's own share of the latencies. Empty for a closed loop. */
  latenessUs: Type.Array(Type.Number()),
  /** Frames that came back, each after the index of its quote; of many, an even sample. */
  answers: Type.Array(Type.Tuple([Type.Integer(), Type.String()])),
  /** Answers to a quote that had one already, to a quote for another pair, and frames that name no quote of this run. */
  repeated: Type.Integer(),
  foreign: Type.Integer(),
  unknown: Type.Integer(),
});
export type RunResult = Static<typeof RunResult>;

export const GeneratorReport = Type.Union([
  Type.Object({ kind: Type.Literal('listening'), url: Type.String() }),
  /** Clients that are subscribed to quotes now. */
  Type.Object({ kind: Type.Literal('subscribers'), count: Type.Integer() }),
  /** The last answer is there, or was given up. */
  Type.Object({ kind: Type.Literal('ended') }),
  /** The file of the result is written. */
  Type.Object({ kind: Type.Literal('written') }),
  Type.Object({ kind: Type.Literal('failed'), reason: Type.String() }),
]);
export type GeneratorReport = Static<typeof GeneratorReport>;

export const requestCheck = TypeCompiler.Compile(GeneratorRequest);
export const reportCheck = TypeCompiler.Compile(GeneratorReport);
export const resultCheck = TypeCompiler.Compile(RunResult);

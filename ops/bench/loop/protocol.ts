// What the bench and its generator, a process of its own, say to each other over the channel between parent and child.

import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';

export const GeneratorRequest = Type.Object({
  kind: Type.Literal('run'),
  /** Begins each quote id of this run. */
  prefix: Type.String({ minLength: 1 }),
  eurPerBtc: Type.Number({ exclusiveMinimum: 0 }),
  count: Type.Integer({ minimum: 1 }),
  ratePerS: Type.Number({ exclusiveMinimum: 0 }),
  /** This long after the last quote was sent, answers that did not come are given up. */
  patienceMs: Type.Integer({ minimum: 1 }),
});
export type GeneratorRequest = Static<typeof GeneratorRequest>;

export const RunResult = Type.Object({
  kind: Type.Literal('result'),
  /** From the moment at which a quote was due to the arrival of its answer, microseconds; -1 where none came. */
  latenciesUs: Type.Array(Type.Number()),
  /** How late the quotes left, microseconds: the generator's own share of the latencies. */
  latenessUs: Type.Array(Type.Number()),
  /** Frames that came back, by index of the quote; empty where none came. */
  answers: Type.Array(Type.String()),
  /** Answers to a quote that had one already, and frames that name no quote of this run. */
  repeated: Type.Integer(),
  foreign: Type.Integer(),
});
export type RunResult = Static<typeof RunResult>;

export const GeneratorReport = Type.Union([
  Type.Object({ kind: Type.Literal('listening'), url: Type.String() }),
  /** Clients that are subscribed to quotes now. */
  Type.Object({ kind: Type.Literal('subscribers'), count: Type.Integer() }),
  RunResult,
  Type.Object({ kind: Type.Literal('failed'), reason: Type.String() }),
]);
export type GeneratorReport = Static<typeof GeneratorReport>;

export const requestCheck = TypeCompiler.Compile(GeneratorRequest);
export const reportCheck = TypeCompiler.Compile(GeneratorReport);

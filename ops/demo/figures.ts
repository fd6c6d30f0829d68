// What the engine says of itself while a demo runs: the few numbers of GET /state that progress and summary show, checked
// on arrival, since they come from another process.

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { ControlClient } from '../harness/control-client.ts';

const Counts = Type.Record(Type.String(), Type.Integer());

/** A part of `EngineState`. */
export const EngineFigures = Type.Object({
  ingest: Type.Object({
    frames: Type.Object({
      quotes_of_other_pairs: Type.Integer(),
      quotes_repeated: Type.Integer(),
      bad: Type.Integer(),
    }),
  }),
  strategy: Type.Object({ decisions: Type.Integer(), accepted: Type.Integer(), rejected_by_reason: Counts }),
  executor: Type.Object({
    in_flight: Type.Integer(),
    open: Type.Integer(),
    results_by_state: Counts,
    errors_by_code: Counts,
    answer_latency: Type.Object({
      count: Type.Integer(),
      p50_us: Type.Number(),
      p90_us: Type.Number(),
      p99_us: Type.Number(),
      p999_us: Type.Number(),
      max_us: Type.Number(),
    }),
  }),
  bus: Type.Object({ lag_records: Type.Integer() }),
});
export type EngineFigures = Static<typeof EngineFigures>;

export async function engineFigures(control: ControlClient): Promise<EngineFigures> {
  const state = await control.get('/state');
  if (Value.Check(EngineFigures, state)) return state;
  const fault = Value.Errors(EngineFigures, state).First();
  throw new Error(`GET /state of the engine is not as expected: ${fault?.path} ${fault?.message}`);
}

// The control of a running simulator, as the command line uses it: finding it, asking it, and the words for what went wrong.

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readSimFile } from './sim-file.ts';

export const TapeStatus = Type.Object({
  state: Type.String(),
  played: Type.Integer(),
  total: Type.Integer(),
  elapsed_ms: Type.Number(),
  tape_ms: Type.Number(),
  duration_ms: Type.Number(),
  reason: Type.Union([Type.String(), Type.Null()]),
  refused: Type.Integer(),
  first_refusal: Type.Union([Type.String(), Type.Null()]),
});
export type TapeStatus = Static<typeof TapeStatus>;

const Numbers = Type.Record(Type.String(), Type.Integer());

export const SimCounts = Type.Object({
  asked: Type.Integer(),
  answers: Type.Integer(),
  accepted: Type.Integer(),
  refused: Type.Integer(),
  refusals: Numbers,
  settled: Type.Integer(),
  failed_settlements: Type.Integer(),
  failures: Numbers,
});
export type SimCounts = Static<typeof SimCounts>;

export type Reply<Body> = { readonly ok: true; readonly body: Body } | { readonly ok: false; readonly reason: string };

const START_HINT = 'start one with `./unrip sim`';

/** Gives the control URL: `where` is one already, or names the file that holds it. */
export async function findSim(where: string): Promise<Reply<string>> {
  if (/^https?:\/\//.test(where)) return { ok: true, body: where.replace(/\/$/, '') };
  const read = await readSimFile(where);
  return read.ok
    ? { ok: true, body: read.file.control_url }
    : { ok: false, reason: `no simulator runs here: ${read.reason}; ${START_HINT}` };
}

/** One call of the control. Every failure is a sentence: nobody there, a refusal, or an answer of another shape. */
export async function askSim<Shape extends TSchema>(
  shape: Shape,
  url: string,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
  body?: unknown,
): Promise<Reply<Static<Shape>>> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch {
    return { ok: false, reason: `no simulator answers at ${new URL(url).origin}; ${START_HINT}` };
  }
  const value: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const detail = Value.Check(Type.Object({ detail: Type.String() }), value)
      ? value.detail
      : `HTTP ${response.status}`;
    return { ok: false, reason: detail };
  }
  return Value.Check(shape, value)
    ? { ok: true, body: value }
    : { ok: false, reason: `${url} answers in another form: is it a simulator of this version?` };
}

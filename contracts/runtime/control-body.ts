// The body of a control call: bounded, JSON, exactly the fields that the route declares. Every refusal names the field and
// the shape wanted.

import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { readJson, SMALL_JSON } from '../json.ts';
import type { FieldProblem, Problem } from './problem.ts';

export const BODY_BYTES_MAX = 65_536;
const PROBLEMS_SHOWN_MAX = 10;

export type ReadBody =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly problem: Problem };

const refuse = (problem: Problem): ReadBody => ({ ok: false, problem });

/** Reads bodies of one schema; with `optional`, no body at all counts as an empty object. */
export function createBodyReader(schema: TSchema, optional: boolean): (request: Request) => Promise<ReadBody> {
  const compiled = TypeCompiler.Compile(schema);
  return async (request) => {
    const text = await readBounded(request);
    if (text === null)
      return refuse({
        status: 413,
        code: 'body-too-large',
        title: 'Body too large',
        detail: `A body has at most ${BODY_BYTES_MAX} bytes.`,
      });
    if (text.trim() === '' && optional) return check({});
    const type = request.headers.get('content-type') ?? '';
    if (!/^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(type))
      return refuse({
        status: 415,
        code: 'not-json',
        title: 'Body is not JSON',
        detail: 'Send the body as JSON, with the header `Content-Type: application/json`.',
      });
    const read = readJson(text, SMALL_JSON);
    if (!read.ok) {
      return refuse({
        status: 400,
        code: 'body-malformed',
        title: 'Body is not valid JSON',
        detail: text.trim() === '' ? 'The route needs a JSON object.' : `The body cannot be read: ${read.detail}.`,
        errors: [],
      });
    }
    return check(read.value);
  };

  function check(body: unknown): ReadBody {
    if (compiled.Check(body)) return { ok: true, body };
    const errors: FieldProblem[] = [];
    const seen = new Set<string>();
    for (const { path, message, schema: wanted } of compiled.Errors(body)) {
      if (seen.has(path)) continue;
      seen.add(path);
      const shape = wanted.description ?? (wanted['pattern'] === undefined ? '' : `text like ${wanted['pattern']}`);
      errors.push({
        field: path === '' ? '/' : path,
        problem: shape === '' ? message : `${message}; wanted: ${shape}`,
      });
      if (errors.length >= PROBLEMS_SHOWN_MAX) break;
    }
    const fields = errors.map(({ field, problem }) => `${field}: ${problem}`).join('; ');
    return refuse({ status: 400, code: 'body-wrong', title: 'Body has not the shape wanted', detail: fields, errors });
  }
}

/** null when there is more than BODY_BYTES_MAX; stops reading there. */
async function readBounded(request: Request): Promise<string | null> {
  if (Number(request.headers.get('content-length') ?? '0') > BODY_BYTES_MAX) return null;
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

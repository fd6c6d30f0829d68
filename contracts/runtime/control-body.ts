// The body of a control call: JSON, exactly the fields that the route declares. The front reads it, the app holds it against the
// schema. Every refusal names the field and the shape required.

import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { readJson, SMALL_JSON } from '../json.ts';
import type { GivenBody } from './control-message.ts';
import type { FieldProblem, Problem } from './problem.ts';

const PROBLEMS_SHOWN_MAX = 10;

const refuse = (problem: Problem): GivenBody => ({ ok: false, problem });

/** @param optional no body at all counts as an empty object */
export function readBody(bytes: Buffer, contentType: string | null, optional: boolean): GivenBody {
  const text = bytes.toString('utf8');
  if (text.trim() === '' && optional) return { ok: true, value: {} };
  if (!/^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? ''))
    return refuse({
      status: 415,
      code: 'not-json',
      title: 'Body is not JSON',
      detail: 'Send the body as JSON, with the header `Content-Type: application/json`.',
    });
  const read = readJson(text, SMALL_JSON);
  if (read.ok) return { ok: true, value: read.value };
  return refuse({
    status: 400,
    code: 'body-malformed',
    title: 'Body is not valid JSON',
    detail: text.trim() === '' ? 'The route needs a JSON object.' : `The body cannot be read: ${read.detail}.`,
    errors: [],
  });
}

/** Checks bodies of one schema. */
export function createBodyCheck(schema: TSchema): (body: unknown) => GivenBody {
  const compiled = TypeCompiler.Compile(schema);
  return (body) => {
    if (compiled.Check(body)) return { ok: true, value: body };
    const errors: FieldProblem[] = [];
    const seen = new Set<string>();
    for (const { path, message, schema: expected } of compiled.Errors(body)) {
      if (seen.has(path)) continue;
      seen.add(path);
      const shape =
        expected.description ?? (expected['pattern'] === undefined ? '' : `text like ${expected['pattern']}`);
      errors.push({
        field: path === '' ? '/' : path,
        problem: shape === '' ? message : `${message}; required: ${shape}`,
      });
      if (errors.length >= PROBLEMS_SHOWN_MAX) break;
    }
    const detail = errors.map(({ field, problem }) => `${field}: ${problem}`).join('; ');
    return refuse({ status: 400, code: 'body-wrong', title: 'Body has not the required shape', detail, errors });
  };
}

// The body of a control call: JSON, exactly the fields that the route declares. The front reads it, the app holds it against the
// schema. Every refusal names the field and the shape required.

import { type TSchema, Type } from '@sinclair/typebox';
import { TypeCompiler, type ValueError } from '@sinclair/typebox/compiler';
import { isFields, readJson, repeatsName, SMALL_JSON } from '../../json.ts';
import type { GivenBody } from './message.ts';
import type { FieldProblem, Problem } from './problem.ts';

/** Body of actions that take none. */
export const NoBody = Type.Object({}, { additionalProperties: false, description: 'no fields' });

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
  if (read.ok && !repeatsName(text)) return { ok: true, value: read.value };
  const why = read.ok ? 'a name occurs twice' : read.detail;
  return refuse({
    status: 400,
    code: 'body-malformed',
    title: 'Body is not valid JSON',
    detail: text.trim() === '' ? 'The route needs a JSON object.' : `The body cannot be read: ${why}.`,
    errors: [],
  });
}

/** Whether a call without a body is refused. */
export function requiresBody(route: { readonly body: TSchema; readonly bodyOptional: boolean }): boolean {
  return !route.bodyOptional || !createBodyCheck(route.body)({}).ok;
}

/** Checks bodies of one schema. */
export function createBodyCheck(schema: TSchema): (body: unknown) => GivenBody {
  const compiled = TypeCompiler.Compile(schema);
  return (body) => {
    if (compiled.Check(body)) return notExactlyOne(schema, body) ?? { ok: true, value: body };
    const errors: FieldProblem[] = [];
    const seen = new Set<string>();
    for (const error of compiled.Errors(body)) {
      const { path } = error;
      if (seen.has(path)) continue;
      seen.add(path);
      errors.push({ field: path === '' ? '/' : path, problem: problemOf(error) });
      if (errors.length >= PROBLEMS_SHOWN_MAX) break;
    }
    const detail = errors.map(({ field, problem }) => `${field}: ${problem}`).join('; ');
    return refuse({ status: 400, code: 'body-wrong', title: 'Body does not match the schema', detail, errors });
  };
}

/** A pattern is for programs: where the schema has words for it, these are shown instead. */
function problemOf({ message, value, schema: { description, pattern, type } }: ValueError): string {
  if (description === undefined) return pattern === undefined ? message : `${message}; required: text like ${pattern}`;
  if (type !== 'string' || pattern === undefined || value === undefined) return `${message}; required: ${description}`;
  return typeof value === 'string'
    ? `is not of the required form; required: ${description}`
    : `has to be text, in quotes; required: ${description}`;
}

/** JSON Schema's `oneOf`, which TypeBox passes over; see `exactlyOne`. */
function notExactlyOne(schema: TSchema, body: unknown): GivenBody | null {
  const members: unknown = schema['oneOf'];
  if (!Array.isArray(members) || !isFields(body)) return null;
  const fields = members.map(({ required }) => String(required[0]));
  if (fields.filter((field) => body[field] !== undefined).length === 1) return null;
  return refuse({
    status: 400,
    code: 'body-wrong',
    title: 'Body does not match the schema',
    detail: `Send exactly one of ${fields.join(' and ')}: ${schema.description ?? ''}.`,
    errors: fields.map((field) => ({
      field: `/${field}`,
      problem: `exactly one of ${fields.join(' and ')} is required`,
    })),
  });
}

// Holds answers of a control API against its OpenAPI document.

import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer } from '../../contracts/runtime/control/problem.ts';
import { waitFor } from './wait.ts';

type Content = Readonly<Record<string, { readonly schema: unknown }>>;
type Response = {
  readonly $ref?: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, unknown>>;
};
type Operation = { readonly responses: Readonly<Record<string, Response>> };
type OpenApi = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Response>> };
};

/** What of an answer is not as described; null: nothing. */
export type DescribedCheck = (method: string, path: string, answer: Answer) => string | null;

const PROBLEM = { $ref: 'control#/components/schemas/Problem' };

export function createDescribedCheck(document: OpenApi): DescribedCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  ajv.addSchema(document, 'control');
  const compiled = new Map<string, ValidateFunction>();
  const validate = (schema: unknown, body: unknown): string | null => {
    const key = JSON.stringify(schema);
    const check = compiled.get(key) ?? ajv.compile(JSON.parse(key.replaceAll('"#/', '"control#/')));
    compiled.set(key, check);
    if (check(body)) return null;
    const errors = check.errors ?? [];
    return errors
      .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
      .join('; ');
  };

  return (method, path, { status, headers, body }) => {
    const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
    const operation = document.paths[path]?.[(method === 'HEAD' ? 'GET' : method).toLowerCase()];
    if (operation === undefined) return validate(PROBLEM, JSON.parse(body));
    const listed = operation.responses[status];
    if (listed === undefined) return `status ${status} is not described`;
    const response =
      listed.$ref === undefined ? listed : document.components.responses[listed.$ref.split('/').at(-1) ?? ''];
    for (const header of Object.keys(response?.headers ?? {}))
      if (headers[header.toLowerCase()] === undefined) return `status ${status} lacks the header ${header}`;
    const schema = response?.content?.[type]?.schema;
    if (schema === undefined) return `status ${status} with ${type} is not described`;
    return validate(schema, type === 'text/plain' ? body : JSON.parse(body));
  };
}

/** By the document of a process that runs; one that is busy with its start may answer with a problem first. */
export async function describedBy(url: string, token: string): Promise<DescribedCheck> {
  const document = await waitFor(
    async () => {
      const response = await fetch(`${url}/openapi`, { headers: { authorization: `Bearer ${token}` } });
      const text = await response.text();
      return response.ok ? (JSON.parse(text) as OpenApi) : null;
    },
    { what: 'the description of the control API', limitMs: 60_000 },
  );
  return createDescribedCheck(document);
}

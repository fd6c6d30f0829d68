// The queries that are documented for analysts: those of sql/README.md and the files of sql/queries and sql/checks, read from where
// they are.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';

export type Documented = { readonly name: string; readonly text: string };

/** The files about one quote, and every SQL block of the document, under the line before it. */
export function readQueries(): Documented[] {
  const text = readFileSync(join(CHECKOUT, 'sql/README.md'), 'utf8');
  const blocks = [...text.matchAll(/^(.+)\n\n```sql\n([\s\S]*?)^```$/gm)].map(([, before = '', query = '']) => ({
    name: before.split('\n').at(-1) ?? '',
    text: query,
  }));
  return [...readFolder('sql/queries'), ...blocks];
}

export const readChecks = (): Documented[] => readFolder('sql/checks');

function readFolder(path: string): Documented[] {
  const folder = join(CHECKOUT, path);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

/** As psql puts in the value of a variable that was set with `\set quote ...`. */
export const withQuote = (text: string, quoteId: string): string =>
  text.replaceAll(":'quote'", `'${quoteId.replaceAll("'", "''")}'`);

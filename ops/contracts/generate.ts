// Writes contracts/generated from the declarations, run as RENEW_COMMAND says; with `--check` it writes nothing, names what is
// stale and ends with 1. Schemas of older versions of a topic are left alone: old records have to be readable indefinitely.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Generated, renderContracts } from '../../contracts/documents.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { relationsOf, tablesDocument } from './tables.ts';

const MIGRATIONS = join(import.meta.dir, '../../sql/migrations');
export const GENERATED_DIRECTORY = join(import.meta.dir, '../../contracts/generated');

/** Of this checkout: the Bun that ./unrip uses is not on everybody's PATH. */
export const RENEW_COMMAND = `${process.execPath} ${relative(process.cwd(), import.meta.path)}`;

export type Staleness = { readonly path: string; readonly why: 'missing' | 'differs' | 'left over' };

export function generatedNow(): Generated {
  const texts = readdirSync(MIGRATIONS)
    .sort()
    .map((file) => readFileSync(join(MIGRATIONS, file), 'utf8'));
  return new Map([...renderContracts(packageJson.version), ['tables.md', tablesDocument(relationsOf(texts))]]);
}

/** What in `directory` is not as the declarations say. */
export function staleIn(directory: string, wanted: Generated): readonly Staleness[] {
  const stale: Staleness[] = [];
  for (const [path, text] of wanted) {
    const file = join(directory, path);
    if (!existsSync(file)) stale.push({ path, why: 'missing' });
    else if (readFileSync(file, 'utf8') !== text) stale.push({ path, why: 'differs' });
  }
  for (const path of filesIn(directory)) {
    if (!wanted.has(path) && !isOlderSchema(path)) stale.push({ path, why: 'left over' });
  }
  return stale;
}

export function writeGenerated(directory: string, wanted: Generated): readonly Staleness[] {
  const stale = staleIn(directory, wanted);
  for (const { path, why } of stale) {
    const file = join(directory, path);
    if (why === 'left over') {
      rmSync(file);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted.get(path) ?? '');
  }
  return stale;
}

function filesIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

function isOlderSchema(path: string): boolean {
  const match = /^schemas\/(.+)\.v(\d+)\.json$/.exec(path);
  const topic = TOPICS.find(({ name }) => name === match?.[1]);
  return topic !== undefined && Number(match?.[2]) < topic.schemaVersion;
}

if (import.meta.main) {
  const isCheck = process.argv.includes('--check');
  const wanted = generatedNow();
  const stale = isCheck ? staleIn(GENERATED_DIRECTORY, wanted) : writeGenerated(GENERATED_DIRECTORY, wanted);
  for (const { path, why } of stale)
    process.stdout.write(`${isCheck ? why : 'renewed'}: contracts/generated/${path}\n`);
  if (isCheck && stale.length > 0) process.stdout.write(`update them with: ${RENEW_COMMAND}\n`);
  process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
}

// Loads what a process declared (contracts/config) from: the environment, then `.env` in the working directory, then the
// default. An empty text counts as not set. All problems are collected, so that one start tells everything that has to be
// mended; a process that gets problems prints `renderProblems` and ends with EXIT_CONFIG.
//
// A `.env` that holds a secret must be readable by its owner only; of it a process takes only what it declares.

import { join } from 'node:path';
import type { ConfigOf, Variable, Variables } from '../config/variable.ts';
import { type DotEnv, parseDotEnv } from './dot-env.ts';
import { readOwnedFile } from './owner-only.ts';
import { shownValue } from './showable.ts';

/** Exit code of a process whose configuration is not usable (EX_CONFIG of sysexits). */
export const EXIT_CONFIG = 78;

export type ConfigProblem = {
  /** Name of the variable, or of the file. */
  readonly variable: string;
  /** What is wrong, as the rest of a sentence that begins with the name. */
  readonly problem: string;
  /** What a value looks like; null where that says nothing. */
  readonly shape: string | null;
  /** What to do, as a sentence. */
  readonly fix: string;
};

/** What a check across variables sees: `undefined` for a variable whose own problem is reported already. */
export type Checked<V extends Variables> = {
  readonly config: Partial<ConfigOf<V>>;
  /** True when the variable was set by the environment or the file, not by its default. */
  readonly given: (key: keyof V) => boolean;
};
export type ConfigCheck<V extends Variables> = (checked: Checked<V>) => readonly ConfigProblem[];

export type LoadedConfig<V extends Variables> =
  | { readonly ok: true; readonly config: ConfigOf<V>; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly warnings: readonly string[] };

export type ConfigSources<V extends Variables> = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for; null: no file is read. */
  readonly directory: string | null;
  readonly checks?: readonly ConfigCheck<V>[];
};

/** Reads and checks; never throws. */
export function loadConfig<V extends Variables>(variables: V, sources: ConfigSources<V>): LoadedConfig<V> {
  const file = readDotEnv(variables, sources.directory);
  const problems = [...file.problems];
  const warnings = [...file.warnings];
  const values: Record<string, unknown> = {};
  const given = new Set<keyof V>();
  for (const [key, variable] of Object.entries(variables)) {
    const found = findText(variable, sources.env, file.dotEnv);
    if (found.clash !== null) {
      problems.push(found.clash);
      continue;
    }
    if (found.text !== null) given.add(key);
    const text = found.text ?? variable.fallback;
    if (text === null) {
      problems.push(missing(variable));
      continue;
    }
    const parsed = variable.parse(text);
    if (parsed.ok) values[key] = parsed.value;
    else problems.push(wrong(variable, found.name, parsed.problem, text, found.where));
  }
  // Object.entries loses the tie of a key to its type; every key of V was visited above.
  const config = values as Partial<ConfigOf<V>>;
  for (const check of sources.checks ?? []) {
    problems.push(...check({ config, given: (key) => given.has(key) }));
  }
  if (problems.length > 0) return { ok: false, problems, warnings };
  return { ok: true, config: config as ConfigOf<V>, warnings };
}

/** One problem a paragraph: what is wrong, what is wanted, what to do. */
export function renderProblems(processName: string, problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const lines = [`${processName}: the configuration is not usable, ${count}:`];
  for (const { variable, problem, shape, fix } of problems) {
    lines.push(`  ${variable} ${problem}`);
    if (shape !== null) lines.push(`    wanted: ${shape}`);
    lines.push(`    fix: ${fix}`);
  }
  return `${lines.join('\n')}\n`;
}

type Found = {
  readonly text: string | null;
  readonly name: string;
  readonly where: string;
  readonly clash: ConfigProblem | null;
};

function findText(variable: Variable<unknown>, env: ConfigSources<Variables>['env'], dotEnv: DotEnv): Found {
  const sources = [
    { where: 'the environment', read: (name: string) => env[name] },
    { where: '.env', read: (name: string) => dotEnv.entries.findLast((entry) => entry.name === name)?.value },
  ];
  for (const { where, read } of sources) {
    const plain = read(variable.name) ?? '';
    const other = variable.alias === undefined ? '' : (read(variable.alias) ?? '');
    if (plain !== '' && other !== '' && plain !== other) {
      const clash = {
        variable: variable.name,
        problem: `and ${variable.alias}, another name for it, say different things in ${where}`,
        shape: null,
        fix: `keep ${variable.name} and remove ${variable.alias}.`,
      };
      return { text: null, name: variable.name, where, clash };
    }
    if (plain !== '') return { text: plain, name: variable.name, where, clash: null };
    if (other !== '') return { text: other, name: variable.alias ?? variable.name, where, clash: null };
  }
  return { text: null, name: variable.name, where: 'its default', clash: null };
}

function missing(variable: Variable<unknown>): ConfigProblem {
  return {
    variable: variable.name,
    problem: `is not set (${variable.help})`,
    shape: variable.shape,
    fix: `set ${variable.name} in the environment or in .env.`,
  };
}

function wrong(variable: Variable<unknown>, name: string, problem: string, text: string, where: string): ConfigProblem {
  const value = variable.secret ? 'value not shown' : shownValue(text);
  const orDefault =
    variable.fallback === null || variable.fallback === ''
      ? ''
      : `, or leave it out for ${variable.secret ? 'its default' : variable.fallback}`;
  return {
    variable: name,
    problem: `${problem}: ${value}, from ${where}`,
    shape: variable.shape,
    fix: `set ${name} to such a value${orDefault}.`,
  };
}

type ReadFile = {
  readonly dotEnv: DotEnv;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
};

const NO_FILE: ReadFile = { dotEnv: { entries: [], badLines: [] }, problems: [], warnings: [] };

function readDotEnv(variables: Variables, directory: string | null): ReadFile {
  if (directory === null) return NO_FILE;
  const file = readOwnedFile(join(directory, '.env'));
  if (!file.ok) {
    if (file.missing) return NO_FILE;
    const fix = 'make it a file that this user can read, or remove it.';
    return { ...NO_FILE, problems: [{ variable: '.env', problem: file.problem, shape: null, fix }] };
  }
  const dotEnv = parseDotEnv(file.text);
  const problems: ConfigProblem[] = dotEnv.badLines.map(({ line, problem }) => ({
    variable: `.env line ${line}`,
    problem,
    shape: 'NAME=value, NAME="value" or a comment behind #',
    fix: `mend line ${line} of .env.`,
  }));
  const secrets = secretsIn(variables, dotEnv);
  if (secrets.length > 0 && file.exposed !== null)
    problems.push({
      variable: '.env',
      problem: `${file.exposed} and holds a secret (${secrets.join(', ')})`,
      shape: null,
      fix: `${file.exposedFix}`,
    });
  return { dotEnv, problems, warnings: warningsOf(variables, dotEnv) };
}

/** Other processes' secrets may stand in the file too; they are known by how such names end. */
const SECRET_NAME = /(?:_KEY|_TOKEN|_SECRET|PASSWORD)$/;

function secretsIn(variables: Variables, dotEnv: DotEnv): string[] {
  const declared = new Set<string>();
  for (const variable of Object.values(variables)) {
    if (!variable.secret) continue;
    declared.add(variable.name);
    if (variable.alias !== undefined) declared.add(variable.alias);
  }
  const held = dotEnv.entries.filter(
    ({ name, value }) => value !== '' && (declared.has(name) || SECRET_NAME.test(name)),
  );
  return [...new Set(held.map(({ name }) => name))];
}

function warningsOf(variables: Variables, dotEnv: DotEnv): string[] {
  const known = Object.values(variables).flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]));
  const warnings: string[] = [];
  const seen = new Set<string>();
  for (const { name, line } of dotEnv.entries) {
    if (seen.has(name)) warnings.push(`.env line ${line}: ${name} is given more than once; the last one counts`);
    seen.add(name);
    if (known.includes(name)) continue;
    const near = known.find((candidate) => isSlipOf(name, candidate));
    if (near !== undefined) warnings.push(`.env line ${line}: ${name} is not known; is ${near} meant?`);
    else if (/^UNRIP/i.test(name)) warnings.push(`.env line ${line}: ${name} is not known to this process`);
  }
  return warnings;
}

/** One or two typing slips apart (one for short names), or apart in case only. */
function isSlipOf(name: string, candidate: string): boolean {
  if (name.toUpperCase() === candidate) return true;
  const limit = candidate.length <= 6 ? 1 : 2;
  return Math.abs(name.length - candidate.length) <= limit && editDistance(name, candidate) <= limit;
}

/** Levenshtein distance: insertions, deletions and replacements, each 1. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

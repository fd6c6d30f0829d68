// Loads what a process declared (contracts/config) from: the environment, then `.env` in the working directory, then the
// default. White space around a value is removed; an empty text counts as not set. All problems are collected, so that one start
// reports everything that has to be corrected; a process that gets problems prints `renderProblems` and ends with EXIT.config.
// A misspelt name is a problem like a wrong value: see unknown.ts.
//
// A `.env` that somebody else can write is refused, and one that holds a secret must be readable by its owner only; of it a
// process takes only what it declares. Each secret may be in a file of its own instead: see value.ts.

import { join } from 'node:path';
import { SECRET_NAMES } from '../../config/declared.ts';
import { type ConfigOf, fileNamesOf, type Variable, type Variables } from '../../config/variable.ts';
import { shownValue } from '../log/redact.ts';
import { type DotEnv, parseDotEnv } from './dot-env.ts';
import { readOwnedFile } from './file-permissions.ts';
import { platformProblems } from './platform.ts';
import type { ConfigProblem } from './problem.ts';
import { judgeName, type UnknownName } from './unknown.ts';
import { type ConfigValue, findValue } from './value.ts';

/** What a check across variables sees: `undefined` for a variable whose own problem is reported already. */
type Checked<V extends Variables> = {
  readonly config: Partial<ConfigOf<V>>;
  /** True when the variable was set by the environment or the file, not by its default. */
  readonly given: (key: keyof V) => boolean;
};
export type ConfigCheck<V extends Variables> = (checked: Checked<V>) => readonly ConfigProblem[];

/** The name under which a variable was set, and whether its value is the content of a file. */
export type Origin = { readonly name: string; readonly fromFile: boolean };

export type LoadedConfig<V extends Variables> =
  | {
      readonly ok: true;
      readonly config: ConfigOf<V>;
      readonly originOf: (key: keyof V) => Origin;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly warnings: readonly string[] };

export type ConfigSources<V extends Variables> = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for; null: no file is read. */
  readonly directory: string | null;
  readonly checks?: readonly ConfigCheck<V>[];
  /** False for a command that calls this machine alone, which variables about calls to others must not keep from it. */
  readonly callsOthers?: boolean;
};

/** Reads and checks; never throws. */
export function loadConfig<V extends Variables>(variables: V, sources: ConfigSources<V>): LoadedConfig<V> {
  const file = readDotEnv(variables, sources.directory);
  const platform = sources.callsOthers === false ? [] : platformProblems(sources.env);
  const problems = [...platform, ...file.problems];
  const warnings = [...file.warnings];
  const values: Record<string, unknown> = {};
  const origins = new Map<keyof V, ConfigValue>();
  for (const [key, variable] of Object.entries(variables)) {
    const found = findValue(variable, { env: sources.env, dotEnv: file.dotEnv });
    if (!found.ok) {
      problems.push(found.problem);
      continue;
    }
    const { value } = found;
    origins.set(key, value);
    const text = value.text ?? variable.fallback;
    if (text === null) {
      problems.push(missing(variable));
      continue;
    }
    const parsed = variable.parse(text);
    if (parsed.ok)
      values[key] =
        value.file === undefined ? parsed.value : (variable.withFile?.(parsed.value, value.file) ?? parsed.value);
    else problems.push(wrong(variable, { ...value, text }, parsed.problem));
  }
  const unknown = unknownNames(sources.env, file.dotEnv);
  problems.push(...unknown.problems);
  warnings.push(...unknown.warnings);
  // Object.entries loses the tie of a key to its type; every key of V was visited above.
  const config = values as Partial<ConfigOf<V>>;
  for (const check of sources.checks ?? []) {
    problems.push(...check({ config, given: (key) => origins.get(key)?.text != null }));
  }
  if (problems.length > 0) return { ok: false, problems, warnings };
  const originOf = (key: keyof V): Origin => origins.get(key) ?? { name: String(key), fromFile: false };
  return { ok: true, config: config as ConfigOf<V>, originOf, warnings };
}

/** One problem a paragraph: what is wrong, what is expected, what to do. */
export function renderProblems(processName: string, problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const lines = [`${processName}: the configuration is not usable, ${count}:`];
  for (const { variable, problem, shape, fix } of problems) {
    lines.push(`  ${variable} ${problem}`);
    if (shape !== null) lines.push(`    expected: ${shape}`);
    lines.push(`    fix: ${fix}`);
  }
  return `${lines.join('\n')}\n`;
}

function missing(variable: Variable<unknown>): ConfigProblem {
  const [file] = fileNamesOf(variable);
  const orFile = file === undefined ? '' : `, or ${file} to a file that holds it`;
  return {
    variable: variable.name,
    problem: `is not set (${variable.help})`,
    shape: variable.shape,
    fix: `set ${variable.name} in the environment or in .env${orFile}.`,
  };
}

function wrong(
  variable: Variable<unknown>,
  { name, text, where, fromFile }: ConfigValue & { readonly text: string },
  problem: string,
): ConfigProblem {
  const value = variable.secret ? 'value not shown' : shownValue(text);
  const orDefault =
    variable.fallback === null || variable.fallback === ''
      ? ''
      : `, or leave it out for ${variable.secret ? 'its default' : variable.fallback}`;
  return {
    variable: name,
    problem: `${fromFile ? 'names a file whose content ' : ''}${problem}: ${value}, from ${where}`,
    shape: variable.shape,
    fix: variable.remedy ?? (fromFile ? `correct the file${orDefault}.` : `set ${name} to such a value${orDefault}.`),
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
    shape: 'NAME=value, NAME="value" or a comment after #',
    fix: `correct line ${line} of .env.`,
  }));
  const secrets = secretsIn(variables, dotEnv);
  if (file.changeable !== null)
    problems.push({
      variable: '.env',
      problem: `${file.changeable.problem}, who could redirect this process to other servers`,
      shape: 'file owned by this user or root that nobody else can write',
      fix: file.changeable.fix,
    });
  else if (secrets.length > 0 && file.exposed !== null)
    problems.push({
      variable: '.env',
      problem: `${file.exposed.problem} and holds a secret (${secrets.join(', ')})`,
      shape: null,
      fix: file.exposed.fix,
    });
  return { dotEnv, problems, warnings: repeatsIn(dotEnv) };
}

/** Secrets of other programs may be in the file too; they are known by how such names end. */
const SECRET_NAME = /(?:_KEY|_TOKEN|_SECRET|PASSWORD)$/;
/** A URL with a password, or with what servers take as one. */
const SECRET_VALUE = /:\/\/[^/?#\s]*:[^/?#\s]+@|[?&](?:password|api[-_]?key|token|secret)=[^&\s]/i;

function secretsIn(variables: Variables, dotEnv: DotEnv): string[] {
  const declared = new Set(SECRET_NAMES);
  for (const { secret, name } of Object.values(variables)) if (secret) declared.add(name);
  const held = dotEnv.entries.filter(
    ({ name, value }) => value !== '' && (declared.has(name) || SECRET_NAME.test(name) || SECRET_VALUE.test(value)),
  );
  return [...new Set(held.map(({ name }) => name))];
}

function repeatsIn(dotEnv: DotEnv): string[] {
  const seen = new Set<string>();
  return dotEnv.entries.flatMap(({ name, line }) => {
    const repeated = seen.has(name);
    seen.add(name);
    return repeated ? [`.env line ${line}: ${name} is set more than once; the last value is used`] : [];
  });
}

/** So many names are listed in one warning; an environment may hold thousands. */
const NAMES_LISTED_MAX = 10;

/** What nobody reads: names that are meant for this project are problems, others under a shared prefix are one warning. */
function unknownNames(
  env: ConfigSources<Variables>['env'],
  dotEnv: DotEnv,
): { readonly problems: readonly ConfigProblem[]; readonly warnings: readonly string[] } {
  const given = [
    ...Object.entries(env).map(([name, value]) => ({ name, value: value ?? '', where: 'the environment' })),
    ...dotEnv.entries.map(({ name, value, line }) => ({ name, value, where: `.env line ${line}` })),
  ];
  const problems: ConfigProblem[] = [];
  const ignored = new Set<string>();
  for (const { name, value, where } of given) {
    const unknown = judgeName(name, value);
    if (unknown === null) continue;
    if (unknown.refused) problems.push(refusedName(unknown, where));
    else ignored.add(name);
  }
  if (ignored.size === 0) return { problems, warnings: [] };
  const listed = [...ignored].slice(0, NAMES_LISTED_MAX).join(', ');
  const more = ignored.size > NAMES_LISTED_MAX ? ` and ${ignored.size - NAMES_LISTED_MAX} more` : '';
  return { problems, warnings: [`not known to this version, ignored: ${listed}${more}`] };
}

function refusedName({ name, meant }: UnknownName, where: string): ConfigProblem {
  const [first, ...others] = meant;
  const question = first === undefined ? '' : `; did you mean ${[first, ...others].join(' or ')}?`;
  return {
    variable: name,
    problem: `in ${where} is not a variable of this command, so its value has no effect${question}`,
    shape: null,
    fix: first === undefined ? `remove ${name}.` : `rename it to ${first}, or remove it.`,
  };
}

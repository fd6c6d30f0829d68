// Where the text of one variable comes from: the environment wins over `.env`; a secret may be in a file that another variable
// names. A secret that is given in two ways is a problem, wherever the two are set: which one counts must not be guessed.

import { fileNamesOf, type SecretFile, type Variable } from '../../config/variable.ts';
import type { DotEnv } from './dot-env.ts';
import type { ConfigProblem } from './problem.ts';
import { readSecretFile } from './secret-file.ts';

export type ValueSources = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dotEnv: DotEnv;
};

export type ConfigValue = {
  /** Null when the variable is set nowhere. */
  readonly text: string | null;
  /** Under which name it was set. */
  readonly name: string;
  readonly where: string;
  /** The text is the content of the file that `name` names. */
  readonly fromFile: boolean;
  readonly file?: SecretFile;
};

export type FoundValue =
  | { readonly ok: true; readonly value: ConfigValue }
  | { readonly ok: false; readonly problem: ConfigProblem };

type Given = { readonly name: string; readonly text: string; readonly where: string };

/** White space around a value has no meaning; what is empty then counts as not set. */
export function findValue(variable: Variable<unknown>, sources: ValueSources): FoundValue {
  const plainNames = variable.alias === undefined ? [variable.name] : [variable.name, variable.alias];
  const plain = givenAs(plainNames, sources);
  const files = givenAs(fileNamesOf(variable), sources);
  const file = files[0];
  const value = plain[0];
  if (file !== undefined) {
    const other = value ?? files.find(({ name }) => name !== file.name);
    if (other !== undefined) return { ok: false, problem: bothSet(file, other) };
    const { name, text: path } = file;
    const read = () => readSecretFile(name, path, sources.env['CREDENTIALS_DIRECTORY']);
    const found = read();
    if (!found.ok) return { ok: false, problem: found.problem };
    const again = (): ReturnType<SecretFile['read']> => {
      const now = read();
      return now.ok ? now : { ...now, problem: `${name} ${now.problem.problem}` };
    };
    return { ok: true, value: { ...file, text: found.text, fromFile: true, file: { path, read: again } } };
  }
  if (value === undefined) {
    return { ok: true, value: { text: null, name: variable.name, where: 'its default', fromFile: false } };
  }
  const other = plain.find(({ where, name }) => where === value.where && name !== value.name);
  if (other !== undefined && other.text !== value.text) {
    return { ok: false, problem: contradiction(variable.name, other.name, value.where) };
  }
  return { ok: true, value: { ...value, fromFile: false } };
}

/** The names that are set, those of the environment first. */
function givenAs(names: readonly string[], { env, dotEnv }: ValueSources): readonly Given[] {
  const places = [
    { where: 'the environment', read: (name: string) => env[name] },
    { where: '.env', read: (name: string) => dotEnv.entries.findLast((entry) => entry.name === name)?.value },
  ];
  return places
    .flatMap(({ where, read }) => names.map((name) => ({ name, where, text: read(name)?.trim() ?? '' })))
    .filter(({ text }) => text !== '');
}

function bothSet(file: Given, other: Given): ConfigProblem {
  const where = file.where === other.where ? `in ${file.where}` : `(${file.where}; ${other.where})`;
  return {
    variable: file.name,
    problem: `and ${other.name} are both set ${where}`,
    shape: 'a file, or the value itself',
    fix: `keep ${file.name}, and remove ${other.name}.`,
  };
}

function contradiction(name: string, alias: string, where: string): ConfigProblem {
  return {
    variable: name,
    problem: `and ${alias}, another name for it, have different values in ${where}`,
    shape: null,
    fix: `keep ${name} and remove ${alias}.`,
  };
}

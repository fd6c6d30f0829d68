// What the documents tell people to type and to look for: commands of `./unrip` with options that they have, and the folders of `ops`.
// Pure: texts in, violations out.

import type { Document } from '../documents.ts';
import { lineOf } from '../mask.ts';
import type { Violation } from '../sources.ts';

/** `./unrip NAME ...`, or that of an installation, up to what ends a command in a text. Behind `--` options are another program's. */
const COMMAND = /(?:\.|\bapp)\/unrip ([a-z][a-z-]*)((?: (?!-- )[^\s`|;&#<>()]+)*)/g;
const OPTION = /^--?[a-z][a-z-]*/;

/** @param helps whole help of each command that is built, by its name */
export function unknownCommands(documents: readonly Document[], helps: ReadonlyMap<string, string>): Violation[] {
  return documents.flatMap(({ path, text }) =>
    [...text.matchAll(COMMAND)].flatMap(({ 1: name = '', 2: args = '', index }) => {
      const help = helps.get(name);
      const at = { file: path, line: lineOf(text, index) };
      if (help === undefined) return [{ ...at, message: `names ./unrip ${name}, which nothing has` }];
      return optionsIn(args)
        .filter((option) => !hasOption(help, option))
        .map((option) => ({ ...at, message: `gives ./unrip ${name} the option ${option}, which it does not have` }));
    }),
  );
}

/** Those that may be left out are in brackets. */
const optionsIn = (args: string): string[] =>
  args.split(' ').flatMap((arg) => OPTION.exec(arg.replace(/^\[+/, ''))?.[0] ?? []);

const hasOption = (help: string, option: string): boolean =>
  option === '--help' || new RegExp(`(?<![\\w-])${option}(?![\\w-])`).test(help);

/** `ops/NAME/`, or several as `ops/{NAME,NAME}/`. */
const FOLDERS = /`ops\/(?:\{([a-z,-]+)\}|([a-z-]+))\/`/g;

/** Folders of `ops` that the document leaves out, and those that it names although they do not exist. */
export function misnamedFolders({ path, text }: Document, folders: readonly string[]): string[] {
  const named = new Set([...text.matchAll(FOLDERS)].flatMap(([, many, one = '']) => many?.split(',') ?? [one]));
  return [
    ...folders.filter((name) => !named.has(name)).map((name) => `${path} does not name ops/${name}/`),
    ...[...named].filter((name) => !folders.includes(name)).map((name) => `${path} names ops/${name}/, which is gone`),
  ];
}

// What a runbook of an alert has to have, and that what it tells an operator to type exists: commands, routes, tables, variables.
// Pure: texts in, violations out.

import type { Document } from '../documents.ts';

export const RUNBOOKS = 'ops/runbooks/';

const SECTIONS = ['Meaning', 'First commands', 'Safe action', 'It is over when'] as const;
/** Sections without a command help nobody. */
const COMMANDED = ['First commands', 'It is over when'] as const;

export type RunbookFacts = {
  readonly codes: readonly string[];
  /** Commands of `./unrip` that are built. */
  readonly commands: readonly string[];
  /** `METHOD /path` of each process, by its port. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
  readonly tables: readonly string[];
  readonly variables: readonly string[];
  readonly files: readonly string[];
};

/** Of all runbooks: those that are missing, those of no alert, and what is wrong with each. */
export function checkRunbooks(runbooks: readonly Document[], facts: RunbookFacts): string[] {
  const paths = new Set(runbooks.map(({ path }) => path));
  return [
    ...facts.codes
      .filter((code) => !paths.has(`${RUNBOOKS}${code}.md`))
      .map((code) => `${RUNBOOKS}${code}.md does not exist: an alert without instructions`),
    ...runbooks.flatMap((runbook) => {
      const code = runbook.path.slice(RUNBOOKS.length, -'.md'.length);
      if (!facts.codes.includes(code)) return [`${runbook.path} is of no alert`];
      return checkRunbook(runbook, code, facts).map((what) => `${runbook.path} ${what}`);
    }),
  ];
}

function checkRunbook({ text }: Document, code: string, facts: RunbookFacts): string[] {
  const sections = sectionsOf(text);
  return [
    ...(text.startsWith(`# ${code}\n`) ? [] : [`does not begin with "# ${code}"`]),
    ...SECTIONS.filter((name) => (sections.get(name) ?? '').trim() === '').map((name) => `has no section "${name}"`),
    ...COMMANDED.filter((name) => commandsIn(sections.get(name) ?? '').length === 0).map(
      (name) => `has no command in "${name}"`,
    ),
    ...unripIn(text)
      .filter((name) => !facts.commands.includes(name))
      .map((name) => `names ./unrip ${name}, which nothing has`),
    ...callsIn(text).flatMap((call) => unknownRoute(call, facts.routes)),
    ...untypedBodiesIn(text).map((call) => `sends a body without its content type, which is refused: ${call}`),
    ...tablesIn(text)
      .filter((name) => !facts.tables.includes(name))
      .map((name) => `names table ${name}, which nothing has`),
    ...variablesIn(text)
      .filter((name) => !facts.variables.includes(name))
      .map((name) => `names the variable ${name}, which nothing reads`),
    ...linksIn(text)
      .filter((path) => !facts.files.includes(path))
      .map((path) => `links to ${path}, which does not exist`),
  ];
}

function sectionsOf(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^## (.*)$/m);
  return new Map(parts.flatMap((part, index) => (index % 2 === 1 ? [[part, parts[index + 1] ?? ''] as const] : [])));
}

const commandsIn = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line.startsWith('    ') ? [line.trim()] : []));

const unripIn = (text: string): readonly string[] =>
  [...text.matchAll(/\.\/unrip ([a-z-]+)/g)].map(([, name = '']) => name);

type Call = { readonly method: string; readonly port: string; readonly path: string };

const callsIn = (text: string): readonly Call[] =>
  [...text.matchAll(/curl ([^\n`]*?)http:\/\/127\.0\.0\.1:([0-9]+)(\/[a-z/-]*)/g)].map(
    ([, options = '', port = '', path = '']) => ({ method: /-X ([A-Z]+)/.exec(options)?.[1] ?? 'GET', port, path }),
  );

function unknownRoute({ method, port, path }: Call, routes: RunbookFacts['routes']): string[] {
  const known = routes[port];
  if (known === undefined) return [`calls port ${port}, at which nothing listens by default`];
  return known.includes(`${method} ${path}`) ? [] : [`calls ${method} ${path} at port ${port}, which nothing serves`];
}

/** What curl sends by itself is the type of a form, and every process answers it with 415. */
export const untypedBodiesIn = (text: string): readonly string[] =>
  [...text.matchAll(/curl [^\n`]*? -d [^\n`]*/g)]
    .map(([call]) => call)
    .filter((call) => !call.includes("-H 'Content-Type: application/json'"));

const tablesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:FROM|JOIN) ([a-z_]+)/g)].map(([, name = '']) => name);

/** Of the columns and values of queries none is a variable. */
const variablesIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[a-z]+)?`/g)].map(([, name = '']) => name);

const linksIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => new URL(link, `file:///${RUNBOOKS}`).pathname.slice(1));

/** The statement of each psql command. */
export const queriesIn = (text: string): readonly string[] =>
  commandsIn(text).flatMap((command) => /^psql "\$DATABASE_URL" -c "(.*)"$/.exec(command)?.[1] ?? []);

// Variables of Bun that change what this software promises. They are set while something else is looked into, stay set, and
// nobody notices; a process that has one does not start. Only the environment counts: Bun does not read them from our `.env`.

import type { ConfigProblem } from './problem.ts';

type PlatformVariable = { readonly name: string; readonly problem: string; readonly fix: string };

const OFF: ReadonlySet<string> = new Set(['', '0', 'false']);

/** Refused when they are on. */
const LEAKS: readonly PlatformVariable[] = [
  {
    name: 'BUN_CONFIG_VERBOSE_FETCH',
    problem: 'makes Bun write each request to standard error, API keys included',
    fix: 'remove BUN_CONFIG_VERBOSE_FETCH.',
  },
];

/** Refused when they are off: what they guard is on without them. */
const GUARDS: readonly PlatformVariable[] = [
  {
    name: 'NODE_TLS_REJECT_UNAUTHORIZED',
    problem:
      'makes Bun accept any certificate, so that anybody on the network path could forge prices and balances and read keys',
    fix: 'remove NODE_TLS_REJECT_UNAUTHORIZED; set NODE_EXTRA_CA_CERTS to the file with the certificates of your own authority.',
  },
];

export function platformProblems(env: Readonly<Record<string, string | undefined>>): readonly ConfigProblem[] {
  const textOf = ({ name }: PlatformVariable): string => (env[name] ?? '').trim().toLowerCase();
  const refused = [
    ...LEAKS.filter((variable) => !OFF.has(textOf(variable))),
    ...GUARDS.filter((variable) => textOf(variable) !== '' && OFF.has(textOf(variable))),
  ];
  return refused.map(({ name, problem, fix }) => ({ variable: name, problem, shape: null, fix }));
}

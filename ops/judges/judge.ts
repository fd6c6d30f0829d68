// What a judge is: a public library or tool, no part of the project, that is pointed at what the project writes, answers or
// simulates. What it refuses or misreads, it would not of the real service, or others would of our service.

import type { Rig } from '../harness/rig.ts';
import type { Packages } from './packages.ts';
import type { Verdict } from './verdict.ts';

export type Scene = {
  readonly packages: Packages;
  /** For files of the judge. */
  readonly dir: string;
  /** Engine, history-writer and simulators, after some trading; started when the first judge asks for it. */
  readonly rig: () => Promise<Rig>;
};

export type Judge = {
  readonly name: string;
  /** Which library judges what. */
  readonly summary: string;
  run(scene: Scene): Promise<readonly Verdict[]>;
};

/** What is to come of a call: a value, or an error of this class or with this text in its message. */
export type Case = { readonly name: string; readonly run: () => unknown; readonly fails?: string };

export async function verdictsOf(cases: readonly Case[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const each of cases) verdicts.push({ name: each.name, fault: await faultOf(each) });
  return verdicts;
}

async function faultOf({ run, fails }: Case): Promise<string | null> {
  try {
    await run();
    return fails === undefined ? null : `no error, ${fails} was expected`;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const isExpected = fails !== undefined && (error.constructor.name === fails || error.message.includes(fails));
    return isExpected ? null : `${error.constructor.name}: ${error.message}`;
  }
}

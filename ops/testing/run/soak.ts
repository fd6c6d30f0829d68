// What a soak test is: a run that takes too long for `./unrip test`, started by name before a release.
// Each is one file `ops/soak/NAME.ts` that exports `soak`; loaded only when asked for.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../../stack/stack.ts';

type Described = {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** Printed for `-- --list`, without any service: what `--only` can choose. Left out where there is nothing to choose. */
  readonly list?: () => readonly string[];
};

/** Runs with a Kafka and a PostgreSQL of its own. */
export type ServicesSoak = Described & {
  readonly withoutServices?: undefined;
  /** Takes what is behind `--`; says its figures itself; 0 when they hold. */
  run(args: readonly string[], stack: Stack): Promise<number>;
};

/** Needs neither, so that none is started. */
type PlainSoak = Described & {
  readonly withoutServices: true;
  run(args: readonly string[]): Promise<number>;
};

export type Soak = ServicesSoak | PlainSoak;

/** Names of all soak tests, sorted. */
export function soakNames(root: string): string[] {
  const folder = join(root, 'ops/soak');
  if (!existsSync(folder)) return [];
  const files = [...new Bun.Glob('*.ts').scanSync({ cwd: folder })].filter((file) => !file.endsWith('.test.ts'));
  return files.map((file) => file.slice(0, -'.ts'.length)).sort();
}

/** Loads one soak test; null when there is none of this name. */
export async function loadSoak(root: string, name: string): Promise<Soak | null> {
  if (!soakNames(root).includes(name)) return null;
  const file = join(root, 'ops/soak', `${name}.ts`);
  const module: { soak?: Soak } = await import(file);
  if (module.soak?.name !== name) throw new Error(`${file} does not export the soak test ${name}`);
  return module.soak;
}

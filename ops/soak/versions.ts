// An upgrade from an earlier commit in its documented order, while it trades, and older processes next to newer ones: see
// versions/run.ts. Each does what the table of the upgrade in ops/deploy/README.md says.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';
import { olderCheckout } from './versions/older.ts';
import { runVersions } from './versions/run.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-versions');
/** The first one that had every process of an upgrade: engine, history-writer, topics, migrations. */
const FIRST = 'e5210ac';
const COMMIT = /^[0-9a-f]{7,40}$/;

export const soak: Soak = {
  name: 'versions',
  summary: 'an upgrade from an earlier commit while it trades, and its processes next to newer ones (--commit)',
  async run(args, stack) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    return await runOnce(plan.commit, stack);
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[]): { readonly commit: string } | string {
  try {
    const options = { commit: { type: 'string', default: FIRST } } as const;
    const { commit } = parseArgs({ args: [...args], options }).values;
    return COMMIT.test(commit) ? { commit } : '--commit takes the hash of a commit, 7 to 40 hexadecimal digits';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runOnce(commit: string, stack: Stack): Promise<number> {
  const progress = (line: string): void => console.log(line);
  const dir = join(DIR, 'run');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const older = await olderCheckout({ commit, dir: DIR, progress });
  const findings = await runVersions({ dir, older, services: stack, progress }).catch((error: unknown) =>
    String(error),
  );
  if (typeof findings === 'string') {
    console.log(`${findings}; logs: ${dir}`);
    return EXIT.failure;
  }
  for (const { name, ok, detail } of findings) console.log(`${ok ? 'holds' : 'NOT SO'}: ${name}: ${detail}`);
  const isWell = findings.every(({ ok }) => ok);
  console.log(isWell ? 'every finding holds' : `logs: ${dir}`);
  return isWell ? EXIT.ok : EXIT.failure;
}

// Public client libraries and tools as judges of what the project writes, answers and simulates: see ops/judges. They are
// installed from the registries into a directory of their own, at fixed versions with checksums, and are no part of the project.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import type { Rig } from '../harness/rig.ts';
import { judge as answers } from '../judges/answers.ts';
import { judge as asyncapi } from '../judges/asyncapi.ts';
import { judge as bitcoin } from '../judges/bitcoin.ts';
import { judge as gnosis } from '../judges/gnosis.ts';
import type { Judge } from '../judges/judge.ts';
import { judge as kraken } from '../judges/kraken.ts';
import { judge as metrics } from '../judges/metrics.ts';
import { judge as near } from '../judges/near.ts';
import { judge as openapi } from '../judges/openapi.ts';
import { installPackages } from '../judges/packages.ts';
import { judge as records } from '../judges/records.ts';
import { startTradingRig } from '../judges/trading.ts';
import type { Verdict } from '../judges/verdict.ts';
import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';
import { tempDir } from '../testing/temp-dir.ts';

/** The one that ends the processes comes last. */
const JUDGES: readonly Judge[] = [near, gnosis, bitcoin, kraken, asyncapi, answers, records, metrics, openapi];

export const soak: Soak = {
  name: 'judges',
  summary: 'public libraries and tools, installed for the run, judge APIs, records, answers and stand-ins (--only a,b)',
  list: () => JUDGES.map(({ name, summary }) => `${name}: ${summary}`),
  async run(args, stack) {
    const chosen = chosenBy(args);
    if (typeof chosen === 'string') {
      console.error(chosen);
      return EXIT.usage;
    }
    return await runAll(chosen, stack);
  },
};

/** The judges that the arguments name, all without a name, or what is wrong with the arguments. */
export function chosenBy(args: readonly string[]): readonly Judge[] | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' } } });
    if (values.only === undefined) return JUDGES;
    const names = values.only.split(',');
    const unknown = names.find((name) => !JUDGES.some((judge) => judge.name === name));
    if (unknown !== undefined)
      return `there is no judge ${unknown}; there are: ${JUDGES.map(({ name }) => name).join(', ')}`;
    return JUDGES.filter(({ name }) => names.includes(name));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runAll(judges: readonly Judge[], stack: Stack): Promise<number> {
  using folder = tempDir('judges');
  const packages = await installPackages(join(folder.path, 'packages'));
  let started: Promise<Rig> | null = null;
  const rig = (): Promise<Rig> => {
    started ??= startTradingRig(join(folder.path, 'rig'), stack);
    return started;
  };
  let faults = 0;
  try {
    for (const judge of judges) {
      const dir = join(folder.path, judge.name);
      mkdirSync(dir);
      for (const verdict of await verdictsBy(judge, { packages, dir, rig })) {
        if (verdict.fault !== null) faults += 1;
        console.log(lineOf(judge.name, verdict));
      }
    }
  } finally {
    const running: Promise<Rig> | null = started;
    await (await (running as Promise<Rig> | null)?.catch(() => null))?.stop();
  }
  return faults === 0 ? EXIT.ok : EXIT.failure;
}

/** A judge that fails has found nothing good. */
async function verdictsBy(judge: Judge, scene: Parameters<Judge['run']>[0]): Promise<readonly Verdict[]> {
  try {
    return await judge.run(scene);
  } catch (error) {
    return [{ name: 'ran to its end', fault: error instanceof Error ? error.message : String(error) }];
  }
}

const lineOf = (judge: string, { name, fault }: Verdict): string =>
  `${fault === null ? 'ok  ' : 'FAIL'} ${judge}: ${name}${fault === null ? '' : `: ${fault}`}`;

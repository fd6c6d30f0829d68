// One operator, constant or return of the engine's core changed at a time, in a copy of the checkout, and the unit tests run:
// what no test notices is a rule that no test holds. See ops/mutation/run.ts.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { type Change, described } from '../mutation/change.ts';
import { changesOf } from '../mutation/changes.ts';
import { chosen, isAt } from '../mutation/choice.ts';
import { EQUIVALENTS } from '../mutation/equivalents.ts';
import { NAMED } from '../mutation/named.ts';
import { NAMED_ONLY, type Room, roomsOf, type TestPlan, testPlanOf } from '../mutation/rooms.ts';
import { mutationRun, type Tests, type Trial } from '../mutation/run.ts';
import { withSyntax } from '../mutation/syntax.ts';
import { type Verdict, verdictOf } from '../mutation/verdict.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Soak } from '../testing/run/soak.ts';
import { numbersOf } from './numbers.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-mutation');

type Plan = { readonly changes: number; readonly workers: number; readonly skip: number; readonly seed: number };

export const soak: Soak = {
  name: 'mutation',
  summary: 'changes of the core that no unit test notices, 300 tried (--changes, --skip, --workers, --seed)',
  withoutServices: true,
  async run(args) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    const { changes: count, skip, workers, seed } = plan;
    const rooms = await roomsOf(CHECKOUT);
    const changes = (await drawn(rooms, count + skip, seed)).slice(skip);
    console.log(`${changes.length} changes, seed ${seed}, ${workers} at a time; first the tests without a change`);
    try {
      const testsOf = testsBy(rooms, await testPlanOf(CHECKOUT));
      const trials = await mutationRun({ root: CHECKOUT, dir: DIR, changes, testsOf, workers, progress: say });
      const verdict = verdictOf(trials, { equivalents: EQUIVALENTS, always: NAMED });
      for (const line of linesOf(verdict)) console.log(line);
      return verdict.violations.length === 0 ? EXIT.ok : EXIT.failure;
    } finally {
      rmSync(DIR, { recursive: true, force: true });
    }
  },
};

/** What is to be run, or what is wrong with the arguments. The seed is fixed, so that two runs try the same. */
export function planOf(args: readonly string[]): Plan | string {
  return numbersOf(args, { changes: 300, skip: 0, workers: 2 }, () => 0);
}

/** The changes of a run: of some rooms all may be drawn, of others only what is named. */
export async function drawn(rooms: readonly Room[], count: number, seed: number): Promise<readonly Change[]> {
  const files = rooms.flatMap((room) => room.files);
  return await withSyntax(CHECKOUT, files, (sources) => {
    const changesIn = ({ name, files: own }: Room): readonly Change[] => {
      const all = own.flatMap((file) => {
        const source = sources.get(file);
        return source === undefined ? [] : changesOf(file, source);
      });
      return NAMED_ONLY.includes(name) ? all.filter((change) => NAMED.some((place) => isAt(place, change))) : all;
    };
    return chosen({ rooms: rooms.map(changesIn), count, seed, always: NAMED });
  });
}

function testsBy(rooms: readonly Room[], { near, joint }: TestPlan): (file: string) => Tests {
  return (file) => {
    const room = rooms.find(({ files }) => files.includes(file));
    return { near: near(file), room: room?.tests ?? [], joint };
  };
}

function say({ change, noticedBy }: Trial, done: number): void {
  if (noticedBy === null) console.log(`${done}: unnoticed ${described(change)}`);
  else if (noticedBy === 'time') console.log(`${done}: not over in time ${described(change)}`);
  else if (done % 25 === 0) console.log(`${done} tried`);
}

const WIDTH = 12;

function linesOf({ rooms, unnoticed, violations }: Verdict): readonly string[] {
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell) => String(cell).padStart(WIDTH)).join('');
  return [
    row(['room', 'tried', 'noticed', 'equivalent', 'unnoticed']),
    ...rooms.map((each) => row([each.room, each.tried, each.noticed, each.equivalent, each.unnoticed])),
    ...unnoticed.map((change) => `unnoticed: ${described(change)}`),
    ...violations.map((violation) => `    NOT SO: ${violation}`),
  ];
}

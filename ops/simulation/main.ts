// The process of a simulation: runs one seed after the other and prints the report of each as a line of JSON. Started by child.ts with
// machine/preload.ts, which has to be loaded before.

import { parseArgs } from 'node:util';
import { BUGS, type BugName } from './bugs.ts';
import { turn } from './machine/real-turn.ts';
import { simulate } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '' },
    minutes: { type: 'string', default: '20' },
    pace: { type: 'string', default: '12' },
    bug: { type: 'string' },
  },
});

process.on('unhandledRejection', (reason) => {
  process.stderr.write(`a promise was rejected and nobody saw it: ${String(reason)}\n`);
  process.exit(1);
});

const { bug } = values;
for (const seed of values.seeds.split(',')) {
  const chosen = bug === undefined ? null : BUGS[bug as BugName];
  const disturb = chosen === null ? {} : { disturb: chosen.put, env: chosen.env ?? {} };
  const report = simulate({ seed, minutes: Number(values.minutes), pace: Number(values.pace), ...disturb });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  // Two turns of the real loop: what was rejected is reported in the second, also that of the last seed.
  for (let left = 2; left > 0; left--) await turn();
}
process.exit(0);

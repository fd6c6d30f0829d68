// `./unrip check`: the fast check before a commit, in some seconds; `./unrip test --changed` under a short name.

import { EXIT } from '../../contracts/runtime/process/exit.ts';
import type { Command } from './command.ts';

const HELP = `./unrip check

Types, lint, architecture, and the tests that import a file which differs from the branch main. No services are started, and
tests that need them do not run: \`./unrip test\` runs everything.
`;

export const command: Command = {
  name: 'check',
  summary: 'the fast check of a change: types, lint, architecture, its tests',
  help: HELP,
  async run(args) {
    if (args.length > 0) {
      process.stderr.write(`unrip check: it takes no arguments: got ${args.join(' ')}\n`);
      return EXIT.usage;
    }
    const { command: test } = await import('./test.ts');
    return await test.run(['--changed']);
  },
};

// `./unrip check`: the fast check before a commit, in some seconds; `./unrip test --changed` under a short name.

import { EXIT } from '../../contracts/runtime/process/exit.ts';
import type { Command } from './command.ts';

const HELP = `./unrip check

Runs the type check, lint, the checks of the code base, and the tests that import a file which differs from the branch main.
Starts no services and leaves out tests that need them: \`./unrip test\` runs everything.
`;

export const command: Command = {
  name: 'check',
  summary: 'the fast check of a change: types, lint, architecture, affected tests',
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

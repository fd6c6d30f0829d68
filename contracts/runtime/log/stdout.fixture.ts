// Started by stdout.test.ts: writes as many lines as its argument says, flushes, and exits.

import { createLog } from './log.ts';
import { stdoutLog } from './stdout.ts';

const out = stdoutLog();
const log = createLog({
  service: 'engine',
  component: 'test',
  level: 'info',
  namespace: 'test',
  destination: out.destination,
});
const count = Number(process.argv[2]);
for (let index = 0; index < count; index++) log.info('line', { index });
await out.flush();
process.exit(0);

// The control APIs of a running engine and history-writer under schemathesis, as an operator, as a viewer and without a token: no
// answer is one that `/openapi` does not describe, and none is a fault of the process. One of the judges, by itself.

import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';
import { soak as judges } from './judges.ts';

export const soak: Soak = {
  name: 'api',
  summary: 'schemathesis on the control APIs of engine and history-writer, as operator, viewer and nobody',
  run: (args: readonly string[], stack: Stack) => judges.run(['--only', 'openapi', ...args], stack),
};

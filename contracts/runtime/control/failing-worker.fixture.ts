// For tests: the front of the control API as a Worker that breaks on demand.

import './front/worker.ts';
import { onBreak } from './breaking.fixture.ts';

onBreak(() => {
  throw new Error('something broke');
});

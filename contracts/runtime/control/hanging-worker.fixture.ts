// For tests: the front of the control API as a Worker that no longer turns its loop on demand.

import './front/worker.ts';
import { onBreak } from './breaking.fixture.ts';

onBreak(() => {
  for (;;);
});

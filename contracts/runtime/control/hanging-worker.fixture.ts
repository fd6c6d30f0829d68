// For tests: the front of the control API as a Worker that no longer turns its loop once it has answered for a moment.

import './front/worker.ts';

const BREAKS_AFTER_MS = 300;

setTimeout(() => {
  for (;;);
}, BREAKS_AFTER_MS);

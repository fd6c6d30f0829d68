// For tests: the front of the control API as a Worker that ends once it has answered for a moment.

import './front/worker.ts';

const BREAKS_AFTER_MS = 300;

setTimeout(() => {
  process.exit(0);
}, BREAKS_AFTER_MS);

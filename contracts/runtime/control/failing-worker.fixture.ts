// For tests: the front of the control API as a Worker that breaks once it has answered for a moment.

import './front/worker.ts';

const BREAKS_AFTER_MS = 300;

setTimeout(() => {
  throw new Error('something broke');
}, BREAKS_AFTER_MS);

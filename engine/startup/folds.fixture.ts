// Folds for tests that keep no signed ids on disk.

import type { FoldsOptions } from './folds.ts';

export const NO_SIGNED_IDS: FoldsOptions['signedIds'] = {
  expected: () => [],
  save: () => Promise.resolve(),
  missingOf: () => [],
};

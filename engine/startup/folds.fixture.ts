// Folds for tests that keep no signed ids on disk, and no pair filter.

import type { FoldsOptions } from './folds.ts';

export const NO_SIGNED_IDS: FoldsOptions['signedIds'] = {
  expected: () => [],
  save: () => Promise.resolve(),
  missingOf: () => [],
};

export const NO_PAIR_FILTER: FoldsOptions['pairFilter'] = { override: () => null, change: () => {} };

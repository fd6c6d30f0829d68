// What was larger than sizes.ts allows when the limits came. No row may be added, and no number raised.

import type { Frozen } from './sizes.ts';

/** Lines of each source file with more than 450. */
export const LONG_FILES: Frozen = {};

/** Source files of each folder with more than 16. */
export const FULL_FOLDERS: Frozen = {};

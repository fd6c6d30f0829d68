// Changes that nobody can notice, each with the reason: they do not count as unnoticed. A run that finds one noticed fails.

import type { Equivalent } from './verdict.ts';

export const EQUIVALENTS: readonly Equivalent[] = [];

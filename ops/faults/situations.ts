// All situations, in the order in which they are run and listed.

import { PRICE_SITUATIONS } from './price-situations.ts';
import { PROCESS_SITUATIONS } from './process-situations.ts';
import type { Situation } from './situation.ts';
import { VENUE_SITUATIONS } from './venue-situations.ts';

export const SITUATIONS: readonly Situation[] = [...PRICE_SITUATIONS, ...VENUE_SITUATIONS, ...PROCESS_SITUATIONS];

// What `./unrip doctor` reads in addition to the variables of the engine.

import { databaseUrl } from './shared.ts';
import { poaBridgeUrl } from './venue.ts';

export const DOCTOR_VARIABLES = { databaseUrl, poaBridgeUrl } as const;

// What `./unrip doctor` reads in addition to the variables of the engine.

import { LIQUIDITY_MANAGER_VARIABLES } from './liquidity-manager.ts';
import { databaseUrl } from './shared.ts';
import { poaBridgeUrl } from './venue.ts';

const { btcObserverUrls, gnosisRpcUrls } = LIQUIDITY_MANAGER_VARIABLES;

export const DOCTOR_VARIABLES = { databaseUrl, poaBridgeUrl, btcObserverUrls, gnosisRpcUrls } as const;

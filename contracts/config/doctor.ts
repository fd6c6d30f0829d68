// What `./unrip doctor` reads in addition to the variables of the engine.

import { url } from './shapes.ts';
import { databaseUrl } from './shared.ts';

export const DOCTOR_VARIABLES = {
  databaseUrl,
  poaBridgeUrl: url({
    name: 'POA_BRIDGE_URL',
    schemes: ['https', 'http'],
    help: 'JSON-RPC of the POA bridge, which lists the tokens that it serves',
    fallback: 'https://bridge.chaindefuser.com/rpc',
  }),
} as const;

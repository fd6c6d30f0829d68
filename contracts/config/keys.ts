// What `./unrip keys` reads: the engine's own variables for account, key, chain and verifier.

import { ENGINE_VARIABLES } from './engine.ts';

const { account, privateKey, nearRpcUrls, nearChainId, intentsContract } = ENGINE_VARIABLES;

export const KEYS_VARIABLES = { account, privateKey, nearRpcUrls, nearChainId, intentsContract } as const;

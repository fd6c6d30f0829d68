// What `./unrip withdraw` reads: whose balance, which assets, where to, and where the manager is. The key alone is read only when
// something is to be signed.

import { ENGINE_VARIABLES } from './engine.ts';
import { withdrawalAllowlist } from './liquidity-manager.ts';
import { optional, url } from './shapes.ts';
import { controlToken, stateDir } from './shared.ts';

const { account, btcAsset, eureAsset, nearRpcUrls, nearChainId, intentsContract, privateKey } = ENGINE_VARIABLES;

export const WITHDRAW_VARIABLES = {
  account,
  btcAsset,
  eureAsset,
  withdrawalAllowlist,
  nearRpcUrls,
  nearChainId,
  intentsContract,
  stateDir,
  controlToken,
  managerUrl: optional(
    url({
      name: 'LIQUIDITY_MANAGER_URL',
      schemes: ['http', 'https'],
      help: 'control API of the liquidity-manager, which then takes CONTROL_TOKEN; by default that of the one which runs on STATE_DIR',
      fallback: null,
    }),
  ),
} as const;

export const WITHDRAW_SEND_VARIABLES = { ...WITHDRAW_VARIABLES, privateKey } as const;

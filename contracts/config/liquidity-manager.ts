// Everything that the liquidity-manager reads from its environment. No key is among it: what it publishes was signed elsewhere.

import { KNOWN_ASSETS } from '../assets.ts';
import { choices, integer, optional, secret, token, url, urls } from './shapes.ts';
import { account, kafkaVariables, sidecarVariables } from './shared.ts';
import type { ConfigOf } from './variable.ts';
import { intentsContract, nearRpcUrls, poaBridgeUrl, relayApiKey, relayRpcUrl } from './venue.ts';
import { wallets } from './wallets.ts';

/** Read by whoever signs a withdrawal as well: each has a list of its own. */
export const withdrawalAllowlist = wallets({
  name: 'WITHDRAWAL_ALLOWLIST',
  help: 'addresses that withdrawals may go to; empty: none',
});

const ASSET_IDS = KNOWN_ASSETS.map(({ id }) => id as string);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const LIQUIDITY_MANAGER_VARIABLES = {
  account: { ...account, help: 'account whose deposits and withdrawals are followed' },
  treasuryAssets: choices({
    name: 'TREASURY_ASSETS',
    of: ASSET_IDS,
    help: 'assets that are deposited and withdrawn',
    fallback: ASSET_IDS.join(','),
  }),
  treasuryWallets: wallets({
    name: 'TREASURY_WALLETS',
    help: 'own wallets on other chains: deposits from them are recorded with their address, others as from an unknown wallet',
  }),
  withdrawalAllowlist,
  poaBridgeUrl,
  omniBridgeUrl: url({
    name: 'OMNI_BRIDGE_URL',
    schemes: ['https', 'http'],
    help: 'API of the Omni bridge, over which nBTC is deposited and withdrawn; the part before /api',
    fallback: 'https://mainnet.api.bridge.nearone.org',
  }),
  btcObserverUrls: urls({
    name: 'BTC_OBSERVER_URL',
    schemes: ['https', 'http'],
    help: 'Esplora bases, over which Bitcoin transfers to deposit addresses are observed; tried in turn',
    fallback: 'https://blockstream.info/api,https://mempool.space/api',
  }),
  gnosisRpcUrls: urls({
    name: 'GNOSIS_RPC_URL',
    schemes: ['https', 'http'],
    help: 'Gnosis JSON-RPC nodes, over which transfers of EURe to deposit addresses are observed; tried in turn',
    fallback: 'https://rpc.gnosischain.com,https://rpc.gnosis.gateway.fm',
  }),
  relayRpcUrl,
  relayApiKey,
  nearRpcUrls,
  intentsContract,
  engineControlUrl: url({
    name: 'ENGINE_CONTROL_URL',
    schemes: ['http', 'https'],
    help: 'control API of the engine, where amounts are reserved before a withdrawal is published',
    fallback: 'http://127.0.0.1:7070',
  }),
  engineControlToken: optional(
    secret(
      token({
        name: 'ENGINE_CONTROL_TOKEN',
        help: 'token of the engine with the role reserver, or of an operator; by default the one in STATE_DIR/control-token',
        fallback: null,
      }),
    ),
  ),
  fundingPollMs: integer({
    name: 'FUNDING_POLL_MS',
    help: 'time between two polls of a bridge, and between two readings of a chain',
    fallback: '30000',
    min: 100,
    max: 3_600_000,
    unit: 'milliseconds',
  }),
  fundingBtcConfirmations: integer({
    name: 'FUNDING_BTC_CONFIRMATIONS',
    help: 'confirmations after which a Bitcoin transfer counts as confirmed: the credit of a deposit is due, a withdrawal has arrived',
    fallback: '2',
    min: 1,
    max: 36,
    unit: 'blocks',
  }),
  fundingGnosisConfirmations: integer({
    name: 'FUNDING_GNOSIS_CONFIRMATIONS',
    help: 'the same for Gnosis',
    fallback: '20',
    min: 1,
    max: 64,
    unit: 'blocks',
  }),
  fundingDelayedAfterMs: integer({
    name: 'FUNDING_DELAYED_AFTER_MS',
    help: 'time for one step of a deposit or a withdrawal after which it counts as delayed',
    fallback: String(90 * MINUTE_MS),
    min: 1_000,
    max: 7 * DAY_MS,
    unit: 'milliseconds',
  }),
  fundingStuckAfterMs: integer({
    name: 'FUNDING_STUCK_AFTER_MS',
    help: 'the same for stuck: a person has to look into it; not below FUNDING_DELAYED_AFTER_MS',
    fallback: String(360 * MINUTE_MS),
    min: 1_000,
    max: 30 * DAY_MS,
    unit: 'milliseconds',
  }),
  ...kafkaVariables,
  ...sidecarVariables('7072'),
} as const;

export type LiquidityManagerConfig = ConfigOf<typeof LIQUIDITY_MANAGER_VARIABLES>;

// What one run is configured with, drawn from its seed: the account and its key, and the settings of the engine. Small limits and
// balances, so that all of them are met.

import { BTC, EURE } from '../../contracts/assets.ts';
import { keyPairOfSeed } from '../sim/verifier/signature.ts';
import { encodeBase58 } from '../sim/verifier/text/base58.ts';
import type { Random } from './machine/random.ts';

export type Setting = {
  readonly accountId: string;
  readonly keySeed: Uint8Array;
  readonly publicKey: string;
  readonly privateKey: string;
  readonly balances: Readonly<Record<string, bigint>>;
  readonly relayToken: string | null;
  /** Nodes that the engine asks. */
  readonly nodes: 1 | 2 | 3;
  /** Without where the world is. */
  readonly env: Readonly<Record<string, string>>;
};

export const STATE_DIR = '/state';
export const PARTNERS = ['router-1', 'near-intents.org'] as const;

/** In EUR: reached early by some, late by others, never by most. */
const DAY_LIMITS = ['20', '45', '10000', '10000', '10000'] as const;

export function drawSetting(random: Random): Setting {
  const keySeed = new Uint8Array(32);
  random.fill(keySeed);
  const { publicKey } = keyPairOfSeed(keySeed);
  const text = (bytes: Uint8Array): string => `ed25519:${encodeBase58(bytes)}`;
  const hasKey = random.chance(1, 2);
  const env: Record<string, string> = {
    NEAR_ACCOUNT_ID: 'maker.near',
    NEAR_PRIVATE_KEY: text(new Uint8Array([...keySeed, ...publicKey])),
    STATE_DIR,
    CONTROL_PORT: '0',
    KAFKA_BROKERS: '127.0.0.1:1',
    INVENTORY_POLL_MS: random.pick(['2000', '5000', '5000']),
    COINGECKO_POLL_MS: '20000',
    NONCE_LANES: String(random.between(1, 4)),
    MAX_FILLED_EUR_PER_MIN: random.pick(['15', '1000', '1000', '1000']),
    MAX_FILLED_EUR_PER_DAY: random.pick(DAY_LIMITS),
    MAX_CONSECUTIVE_FAILURES: String(random.pick([3, 5, 1000])),
    PULL_VIA: random.pick(['relay', 'near']),
    EURE_EUR_BASIS: random.pick(['par', 'par', 'coingecko']),
    PERSISTENCE_POLICY: random.pick(['degrade', 'degrade', 'strict']),
    STRATEGY_SKEW_PCT: random.pick(['0', '1.5']),
    STRATEGY_TARGET_EDGE_PCT: random.pick(['2.0', '2.5']),
    REFERENCE_FALLBACK: random.pick(['allow', 'allow', 'deny']),
    PAIR_FILTER: random.pick(['pair', 'pair', 'all']),
    QUOTES_LIVE_MAX: random.pick(['5', '200000', '200000']),
    ...(hasKey ? { RELAY_API_KEY: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzaW0ifQ.c2lnbmF0dXJl' } : {}),
    ...(random.chance(1, 6) ? { RELAY_PARTNERS: PARTNERS.join(',') } : {}),
    PULL_DISTANCE_PCT: random.pick(['1.0', '1.0', '1.0', '0.4', '0']),
  };
  return {
    accountId: 'maker.near',
    keySeed,
    publicKey: text(publicKey),
    privateKey: env['NEAR_PRIVATE_KEY'] ?? '',
    balances: {
      [BTC.id]: BigInt(random.between(5_000, 150_000)),
      [EURE.id]: BigInt(random.between(3, 60)) * 10n ** 18n,
    },
    relayToken: env['RELAY_API_KEY'] ?? null,
    nodes: random.pick([1, 1, 2, 2, 3]),
    env,
  };
}

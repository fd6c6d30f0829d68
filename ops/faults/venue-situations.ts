// Faults of the chain and its nodes: the RPC is dead or lies, and what the verifier knows of the account changes elsewhere.

import { BTC, EURE } from '../../contracts/assets.ts';
import { accountOf } from '../sim/verifier/state.ts';
import { type RpcLie, rpcLie } from './lies.ts';
import type { Situation, Stage } from './situation.ts';

/** Short, so that the soak sees a balance grow old. */
const MAX_AGE_MS = 4_000;
const POLL_MS = 500;
/** A final block is two blocks of a second behind, and is seen with the second poll at the latest. */
const SEEN_MS = 3_000 + 2 * POLL_MS;
const AGING = { INVENTORY_MAX_AGE_MS: String(MAX_AGE_MS), INVENTORY_POLL_MS: String(POLL_MS) };
const STALE = ['inventory_stale'];
/** Words for a lie may be more exact than that the balance is old. */
const LIED_TO = ['inventory_stale', 'inventory_block_went_back', 'clock_skew'];

/** Whether it stops is not prescribed; that nothing wrong leaves and that it recovers is. */
const EITHER = {
  stops: 'may',
  rejections: [],
  health: [],
  // What stops for want of a balance has stopped by then: lifted earlier, it would seem to stop afterwards.
  holdMs: MAX_AGE_MS + POLL_MS + 3_000,
} as const;

export const VENUE_SITUATIONS: readonly Situation[] = [
  rpcDead('500', '500'),
  rpcDead('timeout', 'timeout'),
  liar('height', 'names blocks a billion too high', { heightAhead: 999_999_999 }),
  { ...liar('height-a-little', 'names blocks 300 too high', { heightAhead: 300 }), ...EITHER },
  liar('time', 'gives block times 5 min ahead', { timeAheadMs: 300_000 }),
  liar('day', 'gives block times a day ahead', { timeAheadMs: 86_400_000 }),
  {
    ...liar('network', 'belongs to another network', { chainId: 'othernet' }),
    fromStart: (proxies) => proxies.rpc.rewrite(rpcLie({ chainId: 'othernet' })),
    fault: () => {},
    rejections: ['inventory_missing'],
    health: [],
    // Trusted again once it has been asked again.
    resumesWithinMs: 60_000,
  },
  liar('half', 'lies in every second answer about height and time', {
    heightAhead: 999_999_999,
    timeAheadMs: 300_000,
    oneIn: 2,
  }),
  {
    ...liar('one-of-two', 'is one of two, and lies about height and time', { heightAhead: 300, timeAheadMs: 120_000 }),
    ...EITHER,
    rpcEndpoints: 2,
  },
  {
    ...liar('about-balance', 'is one of two, and names ten times our balance', { richer: true }),
    ...EITHER,
    rpcEndpoints: 2,
    // Little enough that four lanes of a larger one would promise more than is there.
    balances: { [BTC.id]: 30_800n, [EURE.id]: 12n * 10n ** 18n },
  },
  {
    name: 'inventory-paused',
    what: 'an operator pauses the inventory: what is known grows old',
    engineEnv: AGING,
    fault: async (stage) => void (await stage.engine.service().control.post('/inventory/pause')),
    stops: 'must',
    stopsWithinMs: MAX_AGE_MS,
    rejections: STALE,
    health: ['inventory.'],
    holdMs: 500,
    lift: () => {},
    resumeCall: {
      name: 'POST /inventory/resume',
      make: async (stage) => void (await stage.engine.service().control.post('/inventory/resume')),
    },
  },
  {
    name: 'balance-lowered',
    what: 'nine tenths of both balances are withdrawn elsewhere',
    engineEnv: AGING,
    fault: lowerBalances,
    stops: 'must',
    stopsWithinMs: SEEN_MS,
    rejections: ['executor_disarmed', 'strategy_disarmed', 'inventory_drift'],
    // Disarmed is healthy.
    health: [],
    holdMs: 2_000,
    // Promised before it was seen.
    judge: { toleratesExposure: true, toleratedRefusals: ['amount_above_balance'] },
    judgeStopped: { toleratesExposure: false, toleratedRefusals: [] },
    lift: () => {},
    resumeCall: { name: 'POST /executor/arm', make: (stage) => stage.engine.arm('executor') },
  },
  {
    name: 'key-removed',
    what: 'our key is removed at the verifier, and registered again',
    engineEnv: AGING,
    fault: ({ world, publicKey }) => void world.chain.removeKey(world.accountId, publicKey),
    stops: 'must',
    stopsWithinMs: SEEN_MS,
    rejections: ['signer_unauthorized'],
    health: ['executor.signer_unauthorized'],
    holdMs: 2_000,
    judge: { toleratedRefusals: ['unregistered_key'] },
    judgeStopped: { toleratedRefusals: [] },
    lift: ({ world, publicKey }) => void world.chain.registerKey(world.accountId, publicKey),
  },
  {
    name: 'account-locked',
    what: 'our account is locked at the verifier, and unlocked',
    engineEnv: AGING,
    fault: ({ world }) => void world.chain.lockAccount(world.accountId),
    stops: 'must',
    stopsWithinMs: SEEN_MS,
    rejections: ['signer_unauthorized', 'account_locked'],
    health: ['executor.account_locked'],
    holdMs: 2_000,
    judge: { toleratedRefusals: ['account_locked'] },
    judgeStopped: { toleratedRefusals: [] },
    lift: ({ world }) => void world.chain.unlockAccount(world.accountId),
  },
  {
    name: 'salt-rotated',
    what: 'the salt rotates, and the old one stays valid',
    fault: ({ world }) => void world.chain.rotateSalt(),
    stops: 'never',
    rejections: [],
    health: [],
    holdMs: 8_000,
    lift: ({ world }) => void world.chain.rotateSalt(),
  },
  {
    name: 'salt-invalidated',
    what: 'the salt rotates without overlap',
    fault: ({ world }) => void world.chain.invalidateSalt(world.chain.state().currentSaltHex),
    stops: 'may',
    rejections: [],
    health: [],
    holdMs: SEEN_MS + 2_000,
    judge: { toleratedRefusals: ['wrong_salt'] },
    lift: (stage) => stage.judgeBy({}),
  },
];

function rpcDead(way: string, fault: '500' | 'timeout'): Situation {
  return {
    name: `rpc-dead-${way}`,
    what: fault === 'timeout' ? 'the RPC answers nothing' : 'the RPC answers 500',
    engineEnv: AGING,
    fault: ({ world }) => world.near.faults.fail(fault),
    stops: 'must',
    stopsWithinMs: MAX_AGE_MS + POLL_MS,
    rejections: STALE,
    health: ['inventory.'],
    holdMs: 1_000,
    lift: ({ world }) => world.near.faults.fail(null),
  };
}

function liar(way: string, what: string, lie: RpcLie): Situation {
  return {
    name: `rpc-lies-${way}`,
    what: `the RPC ${what}`,
    engineEnv: AGING,
    fault: (stage) => stage.proxies.rpc.rewrite(rpcLie(lie)),
    // A lie that is seen through in every second answer may leave enough to trade on.
    stops: lie.oneIn === undefined ? 'must' : 'may',
    stopsWithinMs: MAX_AGE_MS + POLL_MS,
    rejections: lie.oneIn === undefined ? LIED_TO : [],
    health: lie.oneIn === undefined ? ['inventory.'] : [],
    holdMs: 3_000,
    lift: (stage) => stage.proxies.rpc.rewrite(null),
    // An engine that had believed the liar would refuse honest blocks now.
    staysMs: MAX_AGE_MS + 3_000,
  };
}

function lowerBalances({ world }: Stage): void {
  const { balances } = accountOf(world.chain.state(), world.accountId);
  for (const { id } of [BTC, EURE]) world.chain.withdraw(world.accountId, id, ((balances.get(id) ?? 0n) * 9n) / 10n);
}

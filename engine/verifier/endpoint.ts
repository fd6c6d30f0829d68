// One endpoint as far as it can be trusted: its network, its newest block, its trouble; and what follows from these for all of
// them. Reads only; times are monotonic unless their names end in Ms.

import type { EndpointTraffic, NearEndpoint } from '../../contracts/runtime/near/client.ts';
import type { NearFailure } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';

export type Endpoint = {
  readonly rpc: NearEndpoint;
  chainId: string | null;
  chainAskedUs: number | null;
  /** Newest final block that it named, believed or not. */
  block: FinalBlock | null;
  /** Its blocks were believed once, and have followed each other since: where it is behind what was taken, that may be wrong. */
  isSteady: boolean;
  trouble: NearFailure | null;
  /** Since it has been in any trouble. */
  troubleSinceMs: number;
  /** Since its trouble has been this one. */
  troubleSinceUs: number;
  checkedUs: number;
  isChecking: boolean;
};

export type EndpointState = EndpointTraffic & {
  readonly host: string;
  /** null: not known yet. */
  readonly chain_id: string | null;
  readonly block_height: number | null;
  readonly block_lag_ms: number | null;
  /** Why the endpoint is not used now; null: it is. */
  readonly trouble: string | null;
  readonly trouble_since: string | null;
};

const CHAIN_AGAIN_US = 600_000_000;
/** An endpoint that does not say its network is asked for it this often. */
const CHAIN_UNKNOWN_AGAIN_US = 60_000_000;
const CHAIN_OTHER_AGAIN_US = 30_000_000;
const TROUBLE_AGAIN_US = 5_000_000;
/** A single wrong answer is over by then. */
const AHEAD_FOR_US = 15_000_000;
/** Fewer blocks behind is an ordinary lag. */
const BEHIND_BLOCKS = 20;

export const newEndpoint = (rpc: NearEndpoint): Endpoint => ({
  rpc,
  chainId: null,
  chainAskedUs: null,
  block: null,
  isSteady: false,
  trouble: null,
  troubleSinceMs: 0,
  troubleSinceUs: 0,
  checkedUs: 0,
  isChecking: false,
});

/** It named another network than the one that all have to be on. */
export const isOnOtherChain = ({ chainId }: Endpoint, ours: string): boolean => chainId !== null && chainId !== ours;

export function isChainDue(endpoint: Endpoint, ours: string, nowUs: number): boolean {
  if (endpoint.chainAskedUs === null) return true;
  const againUs = endpoint.chainId === null ? CHAIN_UNKNOWN_AGAIN_US : CHAIN_AGAIN_US;
  return nowUs - endpoint.chainAskedUs >= (isOnOtherChain(endpoint, ours) ? CHAIN_OTHER_AGAIN_US : againUs);
}

/** In trouble, and not asked for a while: worth a check that nobody waits for. */
export const isCheckDue = ({ trouble, isChecking, checkedUs }: Endpoint, nowUs: number): boolean =>
  trouble !== null && !isChecking && nowUs - checkedUs >= TROUBLE_AGAIN_US;

/** From the preferred one on, those without trouble first. */
export function ordered(all: readonly Endpoint[], preferred: number): readonly Endpoint[] {
  const turned = [...all.slice(preferred), ...all.slice(0, preferred)];
  return [...turned.filter(({ trouble }) => trouble === null), ...turned.filter(({ trouble }) => trouble !== null)];
}

/**
 * Highest final block that endpoints name, if none is well and those that answer are behind `height`, or for some time have been
 * further ahead than the chain can be; else null.
 */
export function heightElsewhere(all: readonly Endpoint[], height: number, nowUs: number): number | null {
  const isAhead = ({ trouble, troubleSinceUs }: Endpoint): boolean =>
    trouble?.reason === 'block_jumped' && nowUs - troubleSinceUs >= AHEAD_FOR_US;
  const heights = all.flatMap((endpoint) => {
    const { block, trouble } = endpoint;
    return block !== null && (trouble?.reason === 'block_went_back' || isAhead(endpoint)) ? [block.height] : [];
  });
  if (heights.length === 0 || all.some(({ trouble }) => trouble === null)) return null;
  const highest = Math.max(...heights);
  return Math.abs(height - highest) > BEHIND_BLOCKS ? highest : null;
}

export function stateOf({ rpc, chainId, block, trouble, troubleSinceMs }: Endpoint, nowMs: number): EndpointState {
  return {
    host: rpc.host,
    ...rpc.state(),
    chain_id: chainId,
    block_height: block?.height ?? null,
    block_lag_ms: block === null ? null : nowMs - block.timeMs,
    trouble: trouble === null ? null : `${trouble.reason}: ${trouble.detail}`,
    trouble_since: trouble === null ? null : isoTimeOrNull(troubleSinceMs),
  };
}

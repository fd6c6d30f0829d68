// The endpoints as far as they can be trusted: each with its own network, height and trouble. An endpoint whose block cannot
// be true, or that is on another network, is named and asked last, or not at all, until a later check finds it well; it takes
// nothing away from the others.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { EndpointTraffic, NearClient, NearEndpoint } from '../../contracts/runtime/near/client.ts';
import { failed, type NearFailure, type NearResult } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import { isJump, isLagging, judgeBlock, largestAgreement } from './trust.ts';

export type EndpointsOptions = {
  readonly client: NearClient;
  /** Network that every endpoint has to be on. */
  readonly chainId: string;
  readonly clock: Clock;
  /** The newest block that the ledger took; null before the first. */
  readonly ledgerBlock: () => FinalBlock | null;
  /** A final block as evidence of the time: when it was asked for and received. */
  readonly onBlock: (host: string, block: FinalBlock, askedUs: number, receivedUs: number) => void;
  /** Trouble of an endpoint began, changed, or (null) is over. */
  readonly onTrouble: (host: string, trouble: NearFailure | null) => void;
};

export type EndpointState = EndpointTraffic & {
  readonly host: string;
  /** null: the endpoint has not said it. */
  readonly chain_id: string | null;
  readonly block_height: number | null;
  readonly block_lag_ms: number | null;
  /** Why it is not used at present. */
  readonly trouble: string | null;
  readonly trouble_since: string | null;
};

export type Endpoint = {
  readonly rpc: NearEndpoint;
  chainId: string | null;
  chainAskedUs: number | null;
  /** Newest final block that it named, believed or not. */
  block: FinalBlock | null;
  /** Its blocks were believed once, and have followed each other since: where it is behind what was taken, that may be wrong. */
  isSteady: boolean;
  trouble: NearFailure | null;
  troubleSinceMs: number;
  troubleSinceUs: number;
  checkedUs: number;
  isChecking: boolean;
};

export type Endpoints = {
  /** In the order in which they are to be asked; without those known to be on another network. */
  inOrder(): readonly Endpoint[];
  /** Its final block, if that can be true. */
  block(endpoint: Endpoint, mayJump: boolean): Promise<NearResult<FinalBlock>>;
  /** Asks all at once: blocks that several agree on may jump, and who is far from them is in trouble. */
  survey(): Promise<ReadonlyMap<Endpoint, FinalBlock>>;
  /** It failed: it is named, and others are asked before it. */
  refuse(endpoint: Endpoint, failure: NearFailure): void;
  /** It gave a snapshot: it is asked first from now on. */
  prefer(endpoint: Endpoint): void;
  /** It gave a snapshot that another one contradicts: the next one is asked first from now on. */
  passOver(endpoint: Endpoint): void;
  /** Whether its block is so old that another endpoint is worth asking first. */
  isLagging(block: FinalBlock): boolean;
  /** Looks after those in trouble, without anybody waiting for it. */
  recheck(): void;
  count(): number;
  /** Code and host of each that is in trouble. */
  notes(): readonly string[];
  /**
   * Highest final block that endpoints name, if none is well and those that answer are behind `height`, or for some time have been
   * further ahead than the chain can be; else null.
   */
  allElsewhere(height: number): number | null;
  state(): { readonly endpoint: string; readonly endpoints: readonly EndpointState[] };
};

const CHAIN_AGAIN_US = 600_000_000;
/** An endpoint that does not tell its network is asked for it this often. */
const CHAIN_UNKNOWN_AGAIN_US = 60_000_000;
const CHAIN_OTHER_AGAIN_US = 30_000_000;
const TROUBLE_AGAIN_US = 5_000_000;
/** A single wrong answer is over by then. */
const AHEAD_FOR_US = 15_000_000;
/** Fewer blocks behind is an ordinary lag. */
const BEHIND_BLOCKS = 20;

/** Nothing was heard from it at all: a second request would meet the same. */
const NOT_REACHED: ReadonlySet<string> = new Set(['timeout', 'unreachable', 'closed']);

export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { clock, ledgerBlock } = options;
  const all = options.client.endpoints.map(
    (rpc): Endpoint => ({
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
    }),
  );
  let preferred = 0;

  const isElsewhere = ({ chainId }: Endpoint): boolean => chainId !== null && chainId !== options.chainId;

  function setTrouble(endpoint: Endpoint, trouble: NearFailure | null): void {
    if (trouble?.reason === 'closed') return;
    const before = endpoint.trouble?.reason ?? null;
    endpoint.trouble = trouble;
    endpoint.checkedUs = clock.elapsedUs();
    if (before === (trouble?.reason ?? null)) return;
    endpoint.troubleSinceMs = clock.nowMs();
    endpoint.troubleSinceUs = endpoint.checkedUs;
    options.onTrouble(endpoint.rpc.host, trouble);
  }

  function isChainDue(endpoint: Endpoint): boolean {
    if (endpoint.chainAskedUs === null) return true;
    const againUs = endpoint.chainId === null ? CHAIN_UNKNOWN_AGAIN_US : CHAIN_AGAIN_US;
    return clock.elapsedUs() - endpoint.chainAskedUs >= (isElsewhere(endpoint) ? CHAIN_OTHER_AGAIN_US : againUs);
  }

  /** Only an endpoint that names another network is refused: some do not tell theirs. */
  async function checkChain(endpoint: Endpoint): Promise<NearFailure | null> {
    if (isChainDue(endpoint)) {
      const answer = await endpoint.rpc.chainId();
      if (!answer.ok && NOT_REACHED.has(answer.reason)) return answer;
      endpoint.chainAskedUs = clock.elapsedUs();
      if (answer.ok) endpoint.chainId = answer.value;
    }
    if (!isElsewhere(endpoint)) return null;
    return failed('other_chain', `is on ${endpoint.chainId}, NEAR_CHAIN_ID is ${options.chainId}`);
  }

  async function block(endpoint: Endpoint, mayJump: boolean): Promise<NearResult<FinalBlock>> {
    const elsewhere = await checkChain(endpoint);
    if (elsewhere !== null) return elsewhere;
    const askedUs = clock.elapsedUs();
    const answer = await endpoint.rpc.finalBlock();
    if (!answer.ok) return answer;
    const before = endpoint.block;
    endpoint.block = answer.value;
    options.onBlock(endpoint.rpc.host, answer.value, askedUs, clock.elapsedUs());
    const refusal = judgeBlock(answer.value, ledgerBlock(), clock.nowMs(), mayJump);
    if (refusal === null) endpoint.isSteady = true;
    else if (before !== null && (answer.value.height < before.height || isJump(before, answer.value))) {
      endpoint.isSteady = false;
    }
    return refusal ?? answer;
  }

  function inOrder(): readonly Endpoint[] {
    const usable = all
      .map((_, step) => all[(preferred + step) % all.length])
      .filter((endpoint): endpoint is Endpoint => endpoint !== undefined)
      .filter((endpoint) => !isElsewhere(endpoint) || isChainDue(endpoint));
    return [...usable.filter(({ trouble }) => trouble === null), ...usable.filter(({ trouble }) => trouble !== null)];
  }

  async function check(endpoint: Endpoint): Promise<void> {
    endpoint.isChecking = true;
    const answer = await block(endpoint, false);
    endpoint.isChecking = false;
    setTrouble(endpoint, answer.ok ? null : answer);
  }

  return {
    inOrder,
    block,
    async survey() {
      const answers = await Promise.all(
        inOrder().map(async (endpoint) => ({ endpoint, answer: await block(endpoint, true) })),
      );
      const believed: { readonly endpoint: Endpoint; readonly height: number; readonly block: FinalBlock }[] = [];
      for (const { endpoint, answer } of answers) {
        if (answer.ok) believed.push({ endpoint, height: answer.value.height, block: answer.value });
        else setTrouble(endpoint, answer);
      }
      const agreed = largestAgreement(believed);
      for (const one of believed) {
        if (agreed.includes(one)) continue;
        const others = agreed.map(({ height }) => height).join(', ');
        setTrouble(one.endpoint, failed('endpoints_disagree', `final block ${one.height}, others name ${others}`));
      }
      // One alone is held to the pace of the chain as ever.
      if (agreed.length < 2) return new Map();
      return new Map(agreed.map((one) => [one.endpoint, one.block]));
    },
    isLagging: (last) => isLagging(last, clock.nowMs()),
    refuse: setTrouble,
    prefer(endpoint) {
      preferred = Math.max(0, all.indexOf(endpoint));
      setTrouble(endpoint, null);
    },
    passOver(endpoint) {
      preferred = (all.indexOf(endpoint) + 1) % all.length;
      setTrouble(endpoint, null);
    },
    recheck() {
      const [first] = inOrder();
      for (const endpoint of all) {
        // The first in order is asked by each poll.
        if (endpoint.trouble === null || endpoint.isChecking || endpoint === first) continue;
        if (clock.elapsedUs() - endpoint.checkedUs < TROUBLE_AGAIN_US) continue;
        if (!isElsewhere(endpoint) || isChainDue(endpoint)) void check(endpoint);
      }
    },
    count: () => all.length,
    notes: () => all.flatMap(({ rpc, trouble }) => (trouble === null ? [] : [`rpc_${trouble.reason}@${rpc.host}`])),
    allElsewhere(height) {
      const isAhead = ({ trouble, troubleSinceUs }: Endpoint): boolean =>
        trouble?.reason === 'block_jumped' && clock.elapsedUs() - troubleSinceUs >= AHEAD_FOR_US;
      const heights = all.flatMap((endpoint) => {
        const { block: last, trouble } = endpoint;
        return last !== null && (trouble?.reason === 'block_went_back' || isAhead(endpoint)) ? [last.height] : [];
      });
      if (heights.length === 0 || all.some(({ trouble }) => trouble === null)) return null;
      const highest = Math.max(...heights);
      return Math.abs(height - highest) > BEHIND_BLOCKS ? highest : null;
    },
    state: () => ({
      endpoint: all[preferred]?.rpc.host ?? '',
      endpoints: all.map((endpoint) => stateOf(endpoint, clock.nowMs())),
    }),
  };
}

function stateOf({ rpc, chainId, block, trouble, troubleSinceMs }: Endpoint, nowMs: number): EndpointState {
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

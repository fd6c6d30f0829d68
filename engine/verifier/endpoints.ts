// The endpoints as far as they can be trusted: each with its own network, height and trouble. An endpoint whose block cannot
// be true, or that is on another network, is named and asked last, or not at all, until a later check finds it well; it takes
// nothing away from the others.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearClient } from '../../contracts/runtime/near/client.ts';
import { failed, type NearFailure, type NearResult } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock, KnownBlock } from '../../contracts/runtime/near/types.ts';
import {
  type Endpoint,
  type EndpointState,
  heightElsewhere,
  isChainDue,
  isCheckDue,
  isOnOtherChain,
  newEndpoint,
  ordered,
  stateOf,
} from './endpoint.ts';
import { isJump, isLagging, judgeBlock, largestAgreement } from './trust.ts';

/** A final block, and when it was asked for and received. */
type BlockReading = {
  readonly host: string;
  readonly block: FinalBlock;
  readonly askedUs: number;
  readonly receivedUs: number;
};

export type EndpointsOptions = {
  readonly client: NearClient;
  /** Network that every endpoint has to be on. */
  readonly chainId: string;
  readonly clock: Clock;
  /** The newest block that anything in the ledger was read at; null before the first. */
  readonly ledgerBlock: () => KnownBlock | null;
  /** Called with each final block that an endpoint names: evidence of the time. */
  readonly onBlock: (reading: BlockReading) => void;
  /** Trouble of an endpoint began, changed, or (null) is over. */
  readonly onTrouble: (host: string, trouble: NearFailure | null) => void;
};

export type Endpoints = {
  /** In the order in which they are to be asked; without those known to be on another network. */
  inOrder(): readonly Endpoint[];
  /** As configured. */
  all(): readonly Endpoint[];
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
  /** See `heightElsewhere`. */
  allElsewhere(height: number): number | null;
  state(): { readonly endpoint: string; readonly endpoints: readonly EndpointState[] };
};

/** Nothing was heard from it at all: a second request would meet the same. */
const NOT_REACHED: ReadonlySet<string> = new Set(['timeout', 'unreachable', 'closed']);

export function createEndpoints(options: EndpointsOptions): Endpoints {
  return new EndpointPool(options);
}

class EndpointPool implements Endpoints {
  readonly #options: EndpointsOptions;
  readonly #all: readonly Endpoint[];
  #preferred = 0;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    this.#all = options.client.endpoints.map(newEndpoint);
  }

  inOrder(): readonly Endpoint[] {
    return ordered(this.#all, this.#preferred).filter((endpoint) => this.#isUsable(endpoint));
  }

  all(): readonly Endpoint[] {
    return this.#all;
  }

  async block(endpoint: Endpoint, mayJump: boolean): Promise<NearResult<FinalBlock>> {
    const { clock, ledgerBlock, onBlock } = this.#options;
    const elsewhere = await this.#checkChain(endpoint);
    if (elsewhere !== null) return elsewhere;
    const askedUs = clock.elapsedUs();
    const answer = await endpoint.rpc.finalBlock();
    if (!answer.ok) return answer;
    const before = endpoint.block;
    const block = answer.value;
    endpoint.block = block;
    onBlock({ host: endpoint.rpc.host, block, askedUs, receivedUs: clock.elapsedUs() });
    const refusal = judgeBlock({ block, anchor: ledgerBlock(), nowMs: clock.nowMs(), mayJump });
    if (refusal === null) endpoint.isSteady = true;
    else if (before !== null && (block.height < before.height || isJump(before, block))) endpoint.isSteady = false;
    return refusal ?? answer;
  }

  async survey(): Promise<ReadonlyMap<Endpoint, FinalBlock>> {
    const answers = await Promise.all(
      this.inOrder().map(async (endpoint) => ({ endpoint, answer: await this.block(endpoint, true) })),
    );
    const believed: { readonly endpoint: Endpoint; readonly height: number; readonly block: FinalBlock }[] = [];
    for (const { endpoint, answer } of answers) {
      if (answer.ok) believed.push({ endpoint, height: answer.value.height, block: answer.value });
      else this.#setTrouble(endpoint, answer);
    }
    const agreed = largestAgreement(believed);
    for (const one of believed) {
      if (agreed.includes(one)) continue;
      const others = agreed.map(({ height }) => height).join(', ');
      this.#setTrouble(one.endpoint, failed('endpoints_disagree', `final block ${one.height}, others name ${others}`));
    }
    // One alone is held to the pace of the chain as ever.
    if (agreed.length < 2) return new Map();
    return new Map(agreed.map((one) => [one.endpoint, one.block]));
  }

  refuse(endpoint: Endpoint, failure: NearFailure): void {
    this.#setTrouble(endpoint, failure);
  }

  prefer(endpoint: Endpoint): void {
    this.#preferred = Math.max(0, this.#all.indexOf(endpoint));
    this.#setTrouble(endpoint, null);
  }

  passOver(endpoint: Endpoint): void {
    this.#preferred = (this.#all.indexOf(endpoint) + 1) % this.#all.length;
    this.#setTrouble(endpoint, null);
  }

  isLagging(block: FinalBlock): boolean {
    return isLagging(block, this.#options.clock.nowMs());
  }

  recheck(): void {
    const nowUs = this.#options.clock.elapsedUs();
    // The first in order is asked by each poll.
    const [first] = this.inOrder();
    for (const endpoint of this.#all) {
      if (endpoint !== first && isCheckDue(endpoint, nowUs) && this.#isUsable(endpoint)) void this.#check(endpoint);
    }
  }

  count(): number {
    return this.#all.length;
  }

  notes(): readonly string[] {
    return this.#all.flatMap(({ rpc, trouble }) => (trouble === null ? [] : [`rpc_${trouble.reason}@${rpc.host}`]));
  }

  allElsewhere(height: number): number | null {
    return heightElsewhere(this.#all, height, this.#options.clock.elapsedUs());
  }

  state(): ReturnType<Endpoints['state']> {
    const nowMs = this.#options.clock.nowMs();
    return {
      endpoint: this.#all[this.#preferred]?.rpc.host ?? '',
      endpoints: this.#all.map((endpoint) => stateOf(endpoint, nowMs)),
    };
  }

  /** Not known to be on another network, or to be asked for it once more. */
  #isUsable(endpoint: Endpoint): boolean {
    const { chainId, clock } = this.#options;
    return !isOnOtherChain(endpoint, chainId) || isChainDue(endpoint, chainId, clock.elapsedUs());
  }

  /** Only an endpoint that names another network is refused: some do not say theirs. */
  async #checkChain(endpoint: Endpoint): Promise<NearFailure | null> {
    const { chainId, clock } = this.#options;
    if (isChainDue(endpoint, chainId, clock.elapsedUs())) {
      const answer = await endpoint.rpc.chainId();
      if (!answer.ok && NOT_REACHED.has(answer.reason)) return answer;
      endpoint.chainAskedUs = clock.elapsedUs();
      if (answer.ok) endpoint.chainId = answer.value;
    }
    if (!isOnOtherChain(endpoint, chainId)) return null;
    return failed('other_chain', `is on ${endpoint.chainId}, NEAR_CHAIN_ID is ${chainId}`);
  }

  async #check(endpoint: Endpoint): Promise<void> {
    endpoint.isChecking = true;
    const answer = await this.block(endpoint, false);
    endpoint.isChecking = false;
    this.#setTrouble(endpoint, answer.ok ? null : answer);
  }

  #setTrouble(endpoint: Endpoint, trouble: NearFailure | null): void {
    if (trouble?.reason === 'closed') return;
    const { clock, onTrouble } = this.#options;
    const before = endpoint.trouble?.reason ?? null;
    endpoint.trouble = trouble;
    endpoint.checkedUs = clock.elapsedUs();
    if (before === (trouble?.reason ?? null)) return;
    // An endpoint that is away is away since it went, in however many ways its requests fail.
    if (before === null) endpoint.troubleSinceMs = clock.nowMs();
    endpoint.troubleSinceUs = endpoint.checkedUs;
    onTrouble(endpoint.rpc.host, trouble);
  }
}

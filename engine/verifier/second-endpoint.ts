// Asks a second endpoint whether it says what a snapshot of the first one says: at the same or a later final block of its own.

import type { AccountId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { failed, type NearResult } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import { pause } from '../../contracts/runtime/wait.ts';
import type { Endpoint } from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';
import { type Freeing, saysTheSame, type VerifierSnapshot } from './read-snapshot.ts';
import { AGAINST_TAKEN, isJump } from './trust.ts';

/** Code of the failure where it says otherwise. */
export const DISAGREE = 'endpoints_disagree';

const BEHIND_TRIES_MAX = 3;
const BEHIND_WAIT_MS = 750;

/** `timeMs`: block time that it has reached, no later than the snapshot's; 0 when it is not known. */
export type Reached = { readonly reached: boolean; readonly timeMs: number };

export type SecondEndpointOptions = {
  readonly endpoints: Endpoints;
  readonly accountId: AccountId;
  readonly clock: Clock;
};

export type Question = {
  readonly snapshot: VerifierSnapshot;
  readonly freeing: Freeing;
  /** Worth waiting for: an endpoint that is a little behind is given time to reach the block. */
  readonly isWaitedFor: boolean;
};

export async function askSecond(
  { endpoints, accountId, clock }: SecondEndpointOptions,
  other: Endpoint,
  { snapshot, freeing, isWaitedFor }: Question,
): Promise<NearResult<Reached>> {
  const same = (): Promise<NearResult<boolean>> => saysTheSame(other.rpc, { snapshot, freeing, accountId });
  const triesMax = isWaitedFor ? BEHIND_TRIES_MAX : 1;
  const [reached, first] = await Promise.all([reaches({ endpoints, clock, other, snapshot, triesMax }), same()]);
  if (!reached.ok || !reached.value.reached) return reached;
  // It may have learned of the block while it was waited for.
  const answer = first.ok ? first : await same();
  if (!answer.ok) return answer;
  if (answer.value) return reached;
  return failed(DISAGREE, `at block ${snapshot.block.height} it does not confirm that capital is free`);
}

type Waiting = {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly other: Endpoint;
  readonly snapshot: VerifierSnapshot;
  readonly triesMax: number;
};

/** Whether the endpoint's own final block is the same or a later one. */
async function reaches({ endpoints, clock, other, snapshot, triesMax }: Waiting): Promise<NearResult<Reached>> {
  const { block } = snapshot;
  let behindMs = 0;
  for (let tries = 1; ; tries += 1) {
    const answer = await endpoints.block(other, false);
    if (!answer.ok && !AGAINST_TAKEN.has(answer.reason)) return answer;
    if (answer.ok && answer.value.height >= block.height) return agreement(answer.value, block);
    const named: FinalBlock | null = answer.ok ? answer.value : other.block;
    if (named !== null && isJump(named, block)) {
      return failed(DISAGREE, `final block ${block.height} is too far ahead of ${named.height}`);
    }
    if (answer.ok) behindMs = Math.min(answer.value.timeMs, block.timeMs);
    if (tries >= triesMax) return { ok: true, value: { reached: false, timeMs: behindMs } };
    await pause(clock, BEHIND_WAIT_MS);
  }
}

/** @param own a final block of the second endpoint that is no earlier than `block` */
function agreement(own: FinalBlock, block: FinalBlock): NearResult<Reached> {
  const differs = own.height === block.height && own.hash !== block.hash;
  if (!differs && own.timeMs >= block.timeMs) return { ok: true, value: { reached: true, timeMs: block.timeMs } };
  return failed(DISAGREE, `block ${block.height} is another, or from another time`);
}

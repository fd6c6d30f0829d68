// The turn of a request in shadow mode: decided, reserved and recorded as in live mode, by the same gates in the same order. It has no
// way to the signer and none to the relay, so that nothing can be signed or sent.

import { refusalOf } from '../executor/gate.ts';
import { decidedAs } from '../ingest/decided-ids.ts';
import type { QuoteFrame } from '../ingest/frame.ts';
import type { ShadowQuote } from '../inventory/lanes/shadow-lanes.ts';
import { momentOf } from '../lib/moment.ts';
import type { DecidedFact } from '../model/facts.ts';
import type { ReceivedFrame, Refusal } from '../model/values.ts';
import { type Decided, decide, type Situation } from '../strategy/decide.ts';
import type { TurnContext } from './context.ts';
import { decisionFact, noteRefusal, type SituationSources, situationOf } from './quote.ts';
import type { Shadow } from './shadow.ts';

/** What a decision depends on in shadow mode. */
export const shadowSources = (context: TurnContext): SituationSources => ({
  ...context,
  book: context.shadow.book,
  signingRoom: context.shadow.signingRoom,
});

export function decideInShadow(context: TurnContext, quote: QuoteFrame, received: ReceivedFrame): void {
  const { demand, malformed } = quote;
  const now = momentOf(context.clock);
  context.shadow.end(now.nowMs);
  const asked = { demand, malformed, arrivedUs: received.receivedElapsedUs };
  const situation = situationOf(shadowSources(context), asked, now);
  const decided = decide(situation);
  const outcome = decided.decision.accepted ? outcomeOf(context, situation, decided) : null;
  const refusal = outcome !== null && 'refusal' in outcome ? outcome.refusal : null;
  const reserved = outcome !== null && 'reserved' in outcome ? outcome.reserved : null;
  const prepared = refusal === null ? null : ({ ok: false, refusal } as const);
  const fact: DecidedFact = {
    ...decisionFact(context, { situation, decided, prepared, frame: received }),
    mode: 'shadow',
    shadow: reserved && { lane: reserved.lane, deadlineAtMs: reserved.deadlineAtMs },
  };
  context.decided.add(demand.quoteId, decidedAs(fact), now.nowUs);
  context.recorder.record(fact);
  if (reserved !== null) context.shadow.reserve(reserved);
  context.emit({ kind: 'decided', fact, answeredAfterUs: null });
  if (situation.status.armed) noteRefusal(context.shadow, decided, now);
}

type Reserved = Parameters<Shadow['reserve']>[0];
type Outcome = { readonly refusal: Refusal } | { readonly reserved: Reserved };

/** Why the executor would not have signed an accepted decision, or what it would have signed. */
function outcomeOf(
  context: TurnContext,
  situation: Situation,
  { decision, admission, deadlineAtMs }: Decided,
): Outcome {
  const { demand, inventory, now } = situation;
  const { amountOutUnits, paidEurE18 } = decision;
  if (inventory === null || !admission.ok || amountOutUnits === null || paidEurE18 == null) {
    throw new Error(`decision on ${demand.quoteId} is accepted without inventory, lane, amount or value`);
  }
  const refusal = refusalOf(context.steering.executor(now), amountOutUnits, inventory.paid);
  if (refusal !== null) return { refusal };
  const { lane, nonce } = admission;
  const quote: ShadowQuote = { asset: demand.assetOut, lane, nonce, amountOutUnits, deadlineAtMs };
  return { reserved: { ...quote, paidEurE18 } };
}

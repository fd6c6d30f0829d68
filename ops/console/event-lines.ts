// Events of the engine as lines for a person. Pure.

import { assetPaid, assetReceived, DEFAULT_PAIR, type Direction } from '../../contracts/assets.ts';
import type { EngineState } from '../../contracts/control/engine-state.ts';
import type { EventMessage } from '../../contracts/control/events.ts';
import type { RecentDecision } from '../../contracts/control/trading-state.ts';
import { decimal, tokens } from '../trace/words.ts';

const HELLO_AND_HEARTBEAT: ReadonlySet<string> = new Set(['hello', 'heartbeat']);

/** null: nothing that a person follows. */
export function eventLine(event: EventMessage): string | null {
  return HELLO_AND_HEARTBEAT.has(event.type) ? null : `${timeOf(event.at)} ${textOf(event)}`;
}

/** Of the decisions that /state shows, oldest first: what was before the first event. */
export const earlierLines = ({ strategy }: EngineState): string[] =>
  [...strategy.recent_decisions].reverse().map((decision) => `${timeOf(decision.at)} ${decisionText(decision)}`);

/** 12:03:05.123 of an ISO time. */
const timeOf = (at: string): string => at.slice(11, 23);

function textOf(event: EventMessage): string {
  switch (event.type) {
    case 'decision': {
      const latency = event.answered_after_us === null ? '' : ` answered in ${event.answered_after_us} us`;
      const shadow = event.mode === 'shadow' && event.decision === 'accepted' ? ' shadow, not signed' : latency;
      return `${decisionText(event)}${event.refusal === null ? shadow : ` not signed: ${event.refusal}`}`;
    }
    case 'result': {
      const tx = event.tx_hash === null ? '' : ` ${event.tx_hash}`;
      return `result   ${event.from} -> ${event.state} ${event.result_code}${tx} ${event.quote_id}`;
    }
    case 'action': {
      const { actor, part, action, outcome, http_status } = event.action;
      return `action   ${part} ${action} by ${actor}: ${outcome === 'done' ? 'done' : `refused (${http_status})`}`;
    }
    case 'health':
      return `health   ${event.healthy ? 'healthy' : event.reasons.join(', ')}`;
    case 'stopped':
      return `STOPPED  ${event.code}: ${event.detail}`;
    case 'dropped':
      return `${event.count} events were lost: too many at once`;
    default:
      return event.type;
  }
}

type Decided = Pick<
  RecentDecision,
  'decision' | 'reason' | 'direction' | 'amount_in' | 'amount_out' | 'gross_edge_pct' | 'quote_id'
>;

function decisionText(decided: Decided): string {
  const { direction, amount_in, amount_out, gross_edge_pct, quote_id } = decided;
  const verdict = decided.decision === 'accepted' ? 'accepted' : `rejected ${decided.reason}`;
  const edge = gross_edge_pct === null ? '' : ` edge ${decimal(gross_edge_pct)} %`;
  return `decision ${verdict}${edge}${direction === null ? '' : ` ${termsOf(direction, amount_in, amount_out)}`} ${quote_id}`;
}

/** Symbols and decimals are the same under every known id. */
function termsOf(direction: Direction, received: string | null, paid: string | null): string {
  const side = (units: string | null, asset: { readonly id: string; readonly symbol: string }): string =>
    units === null ? asset.symbol : tokens(units, asset.id);
  return `${side(received, assetReceived(DEFAULT_PAIR, direction))} -> ${side(paid, assetPaid(DEFAULT_PAIR, direction))}`;
}

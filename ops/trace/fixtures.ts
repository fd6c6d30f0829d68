// For tests only: the records of one quote, from the golden samples, changed where a test is about it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope } from '../../contracts/envelope.ts';
import type { ExecTradeResult } from '../../contracts/topics/exec-trade-result.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import type { Records } from './story.ts';

const DIRECTORY = join(import.meta.dir, '../../contracts/fixtures/golden');

export function golden<T>(topic: TopicName): Envelope<T> {
  return JSON.parse(readFileSync(join(DIRECTORY, `${topic}.v1.json`), 'utf8')) as Envelope<T>;
}

const of = <K extends 'demand' | 'decision' | 'command' | 'marketSample' | 'inventory'>(topic: TopicName) =>
  golden<NonNullable<Records[K]>['payload']>(topic);

/** A transition of the golden quote. */
export function resultOf(change: Partial<ExecTradeResult>): Envelope<ExecTradeResult> {
  const settled = golden<ExecTradeResult>('exec.trade_result');
  return { ...settled, payload: { ...settled.payload, settlement: null, ...change } };
}

const SETTLED = golden<ExecTradeResult>('exec.trade_result');

export const SUBMITTED = resultOf({
  transition_seq: 1,
  previous_status: 'proposed',
  status: 'submitted',
  result_code: 'answer_sent',
  at: '2026-01-15T12:00:00.250Z',
  since_received_us: 412,
});
export const ACCEPTED = resultOf({
  transition_seq: 2,
  previous_status: 'submitted',
  status: 'accepted',
  result_code: 'relay_accepted',
  at: '2026-01-15T12:00:00.262Z',
  reply_after_ms: 12,
  venue_reply: '{"jsonrpc":"2.0","id":7,"result":"OK"}',
});

/** The golden quote from its request to its settlement. */
export function makeRecords(over: Partial<Records> = {}): Records {
  return {
    quoteId: SETTLED.payload.quote_id,
    accountId: SETTLED.account_id,
    raw: [golden('raw.near_intents.quote')],
    rawCount: 1,
    demand: of<'demand'>('norm.swap_demand'),
    decision: of<'decision'>('decision.trade_decision'),
    decisionCount: 1,
    command: of<'command'>('cmd.execute_trade'),
    commandCount: 1,
    results: [SUBMITTED, ACCEPTED, SETTLED],
    resultCount: 3,
    siblings: [],
    siblingCounts: {},
    marketSample: of<'marketSample'>('ref.market_price'),
    inventory: of<'inventory'>('state.intent_inventory'),
    controlActions: [golden('ops.control_action')],
    controlActionCount: 1,
    ...over,
  };
}

// For tests only: a few minutes of a market in which every figure can be worked out by hand. Five quotes of 2026-01-15:
//
// - the golden one: BTC is bought, 0.00004 for 3.1843924 EURe at 81234.5 (edge 2 %), and settles in the block of 12:00:08.350
// - `sold`: BTC is sold, 0.000039 for 3.300000000000000001 EURe at 81234.6 (edge 3.99 %), and settles when it is seen
// - `outbid`: answered, and another answer is taken
// - `stale`: skipped, because there was no price
// - `thin`: skipped, because its edge of 1.25 % was too small; it is worth 120 EUR, and of another partner

import type { Database } from '../../contracts/runtime/postgres/database.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { insertRecord } from '../testing/history/insert.fixture.ts';
import { ACCEPTED, golden, SUBMITTED } from '../trace/fixtures.ts';

export const GOLDEN_QUOTE = golden<{ quote_id: string }>('decision.trade_decision').payload.quote_id;
export const DAY = '2026-01-15';

type Payload = Record<string, unknown>;

/** A time of that day: `time('12:00:09')`. */
export const time = (clock: string): string => `${DAY}T${clock.padEnd(12, clock.includes('.') ? '0' : '.000')}Z`;

export const BTC = 'nep141:btc.omft.near';
export const EURE = 'nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near';
const SELL = { asset_in: EURE, asset_out: BTC, amount_in: '3300000000000000001', amount_out: '3900' } as const;

export async function fillMarket(sql: Database): Promise<void> {
  await sql`select ensure_partitions('2026-01-15')`;
  const add = async (topic: TopicName, clock: string, payload: Payload = {}): Promise<void> =>
    await insertRecord(sql, topic, { ingested_at: time(clock), payload });

  await add('ref.market_price', '12:00:00.100');
  for (const [clock, fair_rate] of [
    ['12:00:00.300', '90000'],
    ['12:00:09.000', '81240'],
    ['12:00:18.000', '81300'],
    ['12:01:08.350', '81000'],
    ['12:04:08.350', '80000'],
    ['12:05:08.351', '70000'],
  ] as const) {
    await add('ref.market_price', clock, { price_id: `price-${clock}`, fair_rate });
  }
  await add('state.intent_inventory', '11:59:59.350');

  await add('raw.near_intents.quote', '12:00:00.250');
  await add('norm.swap_demand', '12:00:00.250');
  await add('decision.trade_decision', '12:00:00.250');
  await add('cmd.execute_trade', '12:00:00.250');
  await add('exec.trade_result', '12:00:00.250', SUBMITTED.payload);
  await add('exec.trade_result', '12:00:00.262', ACCEPTED.payload);
  await add('exec.trade_result', '12:00:09.650');

  await addSold(add);
  await addOutbid(add);
  await addSkipped(add);
}

type Add = (topic: TopicName, clock: string, payload?: Payload) => Promise<void>;

const idsOf = (quote_id: string) => ({
  quote_id,
  decision_id: `dec-${quote_id}`,
  command_id: `cmd-${quote_id}`,
  nonce: `nonce-${quote_id}`,
  quote_hash: `hash-${quote_id}`,
});

async function addSold(add: Add): Promise<void> {
  const ids = idsOf('sold');
  const terms = { direction: 'EURe->BTC', reference_rate: '81234.60000000', gross_edge_pct: '3.9954' };
  await add('norm.swap_demand', '12:10:00', { ...ids, ...SELL, direction: terms.direction });
  await add('decision.trade_decision', '12:10:00', {
    ...ids,
    ...SELL,
    ...terms,
    notional_eur: '3.300000000000000001',
    decided_at: time('12:10:00'),
    decide_us: 39,
  });
  await add('cmd.execute_trade', '12:10:00', { ...ids, ...SELL });
  const sent = { at: time('12:10:00'), deadline: time('12:21:00'), since_received_us: 288 };
  await add('exec.trade_result', '12:10:00', { ...SUBMITTED.payload, ...ids, ...SELL, ...sent });
  const settled = { transition_seq: 2, previous_status: 'submitted', status: 'settled', at: time('12:20:00') };
  await add('exec.trade_result', '12:20:00', {
    ...ids,
    ...SELL,
    ...settled,
    deadline: sent.deadline,
    settlement: { tx_hash: 'tx-sold', block_height: 7, block_time: '2026-02-30T12:00:00.000Z' },
  });
}

async function addOutbid(add: Add): Promise<void> {
  const ids = idsOf('outbid');
  await add('norm.swap_demand', '12:30:00', ids);
  await add('decision.trade_decision', '12:30:00', { ...ids, decided_at: time('12:30:00'), decide_us: 83 });
  await add('cmd.execute_trade', '12:30:00', ids);
  const at = time('12:30:00');
  await add('exec.trade_result', '12:30:00', { ...SUBMITTED.payload, ...ids, at, since_received_us: 500 });
  const late = { transition_seq: 2, previous_status: 'submitted', status: 'late', result_code: 'relay_outbid' };
  const reply = { at: time('12:30:01'), reply_after_ms: 1000, since_received_us: null, venue_reply: '{"error":1}' };
  await add('exec.trade_result', '12:30:01', { ...SUBMITTED.payload, ...ids, ...late, ...reply });
}

async function addSkipped(add: Add): Promise<void> {
  const unpriced = {
    reference_rate: null,
    implied_rate: null,
    gross_edge_pct: null,
    notional_eur: null,
    amount_out: null,
  };
  await add('norm.swap_demand', '13:05:00', { quote_id: 'stale', partner_id: null });
  await add('decision.trade_decision', '13:05:00', {
    ...unpriced,
    quote_id: 'stale',
    decision_id: 'dec-stale',
    decision: 'rejected',
    decision_reason: 'price_stale',
    detail: 'the newest price is 9000 ms old, and 3000 ms are allowed',
    decided_at: time('13:05:00'),
    decide_us: 20,
  });
  await add('norm.swap_demand', '13:59:59.999', { quote_id: 'thin', partner_id: 'other-partner' });
  await add('decision.trade_decision', '13:59:59.999', {
    quote_id: 'thin',
    decision_id: 'dec-thin',
    decision: 'rejected',
    decision_reason: 'edge_below_min',
    detail: 'edge 1.2500 %, and 2.0000 % are required',
    gross_edge_pct: '1.2500',
    notional_eur: '120.000000000000000000',
    decided_at: time('13:59:59.999'),
    decide_us: 30,
  });
}

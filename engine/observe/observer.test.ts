import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import { units } from '../../contracts/amounts.ts';
import { nonceText, type QuoteId, quoteHash } from '../../contracts/ids.ts';
import type { DecisionReason, ResultCode, TradeState } from '../../contracts/reasons.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { metricsFaults } from '../../ops/testing/exposition.ts';
import { decisionPayload } from '../bus/render/payloads.ts';
import { PASSED_OVER } from '../model/events.ts';
import type { DecidedFact, TransitionFact } from '../model/facts.ts';
import { makeDemand, makeInventory, makeLimits, NOW_MS } from '../model/fixtures.ts';
import type { Attempt } from '../model/values.ts';
import { drainEnded } from './log-lines.ts';
import type { EngineGauges } from './metrics/engine-gauges.ts';
import { registerEngineMetrics } from './metrics/register.ts';
import { createObserver, type Observer } from './observer.ts';

const SIGNATURE = 'ed25519:SIGNATURE-OF-THE-ANSWER';

function make() {
  const timers = new ManualClock(NOW_MS);
  const kept = keptLog();
  const queue: (() => void)[] = [];
  const observer = createObserver({
    clock: timers,
    log: kept.log,
    later: (run) => void queue.push(run),
    decisionPayload,
  });
  const afterTurn = () => {
    for (const run of queue.splice(0)) run();
  };
  /** Ordinary lines wait for others. */
  const later = () => {
    timers.advance(50);
    while (queue.length > 0) afterTurn();
  };
  return { observer, loopObserver: emitterOf(observer), timers, kept, afterTurn, later };
}

const emitterOf = ({ emit }: Observer) => ({
  decided: (fact: DecidedFact, answeredAfterUs: number | null) => emit({ kind: 'decided', fact, answeredAfterUs }),
  moved: (fact: TransitionFact) => emit({ kind: 'moved', fact }),
});

const attemptOf = (quoteId: string): Attempt => ({
  quoteId: quoteId as QuoteId,
  direction: 'BTC->EURe',
  assetIn: makeDemand().assetIn,
  assetOut: makeDemand().assetOut,
  amountInUnits: units(10_000n),
  amountOutUnits: units(3_900_000_000_000_000_000n),
  lane: 2,
  nonce: nonceText('AAAA'),
  deadlineAtMs: NOW_MS + 70_000,
  quoteHash: quoteHash(`hash-${quoteId}`),
  message: '{}',
  publicKey: 'ed25519:public',
  signature: SIGNATURE,
  receivedAtMs: NOW_MS,
  signedAtMs: NOW_MS,
});

function heard(quoteId: string, reason: DecisionReason, over: Partial<DecidedFact> = {}): DecidedFact {
  const accepted = reason === 'accepted';
  return {
    kind: 'heard',
    eventId: 'e',
    atMs: NOW_MS,
    connectionId: 'c',
    frame: '{}',
    demand: makeDemand({ quoteId: quoteId as QuoteId }),
    malformed: null,
    decision: {
      accepted,
      reason,
      requestKind: 'exact_in',
      amountInUnits: units(10_000n),
      amountOutUnits: units(3_900_000_000_000_000_000n),
      impliedRateE8: null,
      referenceRateE8: null,
      grossEdgePctE4: null,
      notionalEurE18: null,
      priceAgeMs: 100,
      inventoryAgeMs: 500,
    },
    limits: makeLimits(),
    price: null,
    inventory: makeInventory('BTC->EURe'),
    strategyArmed: true,
    decideUs: 20,
    attempt: accepted ? attemptOf(quoteId) : null,
    refusal: null,
    ...over,
  };
}

function moved(
  quoteId: string,
  from: TradeState,
  to: TradeState,
  code: ResultCode,
  venueReply: string | null = null,
): TransitionFact {
  return {
    kind: 'transition',
    eventId: 'e',
    atMs: NOW_MS,
    attempt: attemptOf(quoteId),
    seq: 1,
    from,
    to,
    code,
    note: 'as the relay said',
    recovered: false,
    sinceReceivedUs: 120,
    replyAfterMs: venueReply === null ? null : 4,
    venueReply,
    settlement: null,
  };
}

test('nothing is logged within the turn, everything after it', () => {
  const { loopObserver, kept, later } = make();
  loopObserver.decided(heard('q1', 'accepted'), 120);
  loopObserver.moved(moved('q1', 'proposed', 'submitted', 'answer_sent'));
  expect(kept.lines).toEqual([]);
  later();
  expect(kept.events()).toEqual(['decision_accepted', 'trade_submitted']);
  expect(kept.lines[0]).toContain('"quote_id":"q1"');
  expect(kept.lines[0]).toContain('"command_id":"cmd-q1"');
  expect(kept.lines.join('')).not.toContain(SIGNATURE);
});

test('a reason is logged when it first appears, then as a summary a minute', () => {
  const { observer, loopObserver, timers, kept, later } = make();
  const stop = observer.start();
  for (let index = 0; index < 50; index++) loopObserver.decided(heard(`q${index}`, 'price_stale'), null);
  loopObserver.decided(heard('q', 'edge_below_min'), null);
  later();
  expect(kept.events()).toEqual(['decision_rejected_first', 'decision_rejected_first']);
  timers.advance(60_000);
  expect(kept.events()).toHaveLength(3);
  expect(JSON.parse(kept.lines[2] ?? '')).toMatchObject({
    event: 'decisions_rejected',
    by_reason: { price_stale: 50, edge_below_min: 1 },
    over_ms: 60_000,
  });
  timers.advance(60_000);
  expect(kept.events()).toHaveLength(3);
  stop();
});

test('a burst beyond the bound is counted, and said', () => {
  const { observer, loopObserver, kept, later } = make();
  for (let index = 0; index < 10_050; index++)
    loopObserver.moved(moved(`q${index}`, 'submitted', 'accepted', 'relay_accepted', '{}'));
  later();
  expect(kept.lines).toHaveLength(10_001);
  expect(JSON.parse(kept.lines.at(-1) ?? '')).toMatchObject({ event: 'events_dropped', count: 50 });
  expect(observer.view.executor().results_by_state).toEqual({ accepted: 10_050 });
});

test('bad frames and faults are logged once and then counted', () => {
  const { observer, timers, kept, afterTurn } = make();
  const stop = observer.start();
  for (let index = 0; index < 30; index++) {
    observer.emit({ kind: 'bad', reason: 'not_json', detail: 'frame is not JSON' });
    observer.emit({ kind: 'faulted', error: new Error('bug') });
  }
  afterTurn();
  expect(kept.events().filter((event) => event === 'frames_not_taken')).toHaveLength(1);
  expect(kept.events().filter((event) => event === 'turn_faulted')).toHaveLength(10);
  timers.advance(60_000);
  expect(JSON.parse(kept.lines.at(-1) ?? '')).toMatchObject({
    event: 'frames_not_taken',
    reason: 'not_json',
    count: 29,
  });
  expect(observer.counts.faults()).toBe(30);
  stop();
});

test('ordinary lines wait to be written together, a trouble is written after the turn, behind what waits', () => {
  const { observer, loopObserver, timers, kept, afterTurn } = make();
  loopObserver.moved(moved('q1', 'proposed', 'submitted', 'answer_sent'));
  afterTurn();
  timers.advance(49);
  expect(kept.events()).toEqual([]);
  loopObserver.moved(moved('q1', 'submitted', 'accepted', 'relay_accepted'));
  timers.advance(1);
  expect(kept.events()).toEqual(['trade_submitted', 'trade_accepted']);
  loopObserver.moved(moved('q2', 'proposed', 'submitted', 'answer_sent'));
  loopObserver.moved(moved('q2', 'submitted', 'rejected', 'relay_rejected'));
  loopObserver.moved(moved('q3', 'proposed', 'submitted', 'answer_sent'));
  expect(kept.events()).toHaveLength(2);
  afterTurn();
  expect(kept.events().slice(2)).toEqual(['trade_submitted', 'trade_rejected', 'trade_submitted']);
  loopObserver.moved(moved('q4', 'proposed', 'submitted', 'answer_sent'));
  observer.flush();
  expect(kept.events()).toHaveLength(6);
  expect(timers.pending).toBe(0);
});

test('lines that take long to write are spread over turns, in order', () => {
  const { observer, loopObserver, timers, kept, afterTurn } = make();
  const write = kept.lines.push.bind(kept.lines);
  kept.lines.push = (line) => {
    timers.advance(1);
    return write(line);
  };
  for (let index = 0; index < 30; index++)
    loopObserver.moved(moved(`q${index}`, 'proposed', 'submitted', 'answer_sent'));
  loopObserver.moved(moved('last', 'submitted', 'rejected', 'relay_rejected'));
  const seen: number[] = [];
  while (kept.lines.length < 31) {
    afterTurn();
    seen.push(kept.lines.length);
  }
  expect(seen).toEqual([8, 16, 24, 31]);
  expect(kept.lines.map((line) => JSON.parse(line).quote_id)).toEqual([
    ...Array.from({ length: 30 }, (_, index) => `q${index}`),
    'last',
  ]);
  for (let index = 0; index < 30; index++) loopObserver.moved(moved('more', 'proposed', 'submitted', 'answer_sent'));
  observer.flush();
  expect(kept.lines).toHaveLength(61);
});

test('the views tell latest decision, rejection, command, request, reply and error', () => {
  const { observer, loopObserver } = make();
  observer.emit(PASSED_OVER.foreign_pair);
  loopObserver.decided(heard('q1', 'accepted'), 150);
  loopObserver.moved(moved('q1', 'proposed', 'submitted', 'answer_sent'));
  loopObserver.moved(moved('q1', 'submitted', 'accepted', 'relay_accepted', '{"id":1}'));
  loopObserver.moved(moved('q1', 'accepted', 'expired', 'deadline_passed'));
  const refusal = { code: 'executor_disarmed', note: 'not armed' } as const;
  loopObserver.decided(heard('q2', 'accepted', { attempt: null, refusal }), null);
  loopObserver.decided(heard('q3', 'strategy_disarmed'), null);
  observer.emit({ kind: 'published', topic: 'decision.trade_decision' });
  const strategy = observer.view.strategy();
  expect(strategy).toMatchObject({ decisions: 3, accepted: 2, rejected_by_reason: { strategy_disarmed: 1 } });
  expect(strategy.latest_decision?.quote_id).toBe('q3');
  expect(strategy.latest_rejected).toMatchObject({ quote_id: 'q3', reason: 'strategy_disarmed' });
  expect(strategy.latest_inventory_used?.inventory_id).toBe('inv-1');
  const executor = observer.view.executor();
  expect(executor).toMatchObject({
    last_command: { command_id: 'cmd-q2' },
    last_request: { quote_id: 'q1', quote_hash: 'hash-q1', lane: 2 },
    last_venue_response: { quote_id: 'q1', status: 'accepted', after_ms: 4, reply: '{"id":1}' },
    last_error: { code: 'executor_disarmed' },
    completed: 2,
    errors_by_code: { executor_disarmed: 1 },
    answer_latency: { count: 1, max_us: 150 },
  });
  const ingest = observer.view.ingest();
  expect(ingest.frames).toMatchObject({ quotes: 3, quotes_of_other_pairs: 1 });
  expect(ingest.published).toEqual({ 'decision.trade_decision': 1 });
  expect(JSON.stringify([strategy, executor, ingest])).not.toContain(SIGNATURE);
});

test('a quote of shadow mode is completed, and counted apart from every other end', () => {
  const { observer, loopObserver } = make();
  const shadow = { lane: 1, deadlineAtMs: 1_767_225_670_000 };
  loopObserver.decided(heard('q1', 'accepted', { attempt: null, mode: 'shadow', shadow }), null);
  const { completed, results_by_state, errors_by_code, last_error, last_request, recent_attempts } =
    observer.view.executor();
  expect({ completed, results_by_state, errors_by_code, last_error, last_request }).toEqual({
    completed: 1,
    results_by_state: { shadow: 1 },
    errors_by_code: {},
    last_error: null,
    last_request: null,
  });
  expect(recent_attempts).toMatchObject([
    { state: 'shadow', result_code: 'shadow_mode', lane: 1, deadline: '2026-01-01T00:01:10.000Z', quote_hash: null },
  ]);
});

test('an attempt that ends twice is completed once', () => {
  const { observer, loopObserver } = make();
  loopObserver.moved(moved('q', 'submitted', 'late', 'relay_late', '{}'));
  loopObserver.moved(moved('q', 'late', 'settled', 'settled_by_balance'));
  expect(observer.view.executor().completed).toBe(1);
});

test('metrics export what was counted and what is asked for', async () => {
  const { observer, loopObserver } = make();
  const registry = new Registry();
  const gauges: EngineGauges = {
    framesReceived: 9,
    framesShed: 4,
    reconnectStorms: 1,
    relayAgesMs: { data: 1500, heartbeat: null, quote: 2000, quote_status: null, pair: null },
    otherIds: { 'nep141:nbtc.bridge.near': 3 },
    stranded: { 'nep141:nbtc.bridge.near': true },
    armed: { strategy: true, executor: false },
    shadowMode: true,
    shadowQuotes: 3,
    paused: { ingest: true },
    healthy: { ingest: true },
    trading: false,
    holds: { clock_skew: true, journal_behind: false },
    priceAgeMs: 1500,
    inventoryAgeMs: null,
    inventoryFailures: 4,
    inventoryRefusals: 3,
    inventoryUnconfirmed: 1,
    rpcUnconfirmedMs: { 'a.example': 90_000 },
    rpcEndpoints: [{ host: 'rpc.example', requests: 7, failures: 2, usable: false }],
    clockSkewMs: -2500,
    journalLagRecords: 3,
    journalLagMs: 12,
    journalBytes: 4096,
    diskFreeBytes: 2 ** 30,
    journalTrouble: { checkpoint: false, removal: true, signed_ids: false },
    keptEntries: { rejected_ids: 7, late_replies: 1 },
    signedIds: 5,
    signedIdsBytes: 65_536,
    outboxLagRecords: 4,
    outboxLagMs: 250,
    blockedTopicsMs: { 'exec.trade_result': 1_500 },
    kafkaLosses: 2,
    republishFrom: 7,
    republishLeft: 5,
    republished: 11,
    deadLettered: 2,
    opsRecords: [{ topic: 'ops.liquidity_action', outcomes: { taken: 3, schema: 1 } }],
    inFlight: 5,
    repliesEvicted: 0,
    stalls: 2,
    stops: { journal_failed: 0, turns_failed: 1 },
    breaches: { capital_breach: 2, balance_loss: 5 },
    breakerTrips: { breaker_minute: 1 },
    breakerFailuresInRow: 2,
    breakerUse: [{ window: 'minute', filled: 0.5, committed: 0.75 }],
    referenceTroubles: { coingecko_failed: 4 },
    fallbackUsed: true,
    openQuotes: 6,
    pulls: {
      begun: { operator: 2, stopped: 0 },
      sends: { taken: 2, refused: 1 },
      ended: { pulled: 1 },
      underWay: 1,
      failing: 0,
    },
    reconnects: { relay: 7 },
    connected: { relay: true },
    capital: [
      {
        asset: 'BTC',
        decimals: 8,
        units: { allocated: 150_000_000n, reserved_for_orders: 1n, reserved_for_positions: 0n, realized_pnl: -25n },
      },
    ],
    rebuilt: { records: 12, open_quotes: 3 },
    lanes: [{ asset: 'BTC', lane: 1, ceilingUnits: 300n, reservedUnits: 100n, liveQuotes: 8 }],
  };
  let readings = 0;
  registerEngineMetrics(registry, observer.counts, () => {
    readings++;
    return gauges;
  });
  loopObserver.decided(heard('q1', 'accepted'), 100);
  loopObserver.decided(heard('q2', 'accepted'), 3000);
  loopObserver.decided(heard('q3', 'price_stale'), null);
  loopObserver.moved(moved('q1', 'proposed', 'submitted', 'answer_sent'));
  await registry.metrics();
  const text = await registry.metrics();
  expect(await metricsFaults(text)).toEqual([]);
  const lines = text.split('\n');
  // Two scrapes.
  expect(readings).toBe(2);
  for (const line of [
    'unrip_frames_received_total 9',
    'unrip_frames_shed_total 4',
    'unrip_relay_age_seconds{stream="data"} 1.5',
    'unrip_requests_other_id_total{asset="nep141:nbtc.bridge.near"} 3',
    'unrip_balance_stranded{asset="nep141:nbtc.bridge.near"} 1',
    'unrip_executor_stops_total{code="turns_failed"} 1',
    'unrip_capital_breaches_total{code="capital_breach"} 2',
    'unrip_capital_invariant_violations_total 2',
    'unrip_capital_tokens{asset="BTC",bucket="allocated"} 1.5',
    'unrip_capital_tokens{asset="BTC",bucket="reserved_for_orders"} 1e-8',
    'unrip_capital_tokens{asset="BTC",bucket="reserved_for_positions"} 0',
    'unrip_capital_tokens{asset="BTC",bucket="realized_pnl"} -2.5e-7',
    'unrip_start_rebuilt{what="records"} 12',
    'unrip_start_rebuilt{what="open_quotes"} 3',
    'unrip_quotes_total{outcome="accepted",reason="accepted"} 2',
    'unrip_quotes_total{outcome="rejected",reason="price_stale"} 1',
    'unrip_quotes_total{outcome="rejected",reason="edge_below_min"} 0',
    'unrip_trade_results_total{state="submitted",code="answer_sent"} 1',
    'unrip_armed{part="strategy"} 1',
    'unrip_armed{part="executor"} 0',
    'unrip_trading 0',
    'unrip_hold{reason="clock_skew"} 1',
    'unrip_hold{reason="journal_behind"} 0',
    'unrip_price_age_seconds 1.5',
    'unrip_fallback_used 1',
    'unrip_reference_troubles_total{kind="coingecko_failed"} 4',
    'unrip_inventory_poll_failures_total 4',
    'unrip_inventory_refused_total 3',
    'unrip_inventory_unconfirmed_total 1',
    'unrip_rpc_unconfirmed_seconds{host="a.example"} 90',
    'unrip_rpc_requests_total{host="rpc.example"} 7',
    'unrip_rpc_failures_total{host="rpc.example"} 2',
    'unrip_rpc_usable{host="rpc.example"} 0',
    'unrip_pulls_total{cause="operator"} 2',
    'unrip_pull_sends_total{result="refused"} 1',
    'unrip_kept_entries{collection="rejected_ids"} 7',
    'unrip_pulls_ended_total{outcome="pulled"} 1',
    'unrip_pulls_under_way 1',
    'unrip_pulls_failing 0',
    'unrip_clock_skew_seconds -2.5',
    'unrip_disk_free_bytes 1073741824',
    'unrip_outbox_lag_seconds 0.25',
    'unrip_outbox_topic_blocked_seconds{topic="exec.trade_result"} 1.5',
    'unrip_ops_records_total{topic="ops.liquidity_action",outcome="taken"} 3',
    'unrip_ops_records_total{topic="ops.liquidity_action",outcome="schema"} 1',
    'unrip_kafka_losses_total 2',
    'unrip_republish_from_position 7',
    'unrip_republish_records_left 5',
    'unrip_republished_messages_total 11',
    'unrip_reconnects_total{source="relay"} 7',
    'unrip_lane_use_ratio{asset="BTC",lane="1"} 0.333333',
    '# TYPE unrip_answer_latency_seconds histogram',
    'unrip_answer_latency_seconds_bucket{le="0.000064"} 0',
    'unrip_answer_latency_seconds_bucket{le="0.000128"} 1',
    'unrip_answer_latency_seconds_bucket{le="+Inf"} 2',
    'unrip_answer_latency_seconds_sum 0.0031',
    'unrip_answer_latency_seconds_count 2',
  ])
    expect(lines).toContain(line);
  expect(lines.some((line) => line.startsWith('unrip_inventory_age_seconds '))).toBe(false);
});

test('the last 50 decisions and attempts are shown, newest first, with reasons, results and times', () => {
  const { observer, loopObserver } = make();
  for (let index = 0; index < 60; index++) {
    loopObserver.decided(heard(`no-${index}`, 'price_stale', { atMs: NOW_MS + index }), null);
  }
  for (let index = 0; index < 60; index++) {
    loopObserver.moved(moved(`yes-${index}`, 'proposed', 'submitted', 'answer_sent'));
    // An older one gave way to it, within the same turn.
    loopObserver.moved(moved('no-such', 'submitted', 'uncertain', 'reply_timeout'));
    loopObserver.decided(heard(`yes-${index}`, 'accepted', { atMs: NOW_MS + index }), 120.4);
  }
  loopObserver.moved({ ...moved('yes-58', 'submitted', 'accepted', 'relay_accepted', '{}'), atMs: NOW_MS + 500 });
  loopObserver.moved(moved('yes-3', 'submitted', 'late', 'relay_late'));
  const refusal = { code: 'executor_disarmed', note: 'not armed' } as const;
  loopObserver.decided(heard('refused', 'accepted', { attempt: null, refusal }), null);
  loopObserver.decided(heard('last', 'price_stale'), null);

  const { recent_decisions: decisions } = observer.view.strategy();
  expect(decisions).toHaveLength(50);
  expect(decisions.slice(0, 3).map(({ quote_id, reason }) => [quote_id, reason])).toEqual([
    ['last', 'price_stale'],
    ['refused', 'accepted'],
    ['yes-59', 'accepted'],
  ]);
  expect(decisions[49]).toMatchObject({ quote_id: 'yes-12', at: new Date(NOW_MS + 12).toISOString(), decide_us: 20 });

  const { recent_attempts: attempts } = observer.view.executor();
  expect(attempts.map(({ quote_id }) => quote_id)).toEqual([
    'refused',
    ...Array.from({ length: 49 }, (_, index) => `yes-${59 - index}`),
  ]);
  expect(attempts[0]).toMatchObject({
    state: 'rejected',
    result_code: 'executor_disarmed',
    note: 'not armed',
    lane: null,
  });
  expect(attempts[1]).toMatchObject({ state: 'submitted', result_code: 'answer_sent', answered_after_us: 120 });
  expect(attempts[2]).toMatchObject({
    state: 'accepted',
    result_code: 'relay_accepted',
    reply_after_ms: 4,
    decided_at: new Date(NOW_MS + 58).toISOString(),
    state_at: new Date(NOW_MS + 500).toISOString(),
    deadline: new Date(NOW_MS + 70_000).toISOString(),
  });
  expect(JSON.stringify([decisions, attempts])).not.toContain(SIGNATURE);
});

test.each([
  [0, { quotes: 0, untilMs: null }, null, 'no signed quote'],
  [7, { quotes: 3, untilMs: NOW_MS }, new Date(NOW_MS).toISOString(), 'the next start sends them'],
])('the end of a drain names what is left: %p records, %p', (outboxLeft, settleable, until, said) => {
  const { kept } = make();
  drainEnded(kept.log, { outboxLeft, settleable });
  const line = JSON.parse(kept.lines[0] ?? '{}');
  expect(line).toMatchObject({
    event: 'drain_ended',
    outbox_left: outboxLeft,
    settleable_quotes: settleable.quotes,
    settleable_until: until,
  });
  expect(line.detail).toContain(said);
});

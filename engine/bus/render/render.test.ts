// Every fact becomes the records that the contracts describe, the same ones whenever it is rendered.

import { beforeAll, describe, expect, test } from 'bun:test';
import { RESULT_CODES } from '../../../contracts/reasons.ts';
import { isoTime } from '../../../contracts/time.ts';
import { KAFKA_USERS } from '../../../contracts/topics/access.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import { topicOf } from '../../../contracts/topics/registry.ts';
import type { Fact } from '../../model/facts.ts';
import { quoteFrame } from '../../scenario/frames.fixture.ts';
import { ACCOUNT, readyRig } from '../../scenario/loop.fixture.ts';
import { envelopeIn, factsOfQuotes, faultsOf, plainFacts, render, textOf, throughJournal } from './records.fixture.ts';
import type { Outgoing } from './render.ts';

let facts: readonly Fact[] = [];
let records: readonly Outgoing[] = [];

beforeAll(async () => {
  facts = [...(await factsOfQuotes()), ...plainFacts(1_767_225_600_000)];
  records = facts.flatMap((fact) => render(fact));
});

const on = (topic: TopicName) => records.filter((record) => record.topic === topic).map(envelopeIn);

describe('every record', () => {
  test('there is at least one on every topic that the engine writes, and a fact of nearly every kind was behind them', () => {
    const { writes = [] } = KAFKA_USERS.find(({ command }) => command === 'engine') ?? {};
    expect(new Set(records.map(({ topic }) => topic))).toEqual(new Set(writes));
    expect(new Set(facts.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(17);
  });

  test('is as its topic says, for the compiled check and for the published JSON Schema', () => {
    expect(records.flatMap(faultsOf)).toEqual([]);
  });

  test('has an event id of its own', () => {
    const ids = records.map((record) => envelopeIn(record).event_id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  });

  test('is the same to the byte when its fact is rendered again, and when it comes back from the journal', () => {
    for (const fact of facts) {
      const first = render(fact);
      expect(render(fact)).toEqual(first as never);
      expect(render(throughJournal(fact)).map(textOf)).toEqual(first.map(textOf));
    }
  });

  test('names the account, and lies in a partition that its key leads to', () => {
    for (const record of records) {
      expect(envelopeIn(record).account_id).toBe(ACCOUNT);
      expect(record.partition).toBeLessThan(topicOf(record.topic).partitions);
    }
    const byKey = new Map<string, Set<number>>();
    for (const { topic, key, partition } of records) {
      if (topicOf(topic).partitions === 1) continue;
      const seen = byKey.get(String(key)) ?? new Set();
      byKey.set(String(key), seen.add(partition));
    }
    for (const seen of byKey.values()) expect(seen.size).toBe(1);
  });
});

describe('one request', () => {
  test('an accepted one: what came, in our words, the decision, the command, in this order of event ids', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    const [heard] = rig.heardOf('quote-1');
    if (heard === undefined) throw new Error('not heard');
    const made = render(heard);
    expect(made.map(({ topic, key }) => [topic, key])).toEqual([
      ['raw.near_intents.quote', 'quote-1'],
      ['norm.swap_demand', 'quote-1'],
      ['decision.trade_decision', 'quote-1'],
      ['cmd.execute_trade', `near_intents:${heard.demand.assetIn}->${heard.demand.assetOut}`],
    ]);
    expect(made.map((record) => envelopeIn(record).event_id.at(-1))).toEqual(['0', '1', '2', '3']);
    const [, , decision, command] = made.map((record) => envelopeIn(record).payload);
    expect(command).toMatchObject({
      command_id: 'cmd-quote-1',
      decision_id: 'dec-quote-1',
      idempotency_key: 'near_intents:quote-1',
      amount_in: decision?.['amount_in'],
      amount_out: decision?.['amount_out'],
    });
  });

  test('a refused one: command and result, and the result is its only one', () => {
    const results = on('exec.trade_result').filter(({ payload }) => payload['quote_id'] === 'executor-disarmed');
    expect(results.map(({ payload }) => payload)).toMatchObject([
      { status: 'rejected', result_code: 'executor_disarmed', transition_seq: 1, previous_status: 'proposed' },
    ]);
    expect(on('cmd.execute_trade').some(({ payload }) => payload['quote_id'] === 'executor-disarmed')).toBe(true);
  });

  test('a rejected one: no command, no result', () => {
    for (const topic of ['cmd.execute_trade', 'exec.trade_result'] as const) {
      expect(on(topic).some(({ payload }) => payload['quote_id'] === 'disarmed')).toBe(false);
    }
  });

  test('a repeated one: its raw record alone', () => {
    const of = (topic: TopicName) => on(topic).filter(({ payload }) => payload['quote_id'] === 'settled-by-status');
    expect(of('raw.near_intents.quote')).toHaveLength(2);
    expect(of('norm.swap_demand')).toHaveLength(1);
    expect(of('decision.trade_decision')).toHaveLength(1);
  });
});

test.each([
  ['the time that the venue gives', -500],
  ['that of the arrival where it gives none', null],
])('observed_at is %s, and ingested_at when it was journalled', async (_what, beforeMs) => {
  using rig = await readyRig();
  const nowMs = rig.clock.nowMs();
  rig.ask('quote-1', {}, 'event', beforeMs === null ? {} : { quote_timestamp: nowMs + beforeMs });
  const made = rig.heardOf('quote-1').flatMap((fact) => render(fact));
  expect(made).toHaveLength(4);
  for (const record of made) {
    expect(envelopeIn(record)).toMatchObject({
      observed_at: isoTime(nowMs + (beforeMs ?? 0)),
      ingested_at: isoTime(nowMs),
    });
  }
});

test('the frame is embedded byte for byte, blanks, order, odd numbers and escapes included', async () => {
  using rig = await readyRig();
  const plain = quoteFrame('quote-1');
  const odd = plain
    .replace('{"jsonrpc"', '{ "z" : 1.50e+0 ,"a":"\\u00e9\\ud83d\\ude00\\/\u00e9" , "jsonrpc"')
    .replace(/}$/, ',"n":12345678901234567890123}');
  rig.frame(odd);
  const [raw] = rig.heardOf('quote-1').flatMap((fact) => render(fact));
  if (raw === undefined) throw new Error('no record');
  const text = textOf(raw);
  expect(text.split(odd)).toHaveLength(3);
  expect(text).toContain(`"message":${odd}}`);
  expect(text).toEndWith(`"raw":${odd}}`);
});

test('half characters that a JSON escape smuggles in do not make a resend differ', async () => {
  using rig = await readyRig();
  rig.pairFilter.change({ enabled: false, pairs: [] });
  const half = 'a\ud800b';
  rig.ask('quote-1', {}, 'event', { partner_id: half, traceparent: half });
  rig.ask('quote-2', { defuse_asset_identifier_in: half });
  const answer = rig.answered('quote-3');
  rig.frame(JSON.stringify({ jsonrpc: '2.0', id: answer.requestId, error: { code: 1, message: half } }));
  expect(rig.stateOf('quote-3')).toBe('rejected');
  for (const fact of rig.journalled) {
    const first = render(fact);
    expect(render(throughJournal(fact)).map(textOf)).toEqual(first.map(textOf));
    expect(first.flatMap(faultsOf)).toEqual([]);
  }
});

test('results tell their story by number: from 1, without gaps, each from the state before', () => {
  const byQuote = new Map<string, { seq: number; state: string }>();
  for (const { payload } of on('exec.trade_result')) {
    const { quote_id: id, transition_seq: seq, previous_status: from, status } = payload;
    const last = byQuote.get(String(id)) ?? { seq: 0, state: 'proposed' };
    expect([seq, from]).toEqual([last.seq + 1, last.state]);
    byQuote.set(String(id), { seq: Number(seq), state: String(status) });
  }
  expect(byQuote.size).toBeGreaterThan(10);
});

test('the quotes above had every result that this version can bring about', () => {
  const seen = new Set(on('exec.trade_result').map(({ payload }) => payload['result_code']));
  // `relay_late` is of earlier versions. Of a restart: recover.test.ts; of another chain: evidence.test.ts; of a drain and an attribution by balance: loop and settlement tests. The rest is for
  // paths that refuse before a command exists.
  const elsewhere = [
    'restarted',
    'executor_draining',
    'inventory_drift',
    'books_breached',
    'settled_by_balance',
    'relay_accepted',
    'relay_late',
    'chain_replaced',
  ];
  expect(RESULT_CODES.filter((code) => !seen.has(code)).filter((code) => !elsewhere.includes(code))).toEqual([]);
});

test('an amount that no token can hold is left out, and its value is recorded', () => {
  const decision = on('decision.trade_decision').find(({ payload }) => payload['quote_id'] === 'endless-in')?.payload;
  expect(decision).toMatchObject({ decision_reason: 'notional_above_max', amount_out: null });
  expect(decision?.['amount_in']).toBe(((1n << 127n) - 1n).toString());
  expect(Number(decision?.['notional_eur'])).toBeGreaterThan(1e33);
});

test('no record holds a signature', () => {
  for (const fact of facts) {
    if (fact.kind !== 'heard' || fact.attempt === null) continue;
    const { signature } = fact.attempt;
    for (const record of render(fact)) expect(textOf(record)).not.toContain(signature);
  }
  expect(records.map(textOf).join('\n')).not.toMatch(/"signature"/);
});

test('facts that nobody outside needs make no record', () => {
  const silent = ['born', 'started', 'closed', 'nonce_opened', 'ceiling_set', 'nonce_used', 'nonce_closed', 'balance'];
  for (const fact of facts) if (silent.includes(fact.kind)) expect(render(fact)).toEqual([]);
});

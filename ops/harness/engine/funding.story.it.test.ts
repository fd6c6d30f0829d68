// The engine with a real broker reads what the liquidity-manager publishes: shown as pending, never spendable, known again after
// a restart, and unknown when the manager falls silent.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { BTC } from '../../../contracts/assets.ts';
import { openProducer, type Producer } from '../../../contracts/runtime/kafka/producer.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import { recordBytes } from '../../../engine/background/ops-records.fixture.ts';
import { describeWith } from '../../testing/services.ts';
import { waitFor, within } from '../../testing/wait.ts';
import { type EngineProcess, follow, makeTopics, startProcess } from './process.fixture.ts';

const LIMIT_MS = 90_000;
const WAIT_MS = 20_000;
type Fields = Readonly<Record<string, unknown>>;

describeWith(['kafka'], 'funds under way', ({ kafka }) => {
  let producer: Producer;
  let engine: EngineProcess;
  let events = 0;

  const publish = (topic: TopicName, payload: Fields, over: Fields = {}): void => {
    const at = isoTime(Date.now());
    const account = { account_id: engine.accountId };
    const own = topic === 'ops.service_health' ? {} : account;
    const value = recordBytes(
      topic,
      { at, ...own, ...payload },
      { ...account, ingested_at: at, event_id: `${engine.accountId}-${++events}`, ...over },
    );
    expect(producer.produce(topic, 0, engine.accountId, value, events)).toBe('queued');
  };
  const report = (): void => publish('ops.service_health', { service: 'liquidity-manager', notes: [] });
  const inventory = async () => (await engine.call('GET', '/inventory/state')).body;
  /** Reports until the state is as wanted: the engine may read its reports from later on. */
  const until = async (what: string, fits: (asset: Fields, state: Fields) => boolean): Promise<void> => {
    await waitFor(
      async () => {
        report();
        const state = await inventory();
        return fits(state.assets[BTC.id] ?? {}, state);
      },
      { what, limitMs: WAIT_MS },
    );
  };

  beforeAll(async () => {
    await makeTopics(kafka.brokers);
    producer = openProducer({
      brokers: kafka.brokers,
      clientId: 'test-manager',
      onDelivered: () => {},
      onRefused: () => {},
      onTrouble: () => {},
    });
    await producer.connect(LIMIT_MS);
    engine = await startProcess({ KAFKA_BROKERS: kafka.brokers });
  }, LIMIT_MS);
  afterAll(async () => {
    await producer.close();
    await engine.call('POST', '/executor/drain').catch(() => null);
    await within(engine.ended, { what: 'the engine to end' });
    await engine.close();
  }, LIMIT_MS);

  test(
    'are shown and recorded as pending, change nothing that is spendable, and are known again after a restart',
    async () => {
      const before = (await inventory()).assets[BTC.id];
      expect(before).toMatchObject({ pending_inbound: null, pending_outbound: null, pre_credit_inbound: null });
      publish('ops.funding_observation', { status: 'seen', confirmations: 0 });
      publish('ops.liquidity_action', { status: 'seen' });
      publish('ops.liquidity_action', { liquidity_action_id: 'w', kind: 'withdrawal', status: 'burned', amount: '7' });
      // What is malformed, or somebody else's, is passed over.
      publish('ops.liquidity_action', { liquidity_action_id: 'x', amount: '-1' });
      publish('ops.liquidity_action', { liquidity_action_id: 'y' }, { account_id: 'other.near' });
      publish('ops.liquidity_action', { liquidity_action_id: 'z', account_id: 'other.near' });
      await until('the sums', (btc) => btc['pending_outbound'] === '7' && btc['pre_credit_inbound'] === '25000');
      const { assets, funding, notes, healthy } = await inventory();
      expect(assets[BTC.id]).toEqual({
        ...before,
        pending_inbound: '25000',
        pending_outbound: '7',
        pre_credit_inbound: '25000',
      });
      expect(funding).toMatchObject({ status: 'current', complete: true, observations: [{ status: 'seen' }] });
      expect([healthy, notes.includes('ops_records_refused')]).toEqual([true, true]);
      const { background } = (await engine.call('GET', '/state')).body;
      const refused = background.topics.find(
        ({ topic }: { topic: string }) => topic === 'ops.liquidity_action',
      ).records;
      expect(refused).toMatchObject({ taken: 2, schema: 1, account_differs: 1 });

      const follower = await follow(kafka.brokers, engine.accountId);
      const { envelope } = await follower.find(
        'state.intent_inventory',
        ({ assets: recorded }) => recorded[BTC.id].pending_inbound === '25000',
      );
      expect(envelope.payload.assets[BTC.id]).toMatchObject({ spendable: before.spendable, pending_outbound: '7' });
      await follower.close();

      publish('ops.funding_observation', { status: 'credited', observation_seq: 4 });
      publish('ops.liquidity_action', { status: 'credited', transition_seq: 5 });
      await until('the credit', (btc) => btc['pending_inbound'] === '0' && btc['pre_credit_inbound'] === '0');
      expect((await inventory()).assets[BTC.id].spendable).toBe(before.spendable);

      // Another engine of the account knows what this one knew, from the topic.
      const first = engine;
      await first.call('POST', '/executor/drain');
      await within(first.ended, { what: 'the engine to end', limitMs: 20_000 });
      engine = await startProcess({ KAFKA_BROKERS: kafka.brokers, NEAR_ACCOUNT_ID: first.accountId });
      await first.close();
      await until('the sums again', (btc) => btc['pending_outbound'] === '7' && btc['pending_inbound'] === '0');
      expect((await inventory()).funding.withdrawals).toMatchObject([{ id: 'w', status: 'burned', amount: '7' }]);
    },
    LIMIT_MS,
  );

  test(
    'are unknown, not zero, once the manager says that it ends',
    async () => {
      publish('ops.service_health', { service: 'liquidity-manager', notes: ['manager.draining'] });
      await waitFor(async () => (await inventory()).funding.status === 'stale', { what: 'the end', limitMs: WAIT_MS });
      const { assets, funding } = await inventory();
      expect(assets[BTC.id]).toMatchObject({ pending_inbound: null, pending_outbound: null, pre_credit_inbound: null });
      expect(funding.withdrawals).toMatchObject([{ id: 'w', status: 'burned' }]);
    },
    LIMIT_MS,
  );
});

// The whole part over readers of a test: history from one, the sidecars' records from the other.

import { expect, test } from 'bun:test';
import { BTC } from '../../contracts/assets.ts';
import { parseAccountId } from '../../contracts/ids.ts';
import type { KafkaState } from '../../contracts/runtime/kafka/client.ts';
import type { openReader } from '../../contracts/runtime/kafka/consumer/reader.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import { createLog } from '../../contracts/runtime/log/log.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { isoTime } from '../../contracts/time.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { createBackgroundPart } from './background.ts';
import { ACCOUNT, consumed, recordBytes } from './ops-records.fixture.ts';

const account = parseAccountId(ACCOUNT);
if (account === null) throw new Error('no account');

function rig(persistencePolicy: 'strict' | 'degrade') {
  const clock = new ManualClock();
  const inboxes = new Map<string, ConsumedRecord[]>();
  const states = new Map<string, KafkaState>();
  const opened: string[] = [];
  const open: typeof openReader = ({ topics }) => {
    const [own = ''] = topics;
    states.set(own, 'up');
    opened.push(own);
    return {
      connect: () => Promise.resolve(),
      state: () => states.get(own) ?? 'up',
      async poll() {
        await new Promise<void>((resolve) => setImmediate(resolve));
        return inboxes.get(own)?.splice(0) ?? [];
      },
      lag: () => topics.map((topic) => ({ topic, partition: 0, endOffset: 0n, lag: 0n })),
      close: () => Promise.resolve(),
    };
  };
  const config = {
    account: account as NonNullable<typeof account>,
    kafkaBrokers: 'b:1',
    persistencePolicy,
    historyMaxLagMs: 100,
  };
  const log = createLog({
    ...{ service: 'engine', component: 'test', level: 'silent', namespace: 'test', destination: { write: () => {} } },
  });
  const part = createBackgroundPart({ config, extra: {}, clock, log, open });
  const put = (reader: TopicName, topic: TopicName, payload: object): void => {
    const at = isoTime(clock.nowMs());
    inboxes.set(reader, [consumed(topic, recordBytes(topic, { at, ...payload }))]);
  };
  return {
    clock,
    part,
    states,
    opened: (topic: TopicName) => opened.filter((each) => each === topic).length,
    health: (service: string, over: object = {}) =>
      put('ops.service_health', 'ops.service_health', { service, writing: true, lag_ms: 5, ...over }),
    action: (over: object) => put('ops.liquidity_action', 'ops.liquidity_action', over),
  };
}

test.each(['strict', 'degrade'] as const)(
  'under the policy %s, history that is not known to be written blocks or not',
  async (policy) => {
    const world = rig(policy);
    expect(world.part.historyBlocks()).toBe(policy === 'strict');
    world.health('history-writer');
    await waitFor(() => world.part.history.health().healthy, { what: 'the report' });
    expect(world.part.historyBlocks()).toBe(false);
    // Another process cannot speak for the history-writer, whatever it says.
    world.health('liquidity-manager', { writing: false, lag_ms: 9_999 });
    await waitFor(() => world.part.funding().manager.heard_at !== null, { what: 'the other report' });
    expect(world.part.history.health().healthy).toBe(true);
    await world.part.close();
  },
);

test('the failure of one reader leaves what the other knows', async () => {
  const world = rig('strict');
  world.health('history-writer');
  await waitFor(() => !world.part.historyBlocks(), { what: 'the report' });
  world.health('liquidity-manager');
  world.action({ amount: '5' });
  await waitFor(() => world.part.underWay(BTC.id).pendingInboundUnits === 5n, { what: 'the deposit' });
  world.states.set('ops.liquidity_action', 'failed');
  await waitFor(() => world.part.underWay(BTC.id).pendingInboundUnits === null, { what: 'the failure' });
  expect([world.part.historyBlocks(), world.part.funding().status]).toEqual([false, 'unknown']);
  await world.part.close();
});

test('when the reports come again after their reader was silent, the other topics are read again as well', async () => {
  const world = rig('strict');
  world.health('history-writer');
  await waitFor(() => !world.part.historyBlocks(), { what: 'the report' });
  for (let second = 0; second < 70; second++) {
    world.clock.advance(1000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await waitFor(() => world.opened('ops.service_health') === 2, { what: 'another reader of the reports' });
  expect([world.part.historyBlocks(), world.opened('ops.liquidity_action')]).toEqual([true, 1]);
  world.health('history-writer');
  await waitFor(() => !world.part.historyBlocks(), { what: 'the report of the new topic' });
  await waitFor(() => world.clock.pending > 0, { what: 'the pause' });
  world.clock.advance(1000);
  await waitFor(() => world.opened('ops.liquidity_action') === 2, { what: 'another reader of the others' });
  await world.part.close();
});

// The background reader over a broker whose topics are deleted and made again while it reads.

import { expect, test } from 'bun:test';
import { startOwnKafka } from '../../../../ops/testing/own-kafka.ts';
import { describeWith } from '../../../../ops/testing/services.ts';
import { waitFor } from '../../../../ops/testing/wait.ts';
import type { TopicName } from '../../../topics/registry.ts';
import { machineClock } from '../../clock.ts';
import { createTopics } from '../admin/cluster.ts';
import { deleteTopic } from '../admin/topics.fixture.ts';
import { openProducer } from '../producer.ts';
import { followTopics } from './follow.ts';
import { openReader } from './reader.ts';

const LIMIT_MS = 30_000;
const REPORTS: TopicName = 'ops.service_health';
const ACTIONS: TopicName = 'ops.liquidity_action';
/** A minute of silence is over in two seconds. */
const FASTER = 30;

async function produce(brokers: string, topic: string, values: readonly string[]): Promise<void> {
  let delivered = 0;
  const producer = openProducer({
    brokers,
    clientId: 'test',
    onDelivered: () => void delivered++,
    onRefused: () => undefined,
    onTrouble: () => undefined,
  });
  await producer.connect(LIMIT_MS);
  for (const [tag, value] of values.entries()) producer.produce(topic, 0, 'key', new TextEncoder().encode(value), tag);
  await waitFor(() => delivered === values.length, { what: 'the delivery', limitMs: LIMIT_MS });
  await producer.close();
}

describeWith(['kafka'], 'topics that are deleted and made again', () => {
  test('are read again, the quiet ones as well', async () => {
    const kafka = await startOwnKafka();
    try {
      const { brokers } = kafka;
      const make = (name: string) => async (): Promise<boolean> => {
        const admin = { brokers, timeoutMs: LIMIT_MS };
        const [made] = await createTopics(admin, [{ name, partitions: 1, replicas: 1, settings: {} }]);
        return made?.outcome === 'created';
      };
      for (const topic of [REPORTS, ACTIONS]) await waitFor(make(topic), { what: topic, limitMs: LIMIT_MS });
      const seen: string[] = [];
      const codes = new Set<string>();
      const trouble = { report: (code: string) => void codes.add(code), recovered: () => {} };
      const clock = { ...machineClock, elapsedUs: () => machineClock.elapsedUs() * FASTER };
      const follow = (topic: TopicName, isBusy: boolean, onFoundAgain?: () => void) =>
        followTopics({
          ...{ brokers, clientId: 'test', extra: {}, topics: [topic], clock, trouble, isBusy, open: openReader },
          startAt: () => (isBusy ? 'latest' : { last: 100 }),
          onRecord: ({ value }) => void seen.push(Buffer.from(value ?? []).toString()),
          onLost: () => undefined,
          ...(onFoundAgain === undefined ? {} : { onFoundAgain }),
        });
      const actions = follow(ACTIONS, false);
      const reports = follow(REPORTS, true, () => actions.renew());
      await waitFor(() => actions.isCaughtUp() && reports.isCaughtUp(), { what: 'the ends', limitMs: LIMIT_MS });
      await produce(brokers, ACTIONS, ['a1', 'a2', 'a3']);
      let number = 0;
      // On a busy machine two seconds pass in silence, and the reader that takes over begins behind what was written meanwhile.
      const isReportSeen = async (): Promise<boolean> => {
        await produce(brokers, REPORTS, [`r${++number}`]);
        return seen.includes(`r${number}`);
      };
      await waitFor(isReportSeen, { what: 'a first report', limitMs: LIMIT_MS });
      await waitFor(() => ['a1', 'a2', 'a3'].every((text) => seen.includes(text)), {
        what: 'the first actions',
        limitMs: LIMIT_MS,
      });
      await kafka.stop();
      await kafka.start();
      for (const topic of [REPORTS, ACTIONS]) {
        await deleteTopic(brokers, topic);
        await waitFor(make(topic), { what: `${topic} again`, limitMs: LIMIT_MS });
      }
      await produce(brokers, ACTIONS, ['a4']);
      await waitFor(async () => (await isReportSeen()) && seen.includes('a4'), {
        what: 'the records of the new topics',
        limitMs: LIMIT_MS,
      });
      expect([...codes]).toContain('silent');
      await Promise.all([actions.close(), reports.close()]);
    } finally {
      await kafka.remove();
    }
  });
});

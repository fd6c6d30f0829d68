// Reads every record of every topic, from the beginning and for as long as it is open: what was produced, by whoever produced it.

import { openReader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import type { NextOffset } from '../../harness/prepare.ts';
import { waitFor } from '../../testing/wait.ts';
import type { SeenAlert } from './judge.ts';

export type Follower = {
  /** Ids of all records that were read, by topic. */
  ids(): ReadonlyMap<TopicName, ReadonlySet<string>>;
  /** In the order of the topic; a record that was published twice is there twice. */
  alerts(): readonly SeenAlert[];
  /** Resolves when every record before these ends was read. */
  readTo(ends: readonly NextOffset[]): Promise<void>;
  close(): Promise<void>;
};

const LIMIT_MS = 60_000;
const RECORDS_MAX = 2_000;
/** Between polls that gave nothing, so that who waits does not take the machine from what is waited for. */
const IDLE_MS = 20;

type Envelope = { readonly event_id: string; readonly payload: unknown };

export async function followAll(brokers: string): Promise<Follower> {
  const ids = new Map<TopicName, Set<string>>(TOPICS.map(({ name }) => [name, new Set()]));
  const alerts: SeenAlert[] = [];
  const next = new Map<string, bigint>();
  let isOpen = true;
  const reader = openReader({
    brokers,
    clientId: 'unrip-soak-follower',
    topics: TOPICS.map(({ name }) => name),
    startAt: () => 'earliest',
    onTrouble: () => {},
  });
  await reader.connect(LIMIT_MS);
  const reading = (async () => {
    while (isOpen) {
      const records = await reader.poll(RECORDS_MAX);
      for (const { topic, partition, offset, value } of records) {
        next.set(`${topic}/${partition}`, offset + 1n);
        if (value === null) continue;
        const { event_id: eventId, payload }: Envelope = JSON.parse(new TextDecoder().decode(value));
        ids.get(topic as TopicName)?.add(eventId);
        if (topic === 'ops.alert') alerts.push({ eventId, payload: payload as OpsAlert });
      }
      if (records.length === 0) await Bun.sleep(IDLE_MS);
    }
  })();
  return {
    ids: () => ids,
    alerts: () => alerts,
    async readTo(ends) {
      const isBehind = ({ topic, partition, nextOffset }: NextOffset): boolean =>
        (next.get(`${topic}/${partition}`) ?? 0n) < nextOffset;
      await waitFor(() => !ends.some(isBehind), { what: 'every record to be read', limitMs: LIMIT_MS });
    },
    async close() {
      isOpen = false;
      await reading;
      await reader.close();
    },
  };
}

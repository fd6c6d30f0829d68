// What happens when no broker is there. Nothing listens on the port used here.

import { heapStats } from 'bun:jsc';
import { describe, expect, test } from 'bun:test';
import { waitFor } from '../../../ops/testing/wait.ts';
import { describeCluster, groupMembers, topicIds } from './admin/cluster.ts';
import { describeTopics } from './admin/topic-settings.ts';
import { openConsumer } from './consumer/consumer.ts';
import { openProducer } from './producer.ts';

function unusedPort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}

function objectsInUse(): number {
  Bun.gc(true);
  return heapStats().objectTypeCounts['Object'] ?? 0;
}

describe('with no broker', () => {
  test('a producer says so, keeps what it took without blocking, and closes', async () => {
    const brokers = `127.0.0.1:${unusedPort()}`;
    const troubles: string[] = [];
    const producer = openProducer({
      brokers,
      clientId: 'test',
      onDelivered: () => undefined,
      onRefused: () => undefined,
      onTrouble: (code) => troubles.push(code),
    });
    await expect(producer.connect(300)).rejects.toThrow(`no Kafka broker of ${brokers} answered within 300 ms`);
    expect(['connecting', 'down']).toContain(producer.state());
    expect(producer.produce('t', 0, 'k', new Uint8Array(1), 1)).toBe('queued');
    expect(await producer.flush(50)).toBe(false);
    expect(producer.queued()).toBe(1);
    await waitFor(() => troubles.includes('brokers_down'), { what: 'brokers_down' });
    await producer.close();
    expect(producer.state()).toBe('closed');
  });

  test('a producer that is closed keeps nothing of what it had taken, whoever keeps the producer', async () => {
    const producer = openProducer({
      brokers: `127.0.0.1:${unusedPort()}`,
      clientId: 'test',
      onDelivered: () => undefined,
      onRefused: () => undefined,
      onTrouble: () => undefined,
    });
    const taken = 20_000;
    await waitFor(() => producer.produce('t', 0, 'k', 'v', 0) === 'queued', { what: 'the client to start' });
    const before = objectsInUse();
    for (let tag = 1; tag < taken; tag++) producer.produce('t', 0, 'k', 'v', tag);
    await Promise.resolve();
    expect(producer.queued()).toBe(taken);
    expect(objectsInUse() - before).toBeGreaterThan(taken / 2);
    await producer.close();
    expect(objectsInUse() - before).toBeLessThan(taken / 2);
    // Nobody knows that any of them was delivered.
    expect(await producer.flush(0)).toBe(false);
  });

  test('a consumer says so, polls nothing, and closes', async () => {
    const consumer = openConsumer({
      brokers: `127.0.0.1:${unusedPort()}`,
      clientId: 'test',
      groupId: 'test',
      topics: ['t'],
      onAssigned: () => [],
      onRevoked: () => undefined,
      onTrouble: () => undefined,
    });
    expect(await consumer.poll(10)).toEqual([]);
    await expect(consumer.connect(200)).rejects.toThrow('still trying');
    await consumer.close();
  });

  test('looking at a cluster fails with the address', async () => {
    const brokers = `127.0.0.1:${unusedPort()}`;
    await expect(describeCluster({ brokers, timeoutMs: 500 })).rejects.toThrow(brokers);
    expect(() => describeTopics({ brokers, timeoutMs: 500 }, ['t'])).toThrow(brokers);
  });

  test('asking for topics and for the members of a group fails, and the process goes on', async () => {
    const brokers = `127.0.0.1:${unusedPort()}`;
    await expect(topicIds({ brokers, timeoutMs: 300 }, ['t'])).rejects.toThrow(brokers);
    await expect(groupMembers({ brokers, timeoutMs: 300 }, 'group')).rejects.toThrow(/answered within|describe/);
  });

  test('settings that contradict each other are refused by connect', async () => {
    const open = (): unknown =>
      openProducer({
        brokers: '127.0.0.1:1',
        clientId: 'test',
        extra: { 'no.such.setting': 'x' },
        onDelivered: () => undefined,
        onRefused: () => undefined,
        onTrouble: () => undefined,
      });
    expect(open).toThrow('no.such.setting');
  });
});

// The answers that librdkafka waits for: each rebalance gets one, or the client ends.

import { expect, test } from 'bun:test';
import { type Reading, type RebalanceCallbacks, Rebalances } from './rebalances.ts';

const ASSIGN = -175;
const REVOKE = -174;
const ONE = [{ topic: 'topic', partition: 0 }];

function rig(callbacks: Partial<RebalanceCallbacks> = {}) {
  const calls: string[] = [];
  const failed = Promise.withResolvers<string>();
  const answered = { assign: Promise.withResolvers<void>(), unassign: Promise.withResolvers<void>() };
  const reading: Reading = {
    open: true,
    assigned: (partitions) => [...partitions],
    revoked: () => undefined,
    native: {
      assign: () => {
        calls.push('assign');
        answered.assign.resolve();
      },
      unassign: () => {
        calls.push('unassign');
        answered.unassign.resolve();
      },
      incrementalAssign: () => undefined,
      incrementalUnassign: () => undefined,
      rebalanceProtocol: () => 'EAGER',
    },
    client: { trouble: (_code, message) => calls.push(message), fail: (message) => failed.resolve(message) },
  };
  const rebalances = new Rebalances({
    onAssigned: (partitions) => partitions.map(() => 'committed'),
    onRevoked: () => undefined,
    ...callbacks,
  });
  return { rebalances, reading, calls, failed: failed.promise, answered };
}

test('an assignment that librdkafka does not take ends the client, which would read nothing for good', async () => {
  const { rebalances, reading, failed } = rig();
  const native = {
    ...reading.native,
    assign: () => {
      throw new Error('not now');
    },
  };
  rebalances.handle({ ...reading, native }, ASSIGN, ONE);
  expect(await failed).toBe('rebalance: not now');
});

test('a revocation waits for the assignment before it, and is answered although its callback throws', async () => {
  const starts = Promise.withResolvers<readonly 'committed'[]>();
  const { rebalances, reading, calls, answered } = rig({
    onAssigned: () => starts.promise,
    onRevoked: () => {
      throw new Error('no');
    },
  });
  rebalances.handle(reading, ASSIGN, ONE);
  rebalances.handle(reading, REVOKE, ONE);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  expect(calls).toEqual([]);
  starts.resolve(['committed']);
  await answered.unassign.promise;
  expect(calls).toEqual(['assign', 'onRevoked: no', 'unassign']);
});

test('the end waits for no caller that still looks up its offsets', async () => {
  const { rebalances, reading, calls, answered } = rig({ onAssigned: () => new Promise(() => undefined) });
  rebalances.handle(reading, ASSIGN, ONE);
  rebalances.close();
  rebalances.handle(reading, REVOKE, ONE);
  await answered.unassign.promise;
  expect(calls).toEqual(['unassign']);
});

test('nor for a revocation that waits behind that caller', async () => {
  const { rebalances, reading, calls, answered } = rig({ onAssigned: () => new Promise(() => undefined) });
  rebalances.handle(reading, ASSIGN, ONE);
  rebalances.handle(reading, REVOKE, ONE);
  rebalances.close();
  await answered.unassign.promise;
  expect(calls).toEqual(['unassign']);
});

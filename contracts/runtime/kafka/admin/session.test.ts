// A request that never calls back: its caller goes on after the limit, and the client is left until it does come back.

import { expect, test } from 'bun:test';
import type { NativeAdmin, NativeTopic } from '../native.ts';
import { AdminSession } from './session.ts';

type Described = Parameters<NativeAdmin['describeTopics']>[2];

/** A client whose answer the test gives, or does not. */
function rig() {
  const left = { disconnects: 0, done: null as Described | null };
  const native = {
    describeTopics: (_topics: readonly string[], _options: { timeout: number }, done: Described) => {
      left.done = done;
    },
    disconnect: () => ++left.disconnects,
  } as unknown as NativeAdmin;
  const session = new AdminSession(native, { brokers: 'broker:9092', timeoutMs: 1 });
  const ask = () =>
    session.ask<readonly NativeTopic[]>((admin, timeout, done) => admin.describeTopics(['a'], { timeout }, done));
  return { session, ask, left };
}

const NO_TOPICS: readonly NativeTopic[] = [];

test('a request that never calls back ends with the limit, and its client is closed when it has come back', async () => {
  const { session, ask, left } = rig();
  await expect(ask()).rejects.toThrow(/broker:9092 answered within 0.001 s/);
  session.end();
  expect(left.disconnects).toBe(0);
  left.done?.(null, NO_TOPICS);
  await new Promise((resolve) => setImmediate(resolve));
  expect(left.disconnects).toBe(1);
});

test('an answer in time is the result, and the client is closed at once', async () => {
  const { session, ask, left } = rig();
  const asked = ask();
  left.done?.(null, NO_TOPICS);
  expect(await asked).toBe(NO_TOPICS);
  session.end();
  expect(left.disconnects).toBe(1);
});

test('an error of the client is reported in its words', async () => {
  const { session, ask, left } = rig();
  const asked = ask();
  left.done?.({ code: -185, message: 'timed out' }, NO_TOPICS);
  await expect(asked).rejects.toThrow('(timed out)');
  session.end();
});

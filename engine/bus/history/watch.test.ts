import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaState } from '../../../contracts/runtime/kafka/client.ts';
import type { openReader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import type { ConsumedRecord } from '../../../contracts/runtime/kafka/consumer/record.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { isoTime } from '../../../contracts/time.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import { watchHistory } from './watch.ts';

const GOLDEN = JSON.parse(
  readFileSync(join(import.meta.dir, '../../../contracts/fixtures/golden/ops.service_health.v1.json'), 'utf8'),
);

test('a reader that fails is replaced, and until something is heard again nothing is known', async () => {
  const clock = new ManualClock();
  let inbox: ConsumedRecord[] = [];
  const states: KafkaState[] = [];
  const open: typeof openReader = () => {
    const own = states.push('up') - 1;
    return {
      connect: () => Promise.resolve(),
      state: () => states[own] as KafkaState,
      async poll() {
        await new Promise<void>((resolve) => setImmediate(resolve));
        return inbox.splice(0);
      },
      lag: () => [],
      close: () => Promise.resolve(),
    };
  };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const watch = watchHistory({ brokers: 'b:1', extra: {}, accountId: 'solver.near', clock, log, open });
  const say = (account: string): void => {
    const payload = { ...GOLDEN.payload, service: 'history-writer', writing: true, lag_ms: 5 };
    const envelope = { ...GOLDEN, account_id: account, payload: { ...payload, at: isoTime(clock.nowMs()) } };
    const value = new TextEncoder().encode(JSON.stringify(envelope));
    inbox = [{ topic: 'ops.service_health', partition: 0, offset: 0n, key: null, value, timestampMs: 0 }];
  };
  say('other.near');
  await waitFor(() => inbox.length === 0, { what: 'the record to be read' });
  expect(watch.status().writing).toBeNull();
  say('solver.near');
  await waitFor(() => watch.status().writing === true, { what: 'the report' });

  states[0] = 'failed';
  await waitFor(() => watch.status().writing === null, { what: 'the failure to be noticed' });
  await waitFor(() => clock.pending > 0, { what: 'the pause before another reader' });
  clock.advance(1_000);
  await waitFor(() => states.length === 2, { what: 'another reader' });
  say('solver.near');
  await waitFor(() => watch.status().writing === true, { what: 'the next report' });
  await watch.close();
});

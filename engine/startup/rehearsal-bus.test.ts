import { expect, test } from 'bun:test';
import type { AccountId, QuoteId } from '../../contracts/ids.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { rehearsalBus } from './rehearsal-bus.ts';

test('every record of what was appended is published, once, and no timer is left', async () => {
  const clock = new ManualClock();
  const bus = rehearsalBus('solver.near' as AccountId, clock);
  expect(bus.publish()).toBe(0);
  for (let count = 0; count < 30; count++) {
    bus.appended({
      kind: 'repeat',
      eventId: '019bc186-de64-727d-a17a-0000000000a0',
      atMs: 1,
      connectionId: 'c',
      frame: '{}',
      quoteId: `q${count}` as QuoteId,
      receivedAtMs: 1,
      quotedAtMs: null,
    });
  }
  expect(bus.publish()).toBe(30);
  expect(bus.publish()).toBe(0);
  bus.end();
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.pending).toBe(0);
});

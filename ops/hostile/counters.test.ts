import { expect, test } from 'bun:test';
import { type Counts, type HostileCounts, isUnreadable, uncounted } from './counters.ts';

/** Nothing was sent while the engine was asked. */
function exactly(count: number) {
  return { least: count, most: count };
}

const ZERO: Counts = {
  relay: { sent: exactly(0), received: 0, byKind: 0 },
  kraken: { sent: exactly(0), received: 0, malformed: 0 },
  rpc: { sent: exactly(0), requests: 0, failed: 0 },
  coingecko: { sent: exactly(0), requests: 0, failed: 0 },
};
const HOSTILE: HostileCounts = {
  relay: 50,
  kraken: 40,
  krakenUnreadable: 20,
  rpc: 30,
  coingecko: 15,
};
const ALL: Counts = {
  relay: { sent: exactly(100), received: 100, byKind: 100 },
  kraken: { sent: exactly(60), received: 60, malformed: 20 },
  rpc: { sent: exactly(300), requests: 300, failed: 30 },
  coingecko: { sent: exactly(40), requests: 40, failed: 15 },
};

test('everything that was sent is counted', () => {
  expect(uncounted(ZERO, ALL, HOSTILE)).toEqual([]);
});

test.each<[string, Partial<Counts>]>([
  ['relay', { relay: { sent: exactly(100), received: 90, byKind: 100 } }],
  ['relay', { relay: { sent: exactly(100), received: 100, byKind: 80 } }],
  ['kraken', { kraken: { sent: exactly(60), received: 50, malformed: 20 } }],
  ['kraken', { kraken: { sent: exactly(60), received: 60, malformed: 10 } }],
  ['rpc', { rpc: { sent: exactly(300), requests: 290, failed: 30 } }],
  ['rpc', { rpc: { sent: exactly(300), requests: 300, failed: 20 } }],
  ['coingecko', { coingecko: { sent: exactly(40), requests: 40, failed: 5 } }],
])('what is missing at the %s is reported: %p', (source, over) => {
  const faults = uncounted(ZERO, { ...ALL, ...over }, HOSTILE);
  expect(faults).toEqual([expect.stringContaining(`${source}: `)]);
});

test('what was sent while the engine was asked may be counted or not', () => {
  const sent = { least: 300, most: 330 };
  for (const count of [295, 335])
    expect(uncounted(ZERO, { ...ALL, relay: { sent, received: count, byKind: count } }, HOSTILE)).toEqual([]);
  for (const count of [294, 336])
    expect(uncounted(ZERO, { ...ALL, relay: { sent, received: count, byKind: count } }, HOSTILE)).toHaveLength(2);
  const slow = { ...ZERO, rpc: { sent: { least: 0, most: 30 }, requests: 30, failed: 0 } };
  expect(uncounted(slow, { ...ALL, rpc: { sent: exactly(330), requests: 330, failed: 30 } }, HOSTILE)).toEqual([]);
});

test('which frames cannot be read', () => {
  const frames = ['{', '', '{"id":1,"result":"OK"}', '{"id":null,"error":{}}', '{"method":"event"}', '[]'];
  expect(frames.map(isUnreadable)).toEqual([true, true, false, false, false, false]);
  expect(isUnreadable(new TextEncoder().encode('{"a":1}'))).toBe(false);
});

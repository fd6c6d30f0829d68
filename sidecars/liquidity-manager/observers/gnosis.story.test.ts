import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import { addressesOf, creditTo, gnosisRig, MINUTE_MS } from './observer.fixture.ts';

const [ADDRESS, SECOND, OLD] = addressesOf('eth:100');
const EURE_10 = 10n ** 19n;
const OTHER_TOKEN = `0x${'cc'.repeat(20)}`;

test('a transfer is seen with its exact amount, gets its confirmations, and is credited under its own transaction', async () => {
  await using rig = gnosisRig();
  const txHash = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
  rig.chain.mine();
  await rig.read();
  rig.chain.mine(4);
  await rig.read();
  rig
    .observer()
    .takeCredits([
      creditTo('eth:100', { txHash: txHash.toUpperCase().replace('0X', '0x'), amountUnits: EURE_10 - 1n }),
    ]);
  await rig.read();
  expect(rig.statusesOf(txHash)).toEqual(['confirming 1', 'confirmed 5', 'credited 5']);
  expect(rig.newest(txHash)).toMatchObject({
    tx_hash: txHash,
    amount: '10000000000000000000',
    credited_amount: '9999999999999999999',
    reason_code: 'credit_lower',
    bridge_deposit_tx_hash: 'near-mint-1',
    source: 'gnosis_rpc',
    inputs: [],
  });
  expect(rig.records.every((record) => Value.Check(OpsFundingObservation, record))).toBe(true);
});

test('other tokens, other receivers and transfers of nothing are none', async () => {
  await using rig = gnosisRig();
  rig.chain.transfer({ to: ADDRESS, units: 1n, contract: OTHER_TOKEN });
  rig.chain.transfer({ to: OTHER_TOKEN, units: 1n });
  rig.chain.transfer({ to: ADDRESS, units: 0n });
  rig.chain.mine();
  await rig.read();
  expect(rig.records).toEqual([]);
  expect(rig.observer().state()).toMatchObject({ ignored: 1, notes: ['transfers_ignored'], healthy: true });
});

test('two transfers in one transaction are two deposits, and keep their numbers in another block', async () => {
  await using rig = gnosisRig();
  const txHash = rig.chain.transfer({ to: ADDRESS, units: 70_000n });
  rig.chain.transfer({ to: ADDRESS, units: 30_000n, within: txHash });
  rig.chain.mine();
  await rig.read();
  const before = rig.chain.transfer({ to: SECOND, units: 5_000n });
  rig.chain.reorg({ depth: 1 });
  rig.chain.mine();
  await rig.read();
  for (const index of [0, 1]) {
    expect(rig.statusesOf(txHash, index)).toEqual(['confirming 1', 'reorganised 0', 'confirming 1']);
  }
  expect(rig.newest(txHash, 1)).toMatchObject({ amount: '30000', reason_code: 'transfer_duplicate' });
  expect(rig.newest(before)).toMatchObject({ amount: '5000', reason_code: null });
});

test('below the minimum, and to an old address', async () => {
  await using rig = gnosisRig();
  const dust = rig.chain.transfer({ to: ADDRESS, units: 4_999n });
  const late = rig.chain.transfer({ to: OLD, units: 5_000n });
  rig.chain.mine(3);
  await rig.read();
  expect(rig.newest(dust)).toMatchObject({ status: 'confirmed', reason_code: 'below_minimum' });
  expect(rig.newest(late)).toMatchObject({ status: 'confirmed', reason_code: 'handle_retired', handle_active: false });
});

describe('a reorganisation', () => {
  test.each([false, true])(
    'takes a transfer out and puts it back into another block (logs listed as removed: %p)',
    async (isListed) => {
      await using rig = gnosisRig();
      rig.sims[0]?.faults.listRemoved(isListed);
      const txHash = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
      rig.chain.mine(3);
      await rig.read();
      rig.chain.reorg({ depth: 3 });
      await rig.read();
      expect(rig.newest(txHash)).toMatchObject({ status: 'reorganised', confirmations: 0, block_hash: null });
      rig.chain.mine(2);
      await rig.read();
      expect(rig.statusesOf(txHash)).toEqual(['confirmed 3', 'reorganised 0', 'confirming 2']);
    },
  );

  test('that drops it for good ends as dropped', async () => {
    await using rig = gnosisRig();
    const txHash = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
    rig.chain.mine();
    await rig.read();
    rig.chain.reorg({ depth: 1, drop: [txHash] });
    for (let poll = 0; poll < 5; poll += 1) {
      rig.clock.advance(10 * MINUTE_MS);
      rig.chain.mine();
      await rig.read();
    }
    expect(rig.statusesOf(txHash)).toEqual(['confirming 1', 'reorganised 0', 'dropped 0']);
  });
});

describe('a node that lags', () => {
  test('never moves the position past a block that it does not have, and takes nothing back', async () => {
    await using rig = gnosisRig();
    const first = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
    rig.chain.mine(2);
    await rig.read();
    const cursor = rig.observer().state().cursor_height;
    const second = rig.chain.transfer({ to: ADDRESS, units: 7_000n });
    rig.chain.mine(2);
    rig.sims[0]?.faults.lag(4);
    expect(await rig.read()).toContain('node_behind');
    expect(rig.observer().state().cursor_height).toBe(cursor);
    expect(rig.statusesOf(first)).toEqual(['confirming 2']);
    rig.sims[0]?.faults.lag(0);
    await rig.read();
    expect(rig.statusesOf(second)).toEqual(['confirming 2']);
    expect(rig.statusesOf(first)).toEqual(['confirming 2', 'confirmed 4']);
  });

  test('behind a balancer: the head is of one node, and the logs of one that answers [] for it', async () => {
    await using rig = gnosisRig();
    await rig.read();
    const cursor = rig.observer().state().cursor_height;
    const txHash = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
    rig.chain.mine();
    rig.sims[0]?.faults.lagNext([0, 1]);
    expect(await rig.read()).toContain('node_behind');
    expect(rig.observer().state().cursor_height).toBe(cursor);
    await rig.read();
    expect(rig.statusesOf(txHash)).toEqual(['confirming 1']);
  });

  test('gives way to another node', async () => {
    await using rig = gnosisRig({}, 2);
    await rig.read();
    rig.chain.mine();
    await rig.read();
    rig.sims[0]?.faults.lag(1);
    expect(await rig.read()).toBeNull();
    expect(rig.observer().state().host).toBe(new URL(rig.sims[1]?.url ?? '').host);
  });
});

test('a node that has a block and not its logs takes nothing back', async () => {
  await using rig = gnosisRig();
  const txHash = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
  rig.chain.mine(2);
  await rig.read();
  rig.sims[0]?.faults.hideLogs(true);
  rig.chain.mine();
  expect(await rig.read()).toBeNull();
  expect(rig.statusesOf(txHash)).toEqual(['confirming 2', 'confirmed 3']);
});

test('a node that lies about its height confirms nothing', async () => {
  await using rig = gnosisRig();
  const txHash = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
  rig.chain.mine();
  await rig.read();
  rig.sims[0]?.faults.lag(-1000);
  expect(await rig.read()).not.toBeNull();
  expect(rig.statusesOf(txHash)).toEqual(['confirming 1']);
});

describe('limits of a provider', () => {
  test('on the blocks of a range halve it until it fits, and everything is read', async () => {
    await using rig = gnosisRig({ maxRangeBlocks: 20 });
    const hashes = Array.from({ length: 5 }, () => {
      const txHash = rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
      rig.chain.mine(15);
      return txHash;
    });
    await rig.read();
    expect(hashes.map((txHash) => rig.newest(txHash)?.status)).toEqual(hashes.map(() => 'confirmed'));
    expect(rig.observer().state()).toMatchObject({ lag_blocks: 0, cursor_height: rig.chain.headNumber() });
  });

  test('on the number of logs halve it, too', async () => {
    await using rig = gnosisRig({ maxResults: 3 });
    for (let each = 0; each < 10; each += 1) {
      rig.chain.transfer({ to: ADDRESS, units: EURE_10 + BigInt(each) });
      rig.chain.mine(3);
    }
    await rig.read();
    expect(new Set(rig.records.map(({ amount }) => amount)).size).toBe(10);
  });

  test('that no range satisfies are a named state', async () => {
    await using rig = gnosisRig({ maxResults: 1 });
    rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
    rig.chain.transfer({ to: ADDRESS, units: EURE_10 });
    const block = rig.chain.mine();
    rig.chain.mine(3);
    await rig.read();
    rig.clock.advance(10 * MINUTE_MS);
    await rig.read();
    expect(rig.observer().state().cursor_height ?? 0).toBeLessThan(block);
    expect(rig.observer().health()).toMatchObject({ healthy: false });
  });
});

type GnosisRig = ReturnType<typeof gnosisRig>;
const failing = (status: number, body: string) => (rig: GnosisRig) => {
  rig.sims[0]?.faults.fail({ requests: 9, status, body });
};

test.each<[string, (rig: GnosisRig) => unknown]>([
  ['node_wrong_token', (rig) => rig.sims[0]?.faults.decimals(6)],
  ['node_rate_limited', failing(429, 'slow down')],
  ['node_refused', failing(503, 'busy')],
  ['node_timed_out', failing(504, '<html>Gateway Time-out</html>')],
  ['node_unreadable', failing(200, '{"result":1}')],
  ['node_unreadable', failing(200, '[')],
  ['node_unreachable', (rig) => rig.sims[0]?.close()],
])('a node that cannot be used is %s', async (reason, spoil) => {
  await using rig = gnosisRig();
  await spoil(rig);
  expect(await rig.read()).toContain(reason);
  rig.clock.advance(10 * MINUTE_MS);
  await rig.read();
  expect(rig.observer().health().reasons).toEqual([reason]);
});

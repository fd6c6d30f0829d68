import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import { addressesOf, bitcoinRig, creditTo, MINUTE_MS } from './observer.fixture.ts';

const [ADDRESS, SECOND, OLD] = addressesOf('btc:mainnet');
const STRANGER = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';

test('a deposit is seen in the mempool, gets its confirmations, and is credited under its own transaction', async () => {
  await using rig = bitcoinRig();
  const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
  await rig.read();
  expect(rig.newest(txid)).toMatchObject({ status: 'seen', confirmations: 0, sender: STRANGER, block_height: null });
  for (let block = 0; block < 4; block += 1) {
    rig.chain.mine();
    rig.clock.advance(10 * MINUTE_MS);
    await rig.read();
  }
  expect(rig.statusesOf(txid)).toEqual(['seen 0', 'confirming 1', 'confirming 2', 'confirmed 3']);
  rig.observer().takeCredits([creditTo('btc:mainnet', { bridgeStatus: 'PENDING', outcome: 'pending' })]);
  expect(rig.newest(txid)).toMatchObject({ status: 'confirmed', bridge_status: 'PENDING', credited_at: null });
  rig.observer().takeCredits([creditTo('btc:mainnet')]);
  await rig.read();
  expect(rig.newest(txid)).toMatchObject({
    tx_hash: txid,
    status: 'credited',
    bridge_status: 'COMPLETED',
    bridge_deposit_tx_hash: 'near-mint-1',
    credited_amount: '100000',
    credited_at: '2026-01-01T00:00:00.000Z',
    confirmed_at: '2026-01-01T00:30:00.000Z',
  });
  expect(rig.records.every((record) => Value.Check(OpsFundingObservation, record))).toBe(true);
  expect(rig.records.map((record) => record.observation_seq)).toEqual([1, 2, 3, 4, 5, 6]);
});

describe('a reorganisation', () => {
  test('takes the confirmations back as a record of its own; in another block they are counted again', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(3);
    await rig.read();
    const first = rig.newest(txid);
    rig.chain.reorg({ depth: 3 });
    await rig.read();
    expect(rig.newest(txid)).toMatchObject({
      status: 'reorganised',
      reason_code: 'block_reorganised',
      confirmed_at: null,
    });
    rig.chain.mine(2);
    await rig.read();
    expect(rig.statusesOf(txid)).toEqual(['confirmed 3', 'reorganised 0', 'confirming 2']);
    expect(rig.newest(txid)?.block_hash).not.toBe(first?.block_hash);
  });

  test('that puts it into another block at once is still two records', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(1);
    await rig.read();
    rig.chain.reorg({ depth: 1 });
    rig.chain.mine(1);
    await rig.read();
    expect(rig.statusesOf(txid)).toEqual(['confirming 1', 'reorganised 0', 'confirming 1']);
  });

  test('that drops it for good ends as dropped, after several readings and half an hour', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(2);
    await rig.read();
    rig.chain.reorg({ depth: 2, drop: [txid] });
    for (let poll = 0; poll < 5; poll += 1) {
      rig.clock.advance(10 * MINUTE_MS);
      await rig.read();
    }
    expect(rig.statusesOf(txid)).toEqual(['confirming 2', 'reorganised 0', 'dropped 0']);
    expect(rig.newest(txid)?.reason_code).toBe('tx_dropped');
  });

  test('of a deposit that is credited is reported, and does not take the credit back', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(3);
    await rig.read();
    rig.observer().takeCredits([creditTo('btc:mainnet')]);
    rig.chain.reorg({ depth: 3 });
    await rig.read();
    expect(rig.newest(txid)).toMatchObject({ status: 'credited', reason_code: 'block_reorganised', confirmations: 0 });
  });
});

describe('a replacement', () => {
  test('that pays the same address names both transactions', async () => {
    await using rig = bitcoinRig();
    const old = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    await rig.read();
    const next = rig.chain.replace(old);
    await rig.read();
    expect(rig.newest(old)).toMatchObject({
      status: 'replaced',
      reason_code: 'tx_replaced',
      replaced_by_tx_hash: next,
    });
    expect(rig.newest(next)).toMatchObject({ status: 'seen', replaces_tx_hash: old });
  });

  test('that pays somebody else is found by the inputs that were kept', async () => {
    await using rig = bitcoinRig();
    const old = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    await rig.read();
    const next = rig.chain.replace(old, { address: STRANGER });
    await rig.read();
    expect(rig.statusesOf(old)).toEqual(['seen 0', 'replaced 0']);
    expect(rig.newest(old)?.replaced_by_tx_hash).toBe(next);
    expect(rig.observer().state().followed).toBe(0);
  });
});

describe('a transaction that the node fails to show', () => {
  /** Seen once, then replaced by transactions to somebody else, so that each is looked up by itself. */
  async function replacedOnes(rig: ReturnType<typeof bitcoinRig>, count: number): Promise<string[]> {
    const txids = Array.from({ length: count }, (_, index) =>
      rig.chain.pay({ address: ADDRESS, sats: 100_000 + index }),
    );
    await rig.read();
    for (const txid of txids) rig.chain.replace(txid, { address: STRANGER });
    return txids;
  }

  test('stays as it was, said and asked for again; what else was read counts', async () => {
    await using rig = bitcoinRig();
    const [old = ''] = await replacedOnes(rig, 1);
    const fresh = rig.chain.pay({ address: ADDRESS, sats: 70_000 });
    rig.sims[0]?.faults.failAt(old, true);
    expect([await rig.read(), await rig.read()]).toEqual([null, null]);
    expect(rig.statusesOf(fresh)).toEqual(['seen 0']);
    expect(rig.statusesOf(old)).toEqual(['seen 0']);
    expect(rig.observer().health()).toEqual({ healthy: true, reasons: [], notes: ['lookups_failing'] });
    expect(rig.observer().state()).toMatchObject({ failures: 0, lookups_failing: [`${old}: node_refused`] });
    rig.sims[0]?.faults.failAt(old, false);
    await rig.read();
    expect(rig.statusesOf(old)).toEqual(['seen 0', 'replaced 0']);
    expect(rig.observer().state().lookups_failing).toEqual([]);
    expect(rig.lines.map(({ event }) => event).filter((event) => event.includes('lookup'))).toEqual([
      'observer_lookup_failing',
      'observer_lookups_recovered',
    ]);
  });

  test('is looked up at the next node', async () => {
    await using rig = bitcoinRig(2);
    const [old = ''] = await replacedOnes(rig, 1);
    rig.sims[0]?.faults.failAt(old, true);
    await rig.read();
    expect(rig.statusesOf(old)).toEqual(['seen 0', 'replaced 0']);
    expect(rig.observer().health().notes).toEqual([]);
  });

  test('keeps no other from its turn, however many there are', async () => {
    await using rig = bitcoinRig();
    const txids = await replacedOnes(rig, 5);
    const failing = txids.slice(0, 3);
    for (const txid of failing) rig.sims[0]?.faults.failAt(txid, true);
    await rig.read();
    await rig.read();
    expect(txids.map((txid) => rig.newest(txid)?.status)).toEqual(['seen', 'seen', 'seen', 'replaced', 'replaced']);
  });
});

test('below the minimum, a deposit says so and is never late', async () => {
  await using rig = bitcoinRig();
  const txid = rig.chain.pay({ address: ADDRESS, sats: 4_999 });
  const enough = rig.chain.pay({ address: ADDRESS, sats: 5_000 });
  rig.chain.mine(3);
  await rig.read();
  rig.clock.advance(1000 * MINUTE_MS);
  await rig.read();
  expect(rig.newest(txid)).toMatchObject({ status: 'confirmed', reason_code: 'below_minimum', minimum_amount: '5000' });
  expect(rig.newest(txid)?.detail).toContain('4999, minimum 5000');
  expect(rig.newest(enough)).toMatchObject({ status: 'stuck', reason_code: 'credit_late' });
});

test('two outputs of one transaction to one address are two deposits, credited together or each by itself', async () => {
  await using rig = bitcoinRig();
  const pair = [{ address: ADDRESS, sats: 30_000 }];
  const together = rig.chain.pay({ address: ADDRESS, sats: 70_000, also: pair });
  const apart = rig.chain.pay({ address: SECOND, sats: 20_000, also: [{ address: SECOND, sats: 10_000 }] });
  rig.chain.mine(3);
  await rig.read();
  expect(rig.newest(together, 0)).toMatchObject({ amount: '70000', reason_code: null });
  expect(rig.newest(together, 1)).toMatchObject({ amount: '30000', reason_code: 'transfer_duplicate' });
  rig
    .observer()
    .takeCredits([
      creditTo('btc:mainnet', { creditId: 'sum', txHash: together, amountUnits: 100_000n }),
      creditTo('btc:mainnet', { creditId: 'one', txHash: apart, address: SECOND, amountUnits: 10_000n }),
    ]);
  expect([0, 1].map((index) => rig.newest(together, index)?.credited_amount)).toEqual(['70000', '30000']);
  expect([0, 1].map((index) => rig.newest(apart, index)?.status)).toEqual(['confirmed', 'credited']);
});

test('a deposit to an old address is followed, and says that the address is an older one', async () => {
  await using rig = bitcoinRig();
  const txid = rig.chain.pay({ address: OLD, sats: 100_000 });
  await rig.read();
  expect(rig.newest(txid)).toMatchObject({ status: 'seen', handle_active: false, reason_code: 'handle_retired' });
  rig.chain.mine(3);
  await rig.read();
  expect(rig.newest(txid)).toMatchObject({ status: 'confirmed', reason_code: 'handle_retired' });
});

describe('a server that lags', () => {
  test('takes no confirmation back, and is a named state until it has caught up', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(2);
    await rig.read();
    rig.sims[0]?.faults.lag(2);
    expect(await rig.read()).toContain('node_behind');
    rig.clock.advance(10 * MINUTE_MS);
    await rig.read();
    expect(rig.statusesOf(txid)).toEqual(['confirming 2']);
    expect(rig.observer().health()).toEqual({ healthy: false, reasons: ['node_behind'], notes: [] });
    expect(rig.observer().state()).toMatchObject({ status: 'lagging', failures_in_row: 2 });
    rig.sims[0]?.faults.lag(0);
    rig.chain.mine();
    expect(await rig.read()).toBeNull();
    expect(rig.statusesOf(txid)).toEqual(['confirming 2', 'confirmed 3']);
    expect(rig.observer().state()).toMatchObject({ status: 'current', healthy: true });
  });

  test('gives way to one that does not', async () => {
    await using rig = bitcoinRig(2);
    rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(2);
    await rig.read();
    rig.sims[0]?.faults.lag(1);
    expect(await rig.read()).toBeNull();
    expect(rig.observer().state().host).toBe(new URL(rig.sims[1]?.url ?? '').host);
  });
});

describe('a server that contradicts itself', () => {
  test('whose transactions lag behind its blocks takes no confirmation back', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(2);
    await rig.read();
    rig.sims[0]?.faults.lagTransactions(2);
    expect(await rig.read()).toBeNull();
    expect(rig.statusesOf(txid)).toEqual(['confirming 2']);
  });

  test('that does not know a transaction of its own block does not make it gone', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine(2);
    await rig.read();
    rig.sims[0]?.faults.hide(txid);
    for (let poll = 0; poll < 5; poll += 1) {
      rig.clock.advance(10 * MINUTE_MS);
      await rig.read();
    }
    expect(rig.statusesOf(txid)).toEqual(['confirming 2']);
  });

  test('that shows a block above its own height is not believed', async () => {
    await using rig = bitcoinRig();
    await rig.read();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    const before = rig.chain.tip().height;
    rig.chain.mine(2);
    rig.sims[0]?.faults.claimHeight(before);
    expect(await rig.read()).toContain('node_inconsistent');
    expect(rig.statusesOf(txid)).toEqual([]);
  });
});

describe('a server that lies about its height', () => {
  test('confirms nothing, when the chain cannot have grown so fast', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine();
    await rig.read();
    rig.sims[0]?.faults.claimHeight(rig.chain.tip().height + 1000);
    expect(await rig.read()).toContain('node_height_implausible');
    expect(rig.statusesOf(txid)).toEqual(['confirming 1']);
    rig.sims[0]?.faults.claimHeight(null);
    expect(await rig.read()).toBeNull();
  });

  test('from the first contact on is believed for an hour, and then no transfer has been missed', async () => {
    await using rig = bitcoinRig();
    rig.sims[0]?.faults.claimHeight(2_000_000);
    await rig.read();
    rig.sims[0]?.faults.claimHeight(null);
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine();
    expect(await rig.read()).toContain('node_behind');
    rig.clock.advance(60 * MINUTE_MS);
    expect(await rig.read()).toBeNull();
    expect(rig.statusesOf(txid)).toEqual(['confirming 1']);
    expect(rig.observer().state()).toMatchObject({
      tip_height: rig.chain.tip().height,
      cursor_height: rig.chain.tip().height,
      lag_blocks: 0,
    });
  });
});

test('what is older than the first reading by more than a day is no news; what came while it was down is', async () => {
  await using rig = bitcoinRig();
  const ancient = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
  rig.chain.mine(150);
  await rig.read();
  expect(rig.records).toEqual([]);
  const missed = rig.chain.pay({ address: ADDRESS, sats: 200_000 });
  rig.chain.mine(400);
  await rig.restart(3 * 1440 * MINUTE_MS);
  await rig.read();
  expect(rig.statusesOf(missed)).toEqual(['confirmed 400']);
  expect(rig.statusesOf(ancient)).toEqual([]);
});

test('more transactions than a page has are all found', async () => {
  await using rig = bitcoinRig();
  await rig.read();
  for (let each = 0; each < 70; each += 1) {
    rig.chain.pay({ address: ADDRESS, sats: 10_000 + each });
    if (each % 30 === 0) rig.chain.mine();
  }
  await rig.read();
  expect(new Set(rig.records.map(({ amount }) => amount)).size).toBe(70);
});

describe('a server that asks for fewer requests in the middle of a reading', () => {
  const busyAfter = (rig: ReturnType<typeof bitcoinRig>, after: number) =>
    rig.sims[0]?.faults.fail({ after, requests: 1, status: 429, body: 'slow down' });
  const pause = (rig: ReturnType<typeof bitcoinRig>) => rig.clock.advance(2 * MINUTE_MS);

  test('that allows less than a reading needs shows every address after some readings', async () => {
    await using rig = bitcoinRig();
    const paid = [ADDRESS, SECOND, OLD].map((address) => rig.chain.pay({ address, sats: 100_000 }));
    const seen = () => paid.filter((txid) => rig.newest(txid) !== undefined).length;
    for (const expected of [1, 2, 3]) {
      // The height, and one address.
      busyAfter(rig, 2);
      expect(await rig.read()).toContain('node_rate_limited');
      expect(seen()).toBe(expected);
      pause(rig);
    }
    expect(rig.observer().health()).toMatchObject({ healthy: false, reasons: ['node_rate_limited'] });
    expect(await rig.read()).toBeNull();
    expect(rig.observer().health()).toMatchObject({ healthy: true });
  });

  test('gets another server asked for the whole, and its own part is taken where that one fails too', async () => {
    await using rig = bitcoinRig(2);
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    busyAfter(rig, 2);
    expect(await rig.read()).toBeNull();
    expect(rig.statusesOf(txid)).toEqual(['seen 0']);
  });

  test('never makes the confirmations grow of a transfer that it has not shown', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine();
    await rig.read();
    rig.chain.reorg({ depth: 1, drop: [txid] });
    rig.chain.mine(5);
    // Each time it shows the addresses, and not the transaction that is gone from its block.
    for (let reading = 0; reading < 3; reading += 1) {
      busyAfter(rig, 4);
      expect(await rig.read()).toContain('node_rate_limited');
      expect(rig.newest(txid)).toMatchObject({ confirmations: 1, status: 'confirming' });
      pause(rig);
    }
    await rig.read();
    expect(rig.statusesOf(txid)).toEqual(['confirming 1', 'reorganised 0']);
  });

  test('loses nothing of a deposit that another reading then confirms', async () => {
    await using rig = bitcoinRig();
    const first = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.chain.mine();
    await rig.read();
    const second = rig.chain.pay({ address: SECOND, sats: 200_000 });
    rig.chain.mine(4);
    for (let reading = 0; reading < 2; reading += 1) {
      busyAfter(rig, 2);
      await rig.read();
      pause(rig);
    }
    expect(rig.newest(second)?.block_height).not.toBeNull();
    await rig.read();
    expect(rig.newest(first)).toMatchObject({ status: 'confirmed', confirmations: 5 });
    expect(rig.newest(second)).toMatchObject({ status: 'confirmed', confirmations: 4 });
    expect(rig.observer().state().cursor_height).toBe(rig.chain.tip().height);
  });
});

test.each([
  // Under a wrong URL nothing is known: that is no answer to a question of whether it is.
  ['node_refused', 404, 'Not Found'],
  ['node_timed_out', 504, '<html>Gateway Time-out</html>'],
  ['node_rate_limited', 429, 'slow down'],
] as const)('a server that cannot be used is %s when it answers %i', async (reason, status, body) => {
  await using rig = bitcoinRig();
  rig.sims[0]?.faults.fail({ requests: 9, status, body });
  expect(await rig.read()).toContain(reason);
  rig.clock.advance(10 * MINUTE_MS);
  await rig.read();
  expect(rig.observer().health().reasons).toEqual([reason]);
});

import { describe, expect, test } from 'bun:test';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nextTurn } from '../../../contracts/runtime/wait.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import { addressesOf, bitcoinRig, creditTo, gnosisRig, MINUTE_MS } from './observer.fixture.ts';

const [ADDRESS] = addressesOf('btc:mainnet');
const FILE = 'funding-observer-btc-mainnet.json';

describe('a poll', () => {
  test('follows the other until it is stopped, with growing pauses while it fails', async () => {
    await using rig = bitcoinRig();
    const observer = rig.observer();
    const readings = (count: number) =>
      waitFor(() => observer.state().readings >= count, { what: `${count} readings` });
    observer.start();
    rig.clock.advance(0);
    await readings(1);
    rig.clock.advance(29_999);
    expect(observer.state().readings).toBe(1);
    rig.clock.advance(1);
    await readings(2);
    rig.sims[0]?.faults.fail({ requests: 1, status: 500, body: 'no' });
    rig.clock.advance(30_000);
    await waitFor(() => observer.state().failures === 1, { what: 'a failure' });
    expect(rig.lines.map(({ event }) => event)).toEqual(['observer_failing']);
    rig.clock.advance(30_000);
    await readings(3);
    expect(rig.lines.map(({ event }) => event)).toEqual(['observer_failing', 'observer_recovered']);
    await observer.stop();
    expect(rig.clock.pending).toBe(0);
    expect(await observer.refresh()).toContain('stopped');
  });

  test('is not made while it is paused, except by refresh; the pause is shown', async () => {
    await using rig = bitcoinRig();
    const observer = rig.observer();
    await rig.read();
    expect([observer.pause(), observer.pause()]).toEqual([true, false]);
    observer.start();
    rig.clock.advance(10 * MINUTE_MS);
    expect(observer.state()).toMatchObject({
      status: 'paused',
      paused: true,
      readings: 1,
      notes: ['paused'],
      healthy: true,
    });
    expect(await observer.refresh()).toBeNull();
    expect(observer.state().readings).toBe(2);
    expect([observer.resume(), observer.resume()]).toEqual([true, false]);
    rig.clock.advance(0);
    await waitFor(() => observer.state().readings === 3, { what: 'the reading after the pause' });
  });

  test('is followed by a reading of their own for those who ask for one meanwhile: it began before they did', async () => {
    await using rig = bitcoinRig();
    const observer = rig.observer();
    observer.start();
    rig.clock.advance(0);
    expect(await Promise.all([observer.refresh(), observer.refresh()])).toEqual([null, null]);
    expect(observer.state().readings).toBe(2);
    const asked = observer.refresh();
    const late = observer.refresh();
    await observer.stop();
    expect(await Promise.all([asked, late])).toEqual([
      expect.stringContaining('stopped'),
      expect.stringContaining('stopped'),
    ]);
  });

  test('without an address asks nobody, and is healthy', async () => {
    await using rig = bitcoinRig();
    rig.addresses.length = 0;
    await rig.read();
    expect(rig.sims[0]?.requests()).toBe(0);
    expect(rig.observer().health()).toEqual({ healthy: true, reasons: [], notes: ['addresses_none'] });
  });
});

describe('silence', () => {
  test('is a named state, then a record of what waits; not one of what is confirmed', async () => {
    await using rig = bitcoinRig();
    const confirmed = rig.chain.pay({ address: ADDRESS, sats: 90_000 });
    rig.chain.mine(3);
    const waiting = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    await rig.read();
    await rig.sims[0]?.close();
    await rig.read();
    expect(rig.observer().health().healthy).toBe(true);
    rig.clock.advance(3 * MINUTE_MS);
    await rig.read();
    expect(rig.observer().health().reasons).toEqual(['node_unreachable']);
    expect(rig.statusesOf(waiting)).toEqual(['seen 0']);
    rig.clock.advance(13 * MINUTE_MS);
    await rig.read();
    expect(rig.newest(waiting)).toMatchObject({ status: 'delayed', reason_code: 'observer_silent' });
    await rig.restart();
    await rig.read();
    expect(rig.statusesOf(waiting)).toEqual(['seen 0', 'delayed 0']);
    expect(rig.statusesOf(confirmed)).toEqual(['confirmed 3']);
  });

  test('of an observer that is paused is recorded too', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    await rig.read();
    rig.observer().pause();
    rig.observer().start();
    rig.clock.advance(20 * MINUTE_MS);
    expect(rig.newest(txid)).toMatchObject({ status: 'delayed', reason_code: 'observer_silent' });
  });
});

describe('a restart', () => {
  test('knows what was seen, goes on in its numbers, and states again what is not over', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    await rig.read();
    await rig.restart(95 * MINUTE_MS);
    rig.observer().start();
    await rig.read();
    expect(
      rig.records.map(({ observation_seq: seq, status, previous_status: previous }) => [seq, previous, status]),
    ).toEqual([
      [1, null, 'seen'],
      [2, 'seen', 'seen'],
      [3, 'seen', 'delayed'],
    ]);
    expect(rig.newest(txid)?.first_seen_at).toBe('2026-01-01T00:00:00.000Z');
  });

  test('publishes what could not be published before, in its order', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    rig.failEmit(new Error('Kafka is away'));
    await rig.read();
    rig.chain.mine(3);
    await rig.read();
    expect(rig.records).toEqual([]);
    expect(rig.observer().state()).toMatchObject({ records_waiting: 2, notes: ['records_unsent'] });
    await rig.restart();
    rig.failEmit(null);
    await rig.read();
    expect(rig.statusesOf(txid)).toEqual(['seen 0', 'confirmed 3']);
    expect(rig.observer().state()).toMatchObject({ records_waiting: 0, notes: [] });
    await rig.restart();
    await rig.read();
    expect(rig.records).toHaveLength(2);
  });

  test('after a kill does not publish again what Kafka has', async () => {
    await using rig = bitcoinRig();
    rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    await rig.read();
    await nextTurn();
    // Nothing stopped the former process.
    expect(rig.reopen().state()).toMatchObject({ records_waiting: 0, followed: 1 });
  });

  test('with a file that cannot be read puts it aside, says so, and finds what is recent again', async () => {
    await using rig = bitcoinRig();
    const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
    await rig.read();
    await rig.observer().stop();
    await Bun.write(`${rig.stateDir}/${FILE}`, '{"version":');
    const spoiled = rig.reopen();
    await spoiled.refresh();
    expect(spoiled.state()).toMatchObject({ notes: ['state_reset'], followed: 1 });
    expect(spoiled.observations()).toMatchObject([{ tx_hash: txid, status: 'seen' }]);
    expect(await Bun.file(`${rig.stateDir}/${FILE}.unusable`).text()).toBe('{"version":');
    expect(rig.lines.some(({ event, level }) => event === 'observer_state_unusable' && level === 'error')).toBe(true);
    await spoiled.stop();
  });
});

/** A rig with what the test needs of either chain. */
const CHAINS = {
  Bitcoin() {
    const rig = bitcoinRig();
    return { rig, pay: () => rig.chain.pay({ address: ADDRESS, sats: 100_000 }), dayBlocks: 144 };
  },
  Gnosis() {
    const rig = gnosisRig();
    const [to] = addressesOf('eth:100');
    return { rig, pay: () => rig.chain.transfer({ to, units: 10n ** 19n }), dayBlocks: 17_280 };
  },
} as const;

describe.each(Object.keys(CHAINS) as (keyof typeof CHAINS)[])('without its file an observer of %s', (name) => {
  test('that has read before says so, and reads on where reading had ended, also after days', async () => {
    const { rig, pay, dayBlocks } = CHAINS[name]();
    await using _closing = rig;
    await rig.read();
    await rig.observer().stop();
    const [file = ''] = readdirSync(rig.stateDir);
    rmSync(join(rig.stateDir, file));
    // Older than what a first reading looks back to.
    const txHash = pay();
    rig.chain.mine(dayBlocks + 100);
    rig.clock.advance(48 * 60 * MINUTE_MS);
    const again = rig.reopen();
    expect(again.state().notes).toContain('state_reset');
    expect(rig.lines.map(({ event, level }) => [event, level])).toEqual([['observer_state_missing', 'error']]);
    do expect(await again.refresh()).toBeNull();
    while ((again.state().lag_blocks ?? 0) > 0);
    expect(again.observations()).toMatchObject([{ tx_hash: txHash, status: 'confirmed' }]);
    await again.stop();
  });

  test('that has never read begins without a word', async () => {
    await using rig = CHAINS[name]().rig;
    await rig.read();
    expect([rig.observer().state().notes, rig.lines]).toEqual([[], []]);
  });
});

test('reports of a bridge that cannot be recorded are passed over, and the state file stays readable', async () => {
  await using rig = bitcoinRig();
  rig
    .observer()
    .takeCredits([
      creditTo('btc:mainnet', { creditId: 'x'.repeat(2000) }),
      creditTo('btc:mainnet', { txHash: '' }),
      creditTo('btc:mainnet', { creditTxHash: 'y'.repeat(129) }),
      creditTo('btc:mainnet', { amountUnits: -1n }),
      creditTo('btc:mainnet', { atMs: 8.64e15 }),
      creditTo('btc:mainnet', { creditId: 'kept', bridgeStatus: '漢'.repeat(500) }),
    ]);
  expect(
    rig
      .observer()
      .unmatchedCredits()
      .map(({ creditId }) => creditId),
  ).toEqual(['kept']);
  await rig.restart();
  expect(rig.observer().unmatchedCredits()).toHaveLength(1);
  expect(rig.lines.map(({ event }) => event)).toEqual(['observer_credits_unusable']);
});

test('each change of status is a line of the log with the transaction; what only counts up is none', async () => {
  await using rig = bitcoinRig();
  const txid = rig.chain.pay({ address: ADDRESS, sats: 100_000 });
  for (let block = 0; block < 4; block += 1) {
    await rig.read();
    rig.chain.mine();
  }
  expect(rig.lines.map(({ event, fields }) => [event, fields['tx_hash']])).toEqual([
    ['observation_seen', txid],
    ['observation_confirming', txid],
    ['observation_confirmed', txid],
  ]);
});

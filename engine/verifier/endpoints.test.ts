// One endpoint that is wrong costs that endpoint only, now and after a restart, and leaves nothing behind.

import { afterEach, describe, expect, test } from 'bun:test';
import { BTC } from '../../contracts/assets.ts';
import { type Lie, otherBlock, otherView } from '../../contracts/runtime/near/node.fixture.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { type PollWorld, startPoll, T0 } from './poll.fixture.ts';

const worlds: PollWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

function start(...options: Parameters<typeof startPoll>): PollWorld {
  const world = startPoll(...options);
  worlds.push(world);
  return world;
}

const LIES: readonly (readonly [string, Lie, string])[] = [
  ['a height of 999999999', otherBlock({ height: () => 999_999_999 }), 'block_jumped'],
  ['a height that no number holds', otherBlock({ height: () => 1e300 }), 'reply_malformed'],
  ['a negative height', otherBlock({ height: () => -1 }), 'reply_malformed'],
  ['a block time 5 min ahead', otherBlock({ aheadMs: 300_000 }), 'block_from_future'],
  ['a block time 24 h ahead', otherBlock({ aheadMs: 86_400_000 }), 'block_from_future'],
  [
    'height and time ahead',
    otherBlock({ height: (height) => height + 100_000, aheadMs: 120_000 }),
    'block_from_future',
  ],
  ['a block time 2 min ago', otherBlock({ aheadMs: -120_000 }), 'block_too_old'],
  ['a height below', otherBlock({ height: (height) => height - 1000 }), 'block_went_back'],
  ['another balance form', otherView('mt_batch_balance_of', () => [1, 2, 3]), 'balance_malformed'],
  ['a balance too few', otherView('mt_batch_balance_of', () => ['1']), 'balance_malformed'],
  ['a negative balance', otherView('mt_batch_balance_of', () => ['-1', '0', '0']), 'balance_malformed'],
  ['a balance above 2^128', otherView('mt_batch_balance_of', () => [`${2n ** 128n}`, '0', '0']), 'balance_malformed'],
  ['a word for yes', otherView('has_public_key', () => 'true'), 'reply_malformed'],
  ['no fee', otherView('simulate_intents', () => ({ state: { current_salt: '252812b3' } })), 'reply_malformed'],
  [
    'a salt that is none',
    otherView('simulate_intents', () => ({ state: { fee: 1, current_salt: 'ZZ' } })),
    'reply_malformed',
  ],
  ['an error page', () => new Response('<html>bad gateway</html>', { status: 502 }), 'http_502'],
  [
    'another block',
    (_, truth) => JSON.parse(JSON.stringify(truth).replaceAll('"block_hash":"', '"block_hash":"x')),
    'other_block',
  ],
  [
    'an earlier block',
    (_, truth) =>
      JSON.parse(
        JSON.stringify(truth).replace(/"block_height":([0-9]+)/, (_all, height) => `"block_height":${height - 1}`),
      ),
    'other_block',
  ],
];

describe('of two endpoints the first answers with', () => {
  test.each(LIES)(
    '%s: the second is used, the first is named, and all is well when it is over',
    async (_name, lie, reason) => {
      const world = start({ nodes: 2 });
      expect(await world.poll.refresh()).toBeNull();
      world.node(0).lie(lie);
      for (let polls = 0; polls < 3; polls += 1) {
        expect(await world.again(1000)).toBeNull();
        const final = world.chain.blockAt('final');
        expect(world.newest().block).toEqual({
          height: final.height,
          hash: final.hash,
          timeMs: Number(final.timestampNs / 1_000_000n),
        });
        expect(world.newest().credited[BTC.id]).toBe(100_000n as never);
      }
      const [first] = world.nodes;
      expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: [`rpc_${reason}@${first?.host}`] });
      expect(world.endpoint(0).trouble).toStartWith(`${reason}: `);
      world.node(0).lie(null);
      await waitFor(
        async () => {
          expect(await world.again()).toBeNull();
          return world.endpoint(0).trouble === null;
        },
        { what: 'the first endpoint to be well' },
      );
      expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: [] });
      expect(world.troubles).toEqual([`${first?.host} ${reason}`, `${first?.host} well`]);
      expect(world.failures).toEqual([]);
    },
  );
});

describe('the only endpoint answers with', () => {
  test.each(LIES)('%s: the poll fails by name, and the next true answer is taken', async (_name, lie, reason) => {
    const world = start();
    expect(await world.poll.refresh()).toBeNull();
    world.node(0).lie(lie);
    expect(await world.again()).toBe(reason);
    expect(await world.again()).toBe(reason);
    expect(world.observations).toHaveLength(1);
    world.node(0).lie(null);
    expect(await world.again()).toBeNull();
    expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: [] });
  });
});

describe('at the start', () => {
  test.each([0, 1])('a height that endpoint %d alone names is not taken', async (liar) => {
    const world = start({ nodes: 2 });
    world.node(liar).lie(otherBlock({ height: (height) => height + 1_000_000 }));
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest().block.height).toBe(world.chain.blockAt('final').height);
    expect(world.endpoint(liar).trouble).toStartWith('endpoints_disagree: ');
    world.node(liar).lie(null);
    expect(await world.again()).toBeNull();
  });

  test('after a restart the height on record is what a jump is measured from', async () => {
    const probe = start();
    const final = probe.chain.blockAt('final');
    const ledger = { height: final.height, hash: final.hash, timeMs: Number(final.timestampNs / 1_000_000n) };
    const world = start({ ledger });
    world.node(0).lie(otherBlock({ height: () => 999_999_999 }));
    expect(await world.again()).toBe('block_jumped');
    world.node(0).lie(null);
    expect(await world.again()).toBeNull();
  });

  test('one that is dead does not keep the other from being used', async () => {
    const world = start({ nodes: 2 });
    await world.node(0).close();
    expect(await world.poll.refresh()).toBeNull();
    expect(world.endpoint(0).trouble).toStartWith('unreachable: ');
  });
});

test('a height on record that is too low does not keep the right ones out when endpoints agree', async () => {
  const world = start({ nodes: 2, ledger: { height: 1, hash: 'low', timeMs: T0 } });
  expect(await world.poll.refresh()).toBeNull();
  expect(world.newest().block.height).toBe(world.chain.blockAt('final').height);
});

test('an endpoint that lags is left for one that does not; when all lag, the newest block counts', async () => {
  const world = start({ nodes: 2 });
  world.clock.advance(60_000);
  world.node(0).lag(12);
  const final = world.chain.blockAt('final').height;
  expect(await world.whileTimeGoesOn()).toBeNull();
  // The chain goes on while it is asked.
  expect(world.newest().block.height).toBeGreaterThanOrEqual(final);
  expect(world.poll.state().rpc.endpoint).toBe(world.node(1).host);
  world.node(0).lag(10);
  world.node(1).lag(14);
  expect(await world.again(20_000)).toBeNull();
  expect(world.newest().block.height).toBe(world.chain.blockAt('final').height - 10);
  expect(world.poll.health().notes).toEqual([]);
});

test('a jump that both endpoints name is taken with the next poll', async () => {
  const world = start({ nodes: 2 });
  expect(await world.poll.refresh()).toBeNull();
  world.setLedger({ height: 1, hash: 'low', timeMs: T0 });
  expect(await world.again()).toBe('block_jumped');
  expect(await world.again()).toBeNull();
  const alone = start();
  expect(await alone.poll.refresh()).toBeNull();
  alone.setLedger({ height: 1, hash: 'low', timeMs: T0 });
  expect(await alone.again()).toBe('block_jumped');
  expect(await alone.again()).toBe('block_jumped');
});

test('an endpoint in trouble is looked after every 5 s, once at a time', async () => {
  const world = start({ nodes: 2 });
  expect(await world.poll.refresh()).toBeNull();
  world.node(0).lie(() => new Response('no', { status: 500 }));
  expect(await world.again(1000)).toBeNull();
  const asked = () => world.node(0).count('block');
  const before = asked();
  for (let polls = 0; polls < 4; polls += 1) expect(await world.again(1000)).toBeNull();
  expect(asked()).toBe(before);
  const until = Promise.withResolvers<void>();
  world.node(0).hold(until.promise);
  expect(await world.again(1000)).toBeNull();
  await waitFor(() => asked() === before + 1, { what: 'the check' });
  for (let polls = 0; polls < 3; polls += 1) expect(await world.again(1000)).toBeNull();
  expect(asked()).toBe(before + 1);
  world.node(0).lie(null);
  until.resolve();
  await waitFor(() => world.endpoint(0).trouble === null, { what: 'the endpoint to be well' });
});

describe('the network', () => {
  test('is asked for at each endpoint; one on another is named and asked for nothing else', async () => {
    const world = start({ nodes: 2, chainIds: ['testnet', 'mainnet'] });
    for (let polls = 0; polls < 4; polls += 1) expect(await world.again()).toBeNull();
    expect(world.node(0).total()).toBe(1);
    expect(world.node(0).count('status')).toBe(1);
    expect(world.endpoint(0)).toMatchObject({
      chain_id: 'testnet',
      trouble: 'other_chain: is on testnet, NEAR_CHAIN_ID is mainnet',
    });
    expect(world.endpoint(1)).toMatchObject({ chain_id: 'mainnet', trouble: null });
    expect(world.poll.health().notes).toEqual([`rpc_other_chain@${world.node(0).host}`]);
  });

  test('is asked for again in time, and an endpoint that came to the right one is used', async () => {
    const world = start({ chainIds: ['testnet'] });
    expect(await world.poll.refresh()).toMatchObject({ reason: 'other_chain' });
    world
      .node(0)
      .lie((asked, truth) =>
        asked.method === 'status' ? JSON.parse(JSON.stringify(truth).replace('testnet', 'mainnet')) : truth,
      );
    expect(await world.again(29_000)).toBe('no_endpoint');
    expect(await world.again(1000)).toBeNull();
  });

  test('of an endpoint that is on another one is asked for every 30 s while others are used', async () => {
    const world = start({ nodes: 2, chainIds: ['testnet', 'mainnet'] });
    expect(await world.poll.refresh()).toBeNull();
    for (let polls = 0; polls < 5; polls += 1) expect(await world.again(5000)).toBeNull();
    expect(world.node(0).count('status')).toBe(1);
    expect(await world.again(5000)).toBeNull();
    await waitFor(() => world.node(0).count('status') === 2, { what: 'the network to be asked for' });
    expect(world.node(0).count('block')).toBe(0);
  });

  test('that an endpoint leaves later is noticed', async () => {
    const world = start();
    expect(await world.poll.refresh()).toBeNull();
    world
      .node(0)
      .lie((asked, truth) =>
        asked.method === 'status' ? JSON.parse(JSON.stringify(truth).replace('mainnet', 'testnet')) : truth,
      );
    expect(await world.again(600_000)).toBe('other_chain');
  });

  test('of an endpoint that does not say it is not held against it, and shown as unknown', async () => {
    const world = start();
    world.node(0).lie((asked, truth) => (asked.method === 'status' ? { error: { name: 'METHOD_NOT_FOUND' } } : truth));
    expect(await world.poll.refresh()).toBeNull();
    expect(await world.again()).toBeNull();
    expect(world.endpoint(0)).toMatchObject({ chain_id: null, trouble: null });
    expect(world.node(0).count('status')).toBe(1);
  });
});

test('each final block is evidence of the time, also one that is refused', async () => {
  const world = start({ nodes: 2 });
  world.node(0).lie(otherBlock({ aheadMs: 120_000 }));
  expect(await world.poll.refresh()).toBeNull();
  const ahead = Object.fromEntries(world.stamps.map(({ host, aheadMs }) => [host, aheadMs]));
  expect(ahead[world.node(0).host]).toBeGreaterThan(115_000);
  expect(ahead[world.node(1).host]).toBeLessThanOrEqual(0);
});

test('endpoints that all are far behind the ledger are the chain gone back', async () => {
  const world = start({ nodes: 2, ledger: { height: 999_999_999, hash: 'h', timeMs: T0 } });
  expect(await world.poll.refresh()).toMatchObject({ reason: 'block_went_back' });
  expect(world.poll.wentBack()).toEqual({ value: world.chain.blockAt('final').height, limit: 999_999_999 });
  expect(world.poll.health().reasons).toEqual(['inventory_missing', 'inventory_block_went_back']);
  // Of a block that showed the use of a nonce, and whose balance is not on record, no hash is known.
  const used = start({ nodes: 2, ledger: { height: 999_999_999, hash: null, timeMs: T0 } });
  await used.poll.refresh();
  expect(used.poll.wentBack()).toMatchObject({ limit: 999_999_999 });
  const half = start({ nodes: 2, ledger: { height: 999_999_999, hash: 'h', timeMs: T0 } });
  await half.node(1).close();
  await half.poll.refresh();
  expect(half.poll.wentBack()).not.toBeNull();
  const ordinary = start({ nodes: 2 });
  await ordinary.poll.refresh();
  for (const node of ordinary.nodes) node.lag(3);
  expect(await ordinary.again(1000)).toBe('block_went_back');
  expect(ordinary.poll.wentBack()).toBeNull();
});

test('a single endpoint that stays far ahead of the ledger, as after one wrong answer, is another chain too', async () => {
  const world = start({ ledger: { height: 1000, hash: 'h', timeMs: T0 } });
  expect(await world.poll.refresh()).toMatchObject({ reason: 'block_jumped' });
  expect(world.poll.wentBack()).toBeNull();
  for (let polls = 0; polls < 8; polls += 1) expect(await world.again()).toBe('block_jumped');
  expect(world.poll.wentBack()).toEqual({ value: world.chain.blockAt('final').height, limit: 1000 });
  expect(world.poll.health().reasons).toContain('inventory_block_went_back');
});

// With two endpoints, what frees capital needs both; what takes it away needs one. No request is made twice without need.

import { afterEach, describe, expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { BTC } from '../../contracts/assets.ts';
import { otherBlock, otherView } from '../../contracts/runtime/near/node.fixture.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { ACCOUNT, emptyIntent, firstIs, nonceOf, type PollWorld, startPoll } from './poll.fixture.ts';

const worlds: PollWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** A world whose first balance was taken and confirmed. */
async function settled(options: Parameters<typeof startPoll>[0] = {}): Promise<PollWorld> {
  const world = startPoll({ nodes: 2, ...options });
  worlds.push(world);
  expect(await world.poll.refresh()).toBeNull();
  expect(world.newest().confirmed).toBe(true);
  return world;
}

const seconds = (world: PollWorld, method: string): number => world.node(1).count(method);

describe('what frees capital, when the second endpoint says otherwise, is not confirmed', () => {
  test('a used nonce', async () => {
    const world = await settled();
    const nonce = nonceOf(world.salt(), 'aa');
    world.reading.nonces.push(nonce);
    world.node(0).lie(otherView('is_nonce_used', () => true));
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, nonces: [{ nonce, used: true }] });
    const { host } = world.node(1);
    expect(world.poll.health()).toMatchObject({
      healthy: true,
      notes: ['rpc_unconfirmed', `rpc_endpoints_disagree@${host}`],
    });
    expect(world.poll.state()).toMatchObject({
      confirmation: 'second_endpoint',
      unconfirmed: 1,
      last_unconfirmed: expect.stringContaining(`${world.node(1).host} endpoints_disagree`),
    });
    world.node(0).lie(null);
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ nonce, used: false }] });
    expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: [] });
  });

  test('a higher balance, however often it is said', async () => {
    const world = await settled();
    world.node(0).lie(otherView('mt_batch_balance_of', firstIs('200000')));
    for (let polls = 0; polls < 6; polls += 1) expect(await world.again()).toBeNull();
    const wrong = world.observations.filter(({ credited }) => credited[BTC.id] === units(200_000n));
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.every(({ confirmed }) => !confirmed)).toBe(true);
  });

  test('an invalid salt', async () => {
    const world = await settled();
    world.reading.salts.push(world.salt());
    world
      .node(0)
      .lie((asked, truth) =>
        otherView('simulate_intents', () => ({ state: { fee: 1, current_salt: '11111111' } }))(
          asked,
          JSON.parse(JSON.stringify(otherView('is_valid_salt', () => false)(asked, truth))),
        ),
      );
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, invalidSalts: [world.salt()] });
  });

  test('a later block time, while a deadline could pass', async () => {
    const world = await settled();
    world.reading.timeFrees = true;
    world.node(0).lie(otherBlock({ aheadMs: 4000 }));
    expect(await world.again()).toBeNull();
    const truth = Number(world.chain.blockAt('final').timestampNs / 1_000_000n);
    const { confirmed, confirmedTimeMs, block } = world.newest();
    expect(confirmed).toBe(false);
    expect(block.timeMs).toBe(truth + 4000);
    expect(confirmedTimeMs).toBeLessThanOrEqual(truth);
  });
});

describe('what both endpoints say is confirmed, and asked for once', () => {
  test('a used nonce', async () => {
    const world = await settled();
    const nonce = nonceOf(world.salt(), 'aa');
    world.reading.nonces.push(nonce, nonceOf(world.salt(), 'bb'));
    world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
    expect(await world.again(5000)).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ used: true }, { used: false }] });
    expect(seconds(world, 'query/is_nonce_used')).toBe(1);
    expect(await world.again()).toBeNull();
    expect(world.newest().confirmed).toBe(true);
    expect(seconds(world, 'query/is_nonce_used')).toBe(1);
  });

  test('a higher balance', async () => {
    const world = await settled();
    const before = seconds(world, 'query/mt_batch_balance_of');
    world.chain.credit(ACCOUNT, BTC.id, 1n);
    expect(await world.again(5000)).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, credited: { [BTC.id]: 100_001n } });
    await world.again();
    expect(seconds(world, 'query/mt_batch_balance_of')).toBe(before + 1);
  });

  test('an invalid salt', async () => {
    const world = await settled();
    world.reading.salts.push('00000000');
    for (let polls = 0; polls < 3; polls += 1) {
      expect(await world.again()).toBeNull();
      expect(world.newest()).toMatchObject({ confirmed: true, invalidSalts: ['00000000'] });
    }
    expect(seconds(world, 'query/is_valid_salt')).toBe(1);
  });

  test('a later block time', async () => {
    const world = await settled();
    world.reading.timeFrees = true;
    expect(await world.again()).toBeNull();
    const { confirmed, confirmedTimeMs, block } = world.newest();
    expect({ confirmed, confirmedTimeMs }).toEqual({ confirmed: true, confirmedTimeMs: block.timeMs });
  });
});

test('nothing but its block is asked of the second endpoint while nothing would be freed, and nonces once where a balance fell', async () => {
  const world = await settled();
  const before = { total: world.node(1).total(), blocks: seconds(world, 'block') };
  world.reading.nonces.push(nonceOf(world.salt(), 'aa'));
  world.chain.withdraw(ACCOUNT, BTC.id, 60_000n);
  for (let polls = 0; polls < 5; polls += 1) expect(await world.again()).toBeNull();
  expect(world.newest()).toMatchObject({ confirmed: true, credited: { [BTC.id]: 40_000n } });
  expect(world.poll.state()).toMatchObject({ asked: 1, unconfirmed: 0 });
  expect(seconds(world, 'block')).toBe(before.blocks + 5);
  expect(seconds(world, 'query/is_nonce_used')).toBe(1);
  expect(world.node(1).total()).toBe(before.total + 6);
});

test('a balance that fell and comes back is a higher one', async () => {
  const world = await settled();
  world.chain.withdraw(ACCOUNT, BTC.id, 60_000n);
  expect(await world.again(5000)).toBeNull();
  world.node(0).lie(otherView('mt_batch_balance_of', firstIs('100000')));
  expect(await world.again()).toBeNull();
  expect(world.newest().confirmed).toBe(false);
});

describe('a second endpoint that', () => {
  test('is dead keeps nothing from being read, frees nothing, and is not waited for again', async () => {
    const world = await settled();
    const nonce = nonceOf(world.salt(), 'aa');
    world.reading.nonces.push(nonce);
    world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
    await world.node(1).close();
    expect(await world.again(5000)).toBeNull();
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, nonces: [{ used: true }] });
    expect(world.poll.health()).toEqual({
      healthy: true,
      reasons: [],
      notes: ['rpc_unconfirmed', `rpc_unreachable@${world.node(1).host}`],
    });
  });

  test('is away for longer than quotes live is a fault, and the state says which, since when, and what to do', async () => {
    const world = await settled();
    const { host } = world.node(1);
    world.reading.timeFrees = true;
    await world.node(1).close();
    world.clock.advance(2000);
    const since = new Date(world.clock.nowMs()).toISOString();
    expect(await world.poll.refresh()).toBeNull();
    expect(world.poll.health()).toMatchObject({ healthy: true, notes: ['rpc_unconfirmed', `rpc_unreachable@${host}`] });
    for (const ms of [60_000, 60_001]) expect(await world.again(ms)).toBeNull();
    // A check of it may have been cut short by the time that passed.
    const unusable = expect.stringMatching(/^rpc_(?:unreachable|timeout)@/);
    expect(world.poll.health()).toEqual({ healthy: false, reasons: ['rpc_unconfirmed'], notes: [unusable] });
    expect(world.poll.state()).toMatchObject({
      unconfirmed: 3,
      unconfirmed_since: since,
      unconfirmed_for_ms: 120_001,
      unconfirmed_by: [{ host, problem: expect.stringContaining(`is not asked since ${since}: `) }],
      unconfirmed_fix: expect.stringContaining(`bring ${host} back`),
      last_unconfirmed: expect.stringContaining(`${host} is not asked since ${since}`),
    });
    world.reading.timeFrees = false;
    expect(await world.again()).toBeNull();
    expect(world.poll.state()).toMatchObject({
      last_unconfirmed: null,
      unconfirmed_since: null,
      unconfirmed_for_ms: null,
      unconfirmed_by: [],
      unconfirmed_fix: null,
    });
    expect(world.poll.health().healthy).toBe(true);
  });

  test('is dead from the start does not keep a first balance back, with nothing promised yet', async () => {
    const world = startPoll({ nodes: 2 });
    worlds.push(world);
    await world.node(1).close();
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, credited: { [BTC.id]: 100_000n } });
  });

  test('is dead from the start keeps back what the first snapshot would free', async () => {
    const world = startPoll({ nodes: 2 });
    worlds.push(world);
    const nonce = nonceOf(world.salt(), 'aa');
    world.reading.nonces.push(nonce);
    world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
    world.clock.advance(5000);
    await world.node(1).close();
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, nonces: [{ used: true }] });
  });

  test('contradicts the first balance keeps it back', async () => {
    const world = startPoll({ nodes: 2 });
    worlds.push(world);
    world.node(1).lie(otherView('mt_batch_balance_of', () => ['5']));
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest().confirmed).toBe(false);
  });

  test('is a block behind is given the time to reach it', async () => {
    const world = await settled();
    const nonce = nonceOf(world.salt(), 'aa');
    world.reading.nonces.push(nonce);
    world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
    world.clock.advance(5000);
    world.node(1).lag(1);
    const before = seconds(world, 'block');
    const poll = world.poll.refresh();
    await waitFor(() => seconds(world, 'block') > before, { what: 'the second endpoint to be asked' });
    world.node(1).lag(0);
    await waitFor(
      () => {
        world.clock.advance(250);
        return seconds(world, 'block') > before + 1;
      },
      { what: 'it to be asked again' },
    );
    expect(await poll).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ used: true }] });
  });

  test('stays behind confirms only the time that it has reached', async () => {
    const world = await settled();
    world.reading.timeFrees = true;
    world.clock.advance(25_000);
    world.node(1).lag(15);
    const reached = Number(world.chain.blockAt('final').timestampNs / 1_000_000n) - 15_000;
    const before = seconds(world, 'block');
    expect(await world.whileTimeGoesOn()).toBeNull();
    expect(seconds(world, 'block')).toBe(before + 3);
    const { confirmed, confirmedTimeMs, block } = world.newest();
    expect(confirmed).toBe(false);
    expect(confirmedTimeMs).toBeGreaterThanOrEqual(reached);
    expect(confirmedTimeMs).toBeLessThan(block.timeMs);
  });

  test('stays a few blocks behind sets the pace: what it has reached is read, and confirmed', async () => {
    const world = await settled();
    world.reading.timeFrees = true;
    world.clock.advance(20_000);
    world.node(1).lag(5);
    expect(await world.whileTimeGoesOn()).toBeNull();
    expect(world.newest().confirmed).toBe(false);
    const nonce = nonceOf(world.salt(), 'aa');
    world.reading.nonces.push(nonce);
    world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
    expect(await world.again(8000)).toBeNull();
    const shared = world.chain.blockAt('final').height - 5;
    expect(world.newest()).toMatchObject({ confirmed: true, block: { height: shared }, nonces: [{ used: true }] });
    world.node(1).lag(0);
    expect(await world.again()).toBeNull();
    expect(world.newest().block.height).toBe(world.chain.blockAt('final').height);
    expect(world.newest().confirmed).toBe(true);
    // It no longer sets the pace: the next poll asks it once, for the time.
    const before = seconds(world, 'block');
    expect(await world.again()).toBeNull();
    expect(seconds(world, 'block')).toBe(before + 1);
  });

  test('sets the pace no longer when it dies', async () => {
    const world = await settled();
    world.reading.timeFrees = true;
    world.clock.advance(20_000);
    world.node(1).lag(5);
    expect(await world.whileTimeGoesOn()).toBeNull();
    await world.node(1).close();
    expect(await world.again(8000)).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, block: { height: world.chain.blockAt('final').height } });
  });
});

test('any one of several others is enough', async () => {
  const world = await settled({ nodes: 3 });
  const nonce = nonceOf(world.salt(), 'aa');
  world.reading.nonces.push(nonce);
  world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
  world.node(1).lie(otherView('is_nonce_used', () => false));
  expect(await world.again(5000)).toBeNull();
  expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ used: true }] });
});

test('with one endpoint its word is all there is, which the state says', async () => {
  const world = await settled({ nodes: 1 });
  const nonce = nonceOf(world.salt(), 'aa');
  world.reading.nonces.push(nonce);
  world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
  expect(await world.again(5000)).toBeNull();
  expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ used: true }] });
  expect(world.poll.state()).toMatchObject({ confirmation: 'single_endpoint', asked: 0, unconfirmed: 0 });
});

test('what the ledger did not take is confirmed again', async () => {
  let refuse: string | null = null;
  const world = await settled({ refuse: () => refuse });
  const nonce = nonceOf(world.salt(), 'aa');
  world.reading.nonces.push(nonce);
  world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
  refuse = 'inventory_incomplete';
  expect(await world.again(5000)).toBe('inventory_incomplete');
  refuse = null;
  expect(await world.again()).toBeNull();
  expect(world.newest().confirmed).toBe(true);
  expect(seconds(world, 'query/is_nonce_used')).toBe(2);
});

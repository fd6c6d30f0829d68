// One endpoint of several that lies where the lie would free capital, or end the trust in the others.

import { afterEach, describe, expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { BTC } from '../../contracts/assets.ts';
import { edited, type Lie, otherBlock, otherView } from '../../contracts/runtime/near/node.fixture.ts';
import { answer } from '../../ops/sim/near-rpc/answer.ts';
import { ACCOUNT, emptyIntent, firstIs, nonceOf, type PollWorld, startPoll } from './poll.fixture.ts';

const worlds: PollWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function settled(options: Parameters<typeof startPoll>[0] = {}): Promise<PollWorld> {
  const world = startPoll({ nodes: 2, ...options });
  worlds.push(world);
  expect(await world.poll.refresh()).toBeNull();
  return world;
}

const confirmedAfter = (world: PollWorld, count: number) =>
  world.observations.slice(count).filter(({ confirmed }) => confirmed);

/** Something leaves the balance, which one of two endpoints hides. */
async function hideOutflow(world: PollWorld): Promise<void> {
  world.chain.withdraw(ACCOUNT, BTC.id, 60_000n);
  world.node(0).lie(otherView('mt_batch_balance_of', firstIs('100000')));
  for (let polls = 0; polls < 4; polls += 1) expect(await world.again(5000)).toBeNull();
}

/** What is confirmed is without it. */
function expectOutflowFound(world: PollWorld): void {
  const believed = confirmedAfter(world, 1)
    .map(({ credited }) => credited[BTC.id])
    .filter((credited) => credited !== units(100_000n));
  expect(believed.length).toBeGreaterThan(0);
  expect(believed.every((credited) => credited === units(40_000n))).toBe(true);
}

describe('a deadline that could pass is not confirmed by one endpoint that hides', () => {
  test('the use of the nonce', async () => {
    const world = await settled();
    const nonce = nonceOf(world.salt(), 'aa');
    world.reading.nonces.push(nonce);
    world.reading.timeFrees = true;
    world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
    world.node(0).lie(otherView('is_nonce_used', () => false));
    for (let polls = 0; polls < 4; polls += 1) expect(await world.again(5000)).toBeNull();
    // Neither is the truth, which the other one contradicts.
    expect(confirmedAfter(world, 1)).toEqual([]);
    world.node(0).lie(null);
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ used: true }] });
  });

  test('an outflow', async () => {
    const world = await settled();
    world.reading.timeFrees = true;
    await hideOutflow(world);
    expectOutflowFound(world);
    expect(confirmedAfter(world, 1).every(({ credited }) => credited[BTC.id] === units(40_000n))).toBe(true);
  });
});

test('an outflow that one endpoint hides is found within some seconds, also where no deadline could pass', async () => {
  const world = await settled();
  await hideOutflow(world);
  expectOutflowFound(world);
});

test('the use of a nonce is not confirmed while two endpoints name different balances with it', async () => {
  const world = await settled();
  const nonce = nonceOf(world.salt(), 'aa');
  world.reading.nonces.push(nonce);
  world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
  await hideOutflow(world);
  expect(confirmedAfter(world, 1)).toEqual([]);
  // What went is known all the same, and kept back by who takes the snapshots.
  expect(world.observations.some(({ credited }) => credited[BTC.id] === units(40_000n))).toBe(true);
  world.node(0).lie(null);
  expect(await world.again()).toBeNull();
  expect(world.newest()).toMatchObject({
    confirmed: true,
    nonces: [{ used: true }],
    credited: { [BTC.id]: units(40_000n) },
  });
});

test('a balance that moved is not confirmed by one endpoint that hides the use of the nonce that moved it', async () => {
  const world = await settled();
  const nonce = nonceOf(world.salt(), 'aa');
  world.reading.nonces.push(nonce);
  world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
  world.chain.withdraw(ACCOUNT, BTC.id, 60_000n);
  world.node(0).lie(otherView('is_nonce_used', () => false));
  for (let polls = 0; polls < 4; polls += 1) expect(await world.again(5000)).toBeNull();
  expect(confirmedAfter(world, 1)).toEqual([]);
  world.node(0).lie(null);
  expect(await world.again()).toBeNull();
  expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ used: true }] });
});

describe('a balance that one endpoint says is lower', () => {
  const half = otherView('mt_batch_balance_of', firstIs('50000'));

  test('is believed where there are two', async () => {
    const world = await settled();
    world.node(0).lie(half);
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, credited: { [BTC.id]: units(50_000n) } });
  });

  test('is outvoted where there are three, and kept back until then', async () => {
    const world = await settled({ nodes: 3 });
    world.node(0).lie(half);
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, credited: { [BTC.id]: units(50_000n) } });
    for (let polls = 0; polls < 4; polls += 1) {
      expect(await world.again(5000)).toBeNull();
      expect(world.newest()).toMatchObject({ confirmed: true, credited: { [BTC.id]: units(100_000n) } });
    }
  });

  test('is confirmed where it is so, whatever the third one says', async () => {
    const world = await settled({ nodes: 3 });
    world.chain.withdraw(ACCOUNT, BTC.id, 60_000n);
    world.node(1).lie(otherView('mt_batch_balance_of', firstIs('100000')));
    expect(await world.again(5000)).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, credited: { [BTC.id]: units(40_000n) } });
  });
});

describe('another salt, as one endpoint names it,', () => {
  const wrong = otherView('simulate_intents', () => ({ state: { fee: 1, current_salt: 'deadbeef' } }));

  test('is not confirmed, and the next poll asks the other one first', async () => {
    const world = await settled();
    const salt = world.salt();
    world.node(0).lie(wrong);
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, salt: null });
    expect(await world.again()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, salt });
  });

  test('is not taken for the first one either', async () => {
    const world = startPoll({ nodes: 2 });
    worlds.push(world);
    world.node(0).lie(wrong);
    for (let polls = 0; polls < 3; polls += 1) {
      expect(await world.again()).toBeNull();
      expect(world.newest()).toMatchObject({ confirmed: false, salt: null });
    }
  });

  test('is confirmed when the verifier has taken it', async () => {
    const world = await settled();
    world.chain.rotateSalt();
    expect(await world.again(5000)).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, salt: world.salt() });
  });

  test('is the first one where nobody else answers', async () => {
    const world = startPoll({ nodes: 2 });
    worlds.push(world);
    await world.node(1).close();
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, salt: world.salt() });
  });
});

describe('what a transaction executed', () => {
  /** It executed something else, says the node. */
  const another: Lie = (asked, truth) =>
    asked.method === 'tx' ? JSON.parse(JSON.stringify(truth).replaceAll('intents_executed', 'intents_passed')) : truth;

  async function sought(world: PollWorld) {
    const { envelopes, hash } = emptyIntent(nonceOf(world.salt(), 'aa'));
    const transaction = world.chain.execute(envelopes, 'relayer.near');
    world.clock.advance(5000);
    world.poll.trigger(transaction.hash);
    for (let polls = 0; polls < 4; polls += 1) expect(await world.again(5000)).toBeNull();
    return { found: world.observations.flatMap(({ transactions }) => transactions), hash };
  }

  test('is what two endpoints say', async () => {
    const world = await settled();
    const { found, hash } = await sought(world);
    expect(found).toMatchObject([{ executed: [{ intentHash: hash }] }]);
    expect(world.node(1).count('tx')).toBe(1);
  });

  test('is not known while two of two say different things', async () => {
    const world = await settled();
    world.node(0).lie(another);
    expect((await sought(world)).found).toEqual([]);
    expect(world.poll.state().transactions_sought).toBe(1);
  });

  test('is what two of three say', async () => {
    const world = await settled({ nodes: 3 });
    world.node(0).lie(another);
    const { found, hash } = await sought(world);
    expect(found).toMatchObject([{ executed: [{ intentHash: hash }] }]);
  });
});

test('among three, one that lies keeps nothing back: the two that agree decide', async () => {
  const world = await settled({ nodes: 3 });
  const nonce = nonceOf(world.salt(), 'aa');
  world.reading.nonces.push(nonce);
  world.reading.timeFrees = true;
  world.chain.execute(emptyIntent(nonce).envelopes, 'relayer.near');
  world.node(0).lie(otherView('is_nonce_used', () => false));
  expect(await world.again(5000)).toBeNull();
  expect(world.newest().confirmed).toBe(false);
  expect(await world.again()).toBeNull();
  expect(world.newest()).toMatchObject({ confirmed: true, nonces: [{ used: true }] });
});

test('one whose blocks are further ahead at each answer, and fit together, does not lead the ledger away', async () => {
  const world = await settled();
  let ahead = 0;
  world.node(0).lie((asked, truth) => {
    if (asked.method === 'block') return otherBlock({ height: (height) => height + ahead })(asked, truth);
    if (asked.method !== 'query') return truth;
    const params = { ...asked.params, block_id: Number(asked.params['block_id']) - ahead };
    const read = answer(world.chain, { jsonrpc: '2.0', id: 'unrip', method: 'query', params }, 'mainnet');
    const shifted = edited(
      { jsonrpc: '2.0', id: 'unrip', ...read },
      ['result', 'block_height'],
      (height) => Number(height) + ahead,
    );
    return shifted;
  });
  for (let polls = 0; polls < 30; polls += 1) {
    ahead += 8;
    await world.again();
  }
  world.node(0).lie(null);
  expect(await world.again(10_000)).toBeNull();
  expect(world.newest()).toMatchObject({ confirmed: true });
});

describe('after a restart with the second endpoint dead', () => {
  const before = { ledger: null, credited: { [BTC.id]: 100_000n } };

  test('a balance above the one on record is not confirmed', async () => {
    const world = startPoll({ nodes: 2, ...before, credited: { [BTC.id]: 99_999n } });
    worlds.push(world);
    await world.node(1).close();
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: false, credited: { [BTC.id]: 100_000n } });
  });

  test('the balance on record is', async () => {
    const world = startPoll({ nodes: 2, ...before });
    worlds.push(world);
    await world.node(1).close();
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest()).toMatchObject({ confirmed: true, credited: { [BTC.id]: 100_000n } });
  });
});

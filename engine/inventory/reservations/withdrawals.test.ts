// What balances say of reservations: a withdrawal is explained by the one that it was reserved by, once, and by nothing else.

import { describe, expect, test } from 'bun:test';
import { EURE } from '../../../contracts/assets.ts';
import { endAll, endsOf, quote, T0 } from '../book.fixture.ts';
import { encodeNonce } from '../lanes/nonce.ts';
import { asked, BTC_UNITS, DeskWorld, UNTIL_MS, withdrawalNonce } from './desk.fixture.ts';

const NONCE = withdrawalNonce(1);

async function reserved(...amounts: readonly bigint[]): Promise<DeskWorld> {
  const world = new DeskWorld();
  for (const [index, amount] of amounts.entries()) await world.desk.reserve(asked(`r-${index}`, amount));
  return world;
}

const statuses = (world: DeskWorld) => world.book.reservations().map(({ id }) => `${id} ${world.status(id)}`);

describe('without a nonce', () => {
  test('a balance that falls by exactly the amount is explained: no breach, no fill, counted once', async () => {
    const world = await reserved(400_000n);
    const facts = world.poll({ btc: 600_000n });
    expect(facts).toMatchObject([{ kind: 'balance', withdrawn: ['r-0'], breach: null }]);
    expect(statuses(world)).toEqual(['r-0 withdrawn']);
    expect(world.capital()).toEqual({ credited: 600_000, spendable: 600_000, reserved: 0, ceilings: 600_000 });
    world.poll({ btc: 600_000n });
    expect([world.capital().spendable, world.breaches]).toEqual([600_000, []]);
    // The same fall again is a loss.
    world.poll({ btc: 200_000n });
    expect(world.breaches).toEqual([expect.stringContaining('fell by 400000 more')]);
  });

  test.each([
    [
      'less',
      600_001n,
      /fell by 399999 .* at block \d+; r-0, reserved without a nonce, may have left next to a deposit$/,
    ],
    ['more', 599_999n, /fell by 400001 .* at block \d+$/],
  ])('a balance that falls by one unit %s is a loss, and the amount stays reserved', async (_which, btc, words) => {
    const world = await reserved(400_000n);
    world.poll({ btc });
    expect(world.breaches).toEqual([expect.stringMatching(words)]);
    expect(statuses(world)).toEqual(['r-0 taken']);
    expect(world.capital().spendable).toBe(Number(btc) - 400_000);
  });

  test('a deposit of the other asset in the same balance is distinguished', async () => {
    const world = await reserved(400_000n);
    const [fact] = world.poll({ btc: 600_000n, eure: 2n * 10n ** 24n });
    expect(fact).toMatchObject({ kind: 'balance', withdrawn: ['r-0'], breach: null });
    expect(world.book.capital(EURE.id)?.spendableUnits).toBe((2n * 10n ** 24n) as never);
  });

  test.each([
    ['one of them', 700_000n, ['r-0 taken', 'r-2 taken', 'r-1 withdrawn']],
    ['two of them', 550_000n, ['r-0 taken', 'r-1 withdrawn', 'r-2 withdrawn']],
    ['all of them', 450_000n, ['r-0 withdrawn', 'r-1 withdrawn', 'r-2 withdrawn']],
    ['none of them', 1_000_000n, ['r-0 taken', 'r-1 taken', 'r-2 taken']],
  ])('of several, %s can leave with one balance', async (_which, btc, expected) => {
    const world = await reserved(100_000n, 300_000n, 150_000n);
    world.poll({ btc });
    expect(statuses(world)).toEqual(expected);
    expect(world.breaches).toEqual([]);
    expect(world.capital().spendable).toBe(450_000);
  });

  test('two of several leave next to a settlement', async () => {
    const world = await reserved(100_000n, 300_000n, 150_000n);
    const { nonce } = quote(world.book, { quoteId: 'q', direction: 'EURe->BTC', inUnits: 7n, outUnits: 50_000n });
    const facts = world.poll({ btc: 1_000_000n - 450_000n - 50_000n, eure: 10n ** 24n + 7n, used: [nonce] });
    facts.push(...endAll(world.book, world.nowMs));
    expect(endsOf(facts)).toEqual(['q settled settled_by_balance']);
    expect(statuses(world)).toEqual(['r-0 taken', 'r-1 withdrawn', 'r-2 withdrawn']);
    expect(world.breaches).toEqual([]);
  });

  test('of two with equal amounts the older one left', async () => {
    const world = await reserved(100_000n, 100_000n);
    world.poll({ btc: 900_000n });
    expect(statuses(world)).toEqual(['r-1 taken', 'r-0 withdrawn']);
  });

  test('what waits explains nothing: nobody was allowed to withdraw it', async () => {
    const world = new DeskWorld();
    quote(world.book, { quoteId: 'q', direction: 'EURe->BTC', inUnits: 1n, outUnits: 500_000n });
    await world.desk.reserve(asked('a', 700_000n));
    world.poll({ btc: 300_000n });
    expect(world.breaches.length).toBeGreaterThan(0);
    expect(world.status('a')).toBe('waiting');
  });
});

describe('with a nonce', () => {
  const withNonce = async (amount = 400_000n) => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', amount, { nonce: NONCE }));
    return world;
  };

  test.each([
    ['no deposit', 600_000n],
    ['a smaller deposit', 700_000n],
    ['a deposit of the same amount', 1_000_000n],
    ['a larger deposit', 1_200_000n],
  ])('a withdrawal and %s in the same balance are distinguished', async (which, btc) => {
    const world = await withNonce();
    world.poll({ btc, used: [NONCE] });
    expect(world.breaches).toEqual([]);
    // Nothing at all moved: something else was executed under the nonce, which is the same to capital.
    expect(world.status('a')).toBe(which === 'a deposit of the same amount' ? 'burned' : 'withdrawn');
    expect(world.capital()).toEqual({
      credited: Number(btc),
      spendable: Number(btc),
      reserved: 0,
      ceilings: Number(btc),
    });
  });

  test('a loss on top of it is a breach', async () => {
    const world = await withNonce();
    world.poll({ btc: 599_999n, used: [NONCE] });
    expect(world.breaches).toEqual([expect.stringContaining('fell by 1 more')]);
    expect([world.status('a'), world.capital().spendable]).toEqual(['withdrawn', 599_999]);
  });

  test('a fall by the amount while the nonce is unused is somebody else', async () => {
    const world = await withNonce();
    world.poll({ btc: 600_000n });
    expect(world.breaches).toEqual([expect.stringContaining('fell by 400000')]);
    expect([world.status('a'), world.capital().spendable]).toEqual(['taken', 200_000]);
  });

  test('one that the verifier has forgotten after its time is still recognised by the amount', async () => {
    const world = await withNonce();
    world.nowMs = UNTIL_MS + 1;
    world.poll({ btc: 600_000n });
    expect([world.breaches, world.status('a')]).toEqual([[], 'withdrawn']);
  });

  test.each([
    ['its salt went is still recognised by the amount', 'aabbccdd', [], 'withdrawn'],
    ['another salt went is not: its nonce is unused', 'ddccbbaa', [expect.stringContaining('fell by 400000')], 'taken'],
  ])('one that the verifier may have forgotten since %s', async (_what, salt, breaches, status) => {
    const world = new DeskWorld();
    const nonce = encodeNonce('aabbccdd', UNTIL_MS, new Uint8Array(15).fill(7));
    await world.desk.reserve(asked('a', 400_000n, { nonce }));
    world.poll({ btc: BTC_UNITS, invalidSalts: [salt] });
    expect([world.breaches, world.status('a')]).toEqual([[], 'taken']);
    world.poll({ btc: 600_000n, invalidSalts: [salt] });
    expect([world.breaches, world.status('a')]).toEqual([breaches, status]);
  });

  test('a snapshot that was read before the nonce was known does not say which withdrawal left', async () => {
    const world = new DeskWorld();
    // Of two with equal amounts the one that ends later leaves.
    await world.desk.reserve(asked('a', 400_000n, { nonce: NONCE }));
    const later = { nonce: withdrawalNonce(2), untilAtMs: UNTIL_MS + 1000 };
    await world.desk.reserve(asked('b', 400_000n, later));
    const facts = world.poll({ btc: 600_000n, nonces: world.book.openNonces().map(({ nonce }) => nonce) });
    expect([facts, statuses(world), world.capital().spendable]).toEqual([[], ['a taken', 'b taken'], 0]);
    world.poll({ btc: 600_000n, used: [later.nonce] });
    expect([statuses(world), world.breaches]).toEqual([['a taken', 'b withdrawn'], []]);
    expect(world.capital()).toMatchObject({ spendable: 200_000, reserved: 400_000 });
  });

  test('nor whether it left, where a deposit covers it: that balance is not taken', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n, { nonce: NONCE }));
    const btc = BTC_UNITS + 1n;
    const facts = world.poll({ btc, nonces: world.book.openNonces().map(({ nonce }) => nonce) });
    expect([facts, world.status('a')]).toEqual([[], 'taken']);
    world.poll({ btc, used: [NONCE] });
    expect([world.status('a'), world.breaches]).toEqual(['withdrawn', []]);
  });

  test('of several whose nonces were used, the one that nothing left by is found by the amounts', async () => {
    const world = new DeskWorld();
    const nonces = [1, 2, 3].map(withdrawalNonce);
    for (const [index, nonce] of nonces.entries())
      await world.desk.reserve(asked(`r-${index}`, 100_000n + BigInt(index), { nonce }));
    world.poll({ btc: BTC_UNITS - 100_000n - 100_002n, used: nonces });
    expect([statuses(world), world.breaches]).toEqual([['r-0 withdrawn', 'r-2 withdrawn', 'r-1 burned'], []]);
  });

  test('a snapshot that was read before the nonce was known does not end it by its time', async () => {
    const world = await withNonce();
    world.nowMs = UNTIL_MS + 1;
    world.poll({ btc: BTC_UNITS, nonces: world.book.openNonces().map(({ nonce }) => nonce) });
    expect(world.status('a')).toBe('taken');
    world.poll({ btc: BTC_UNITS });
    expect(world.status('a')).toBe('expired');
  });
});

describe('a settlement in the same balance', () => {
  test.each([
    ['with', NONCE],
    ['without', null],
  ] as const)('is a fill of its own, and the withdrawal is none, %s a nonce', async (_which, nonce) => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n, { nonce }));
    const { nonce: lane } = quote(world.book, { quoteId: 'q', direction: 'EURe->BTC', inUnits: 7n, outUnits: 50_000n });
    const used = nonce === null ? [lane] : [lane, nonce];
    const facts = world.poll({ btc: 550_000n, eure: 10n ** 24n + 7n, used });
    facts.push(...endAll(world.book, world.nowMs));
    expect(endsOf(facts)).toEqual(['q settled settled_by_balance']);
    expect(facts.find(({ kind }) => kind === 'balance')).toMatchObject({ withdrawn: ['a'], breach: null });
    const settled = facts.flatMap((fact) => (fact.kind === 'transition' ? [fact.settlement?.balanceChange] : []));
    expect(Object.values(settled[0] ?? {}).sort()).toEqual([-50_000n, 7n]);
    expect(world.capital()).toMatchObject({ credited: 550_000, spendable: 550_000, reserved: 0 });
    expect(world.breaches).toEqual([]);
  });
});

describe('a reservation whose withdrawal never happens', () => {
  test('ends when a final block later than its time shows the balance without it', async () => {
    const world = await reserved(400_000n);
    world.nowMs = UNTIL_MS;
    world.poll({ btc: BTC_UNITS });
    expect(statuses(world)).toEqual(['r-0 taken']);
    world.nowMs = UNTIL_MS + 1;
    // By our clock alone nothing is over.
    world.keepHouse();
    expect(statuses(world)).toEqual(['r-0 taken']);
    world.poll({ btc: BTC_UNITS });
    expect(statuses(world)).toEqual(['r-0 expired']);
    expect(world.capital()).toMatchObject({ spendable: 1_000_000, ceilings: 1_000_000 });
  });

  test('without a time stays until it is given back', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n, { untilAtMs: null }));
    world.nowMs = T0 + 100 * 86_400_000;
    world.poll({ btc: BTC_UNITS });
    expect(world.status('a')).toBe('taken');
    await world.desk.release('a', 'operator');
    world.pass(1, BTC_UNITS);
    expect([world.status('a'), world.capital().spendable]).toEqual(['released', 1_000_000]);
  });

  test('that nobody confirms is not over', async () => {
    const world = await reserved(400_000n);
    world.nowMs = UNTIL_MS + 1;
    world.poll({ btc: BTC_UNITS, confirmed: false });
    expect(statuses(world)).toEqual(['r-0 taken']);
  });
});

test('a withdrawal that no second endpoint confirms frees nothing, and nothing is quoted with it', async () => {
  const world = await reserved(400_000n);
  world.poll({ btc: 600_000n, confirmed: false });
  expect(statuses(world)).toEqual(['r-0 taken']);
  expect(world.capital().spendable).toBe(200_000);
  world.poll({ btc: 600_000n });
  expect([statuses(world), world.capital().spendable]).toEqual([['r-0 withdrawn'], 600_000]);
});

test('a chain that is replaced ends them, so that nothing of the former one stays promised', async () => {
  const world = await reserved(400_000n);
  world.record({ kind: 'chain_replaced', atMs: T0, by: 'operator' });
  expect([statuses(world), world.breaches]).toEqual([['r-0 chain_replaced'], []]);
});

test('a chain is not replaced while a signed withdrawal can still be executed, should it be the same chain after all', async () => {
  const world = new DeskWorld();
  await world.desk.reserve(asked('a', 400_000n, { nonce: NONCE }));
  const replace = (atMs: number) => world.book.replaceChain({ nowMs: atMs, nowUs: (atMs - T0) * 1000 }, 'operator');
  const early = replace(T0 + 200_000);
  if (!('fromMs' in early)) throw new Error('the withdrawal can still be executed');
  expect(early.fromMs).toBeGreaterThan(UNTIL_MS);
  expect(replace(early.fromMs)).toMatchObject({ fact: { kind: 'chain_replaced' } });
});

test('facts that do not follow each other are named, and free nothing', async () => {
  const world = await reserved(400_000n);
  const before = world.capital();
  for (const fact of [
    { kind: 'reservation_taken', atMs: T0, reservationId: 'r-0' },
    { kind: 'reservation_taken', atMs: T0, reservationId: 'never' },
    { kind: 'reservation_released', atMs: T0, reservationId: 'never', by: 'operator' },
  ] as const) {
    expect(world.book.apply(fact)).toMatchObject({ code: 'record_misfit' });
  }
  expect(world.capital()).toEqual(before);
});

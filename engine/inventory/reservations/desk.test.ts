// Asking for reservations: what is taken and when, what waits, what is refused, and what of it survives a crash.

import { describe, expect, test } from 'bun:test';
import { UNITS_MAX } from '../../../contracts/amounts.ts';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { quote, T0 } from '../book.fixture.ts';
import { asked, BTC_UNITS, DeskWorld, UNTIL_MS, withdrawalNonce } from './desk.fixture.ts';
import type { ReserveAsked } from './desk.ts';
import { RESERVATIONS_OPEN_MAX, RESERVATIONS_OVER_MAX } from './reservation.ts';

/** A quote that pays BTC. */
const sign = (world: DeskWorld, quoteId: string, outUnits: bigint, lifetimeMs = 60_000) =>
  quote(world.book, {
    quoteId,
    direction: 'EURe->BTC',
    inUnits: 10n ** 18n,
    outUnits,
    atMs: world.nowMs,
    deadlineAtMs: world.nowMs + lifetimeMs,
  });

const admits = (world: DeskWorld, units: bigint): boolean =>
  world.book.admit(BTC.id, units as never, world.nowMs + 60_000, world.nowMs).ok;

describe('an amount that no quote needs', () => {
  test('is taken at once, and is not spendable any more', async () => {
    const world = new DeskWorld();
    expect(world.capital()).toEqual({ credited: 1_000_000, spendable: 1_000_000, reserved: 0, ceilings: 1_000_000 });
    const answer = await world.desk.reserve(asked('a', 400_000n));
    expect(answer).toMatchObject({ kind: 'taken', before: null, now: { id: 'a', takenAtMs: T0, end: null } });
    expect(world.capital()).toEqual({ credited: 1_000_000, spendable: 600_000, reserved: 400_000, ceilings: 600_000 });
    expect(world.breaches).toEqual([]);
    expect([admits(world, 300_000n), admits(world, 300_001n)]).toEqual([true, false]);
  });

  test('of all that there is leaves nothing to quote with', async () => {
    const world = new DeskWorld();
    expect(await world.desk.reserve(asked('a', BTC_UNITS))).toMatchObject({ kind: 'taken' });
    expect(world.capital()).toMatchObject({ spendable: 0, ceilings: 0 });
    expect(admits(world, 1n)).toBe(false);
  });

  test('repeated is the same reservation, and is taken once', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n));
    const facts = world.journal.length;
    expect(await world.desk.reserve(asked('a', 400_000n))).toMatchObject({ kind: 'taken', before: { id: 'a' } });
    expect([world.capital().reserved, world.journal.length]).toEqual([400_000, facts]);
  });
});

describe('an amount that live quotes need', () => {
  test('waits until they are over; meanwhile nothing new keeps it from coming free', async () => {
    const world = new DeskWorld();
    sign(world, 'quote-1', 500_000n);
    expect(await world.desk.reserve(asked('a', 700_000n))).toMatchObject({
      kind: 'waiting',
      missingUnits: 200_000n,
      now: { takenAtMs: null },
    });
    // The lane without quotes gives up what it has; the other one keeps what its quote may pay, and takes smaller ones on top.
    expect(world.capital()).toMatchObject({ spendable: 1_000_000, ceilings: 500_000 });
    expect([admits(world, 150_000n), admits(world, 150_001n)]).toEqual([true, false]);
    world.pass(59_000, BTC_UNITS);
    expect(await world.desk.reserve(asked('a', 700_000n))).toMatchObject({ kind: 'waiting' });
    world.pass(2_000, BTC_UNITS);
    expect(world.status('a')).toBe('taken');
    expect(await world.desk.reserve(asked('a', 700_000n))).toMatchObject({ kind: 'taken' });
    expect(world.capital()).toMatchObject({ spendable: 300_000, ceilings: 300_000 });
    expect(world.breaches).toEqual([]);
  });

  test('is taken in the order of asking: a smaller one behind it does not take what it waits for', async () => {
    const world = new DeskWorld();
    sign(world, 'quote-1', 500_000n);
    expect(await world.desk.reserve(asked('large', 700_000n))).toMatchObject({ kind: 'waiting' });
    expect(await world.desk.reserve(asked('small', 250_000n))).toMatchObject({ kind: 'waiting' });
    expect(await world.desk.reserve(asked('too much', 60_000n))).toMatchObject({ kind: 'refused', why: 'too_large' });
    world.pass(61_000, BTC_UNITS);
    expect([world.status('large'), world.status('small')]).toEqual(['taken', 'taken']);
    expect(world.capital()).toMatchObject({ spendable: 50_000, reserved: 950_000 });
  });

  test('keeps nothing from being quoted when a loss has made it too large', async () => {
    const world = new DeskWorld();
    sign(world, 'quote-1', 500_000n);
    await world.desk.reserve(asked('large', 900_000n));
    await world.desk.reserve(asked('small', 50_000n));
    world.poll({ btc: 600_000n });
    expect([world.status('large'), world.status('small')]).toEqual(['waiting', 'taken']);
    expect(admits(world, 250_000n)).toBe(true);
  });
});

test('one that comes free while its asking is written is answered as taken when that is on disk too', async () => {
  const world = new DeskWorld();
  sign(world, 'quote-1', 500_000n);
  const durable: number[] = [];
  world.beforeDurable = () => {
    durable.push(world.journal.length);
    if (durable.length === 1) world.pass(61_000, BTC_UNITS);
  };
  expect(await world.desk.reserve(asked('a', 700_000n))).toMatchObject({ kind: 'taken' });
  const takenAt = world.journal.findIndex(({ kind }) => kind === 'reservation_taken');
  expect([durable.length, takenAt >= (durable[0] ?? 0), takenAt < (durable[1] ?? 0)]).toEqual([2, true, true]);
});

describe('two that race for the same amount', () => {
  test('one is taken, the other refused', async () => {
    const world = new DeskWorld();
    const answers = await Promise.all([
      world.desk.reserve(asked('a', 600_000n)),
      world.desk.reserve(asked('b', 600_000n)),
    ]);
    expect(answers.map(({ kind }) => kind)).toEqual(['taken', 'refused']);
    expect(world.capital().reserved).toBe(600_000);
  });

  test('under one id are one reservation', async () => {
    const world = new DeskWorld();
    const answers = await Promise.all([
      world.desk.reserve(asked('a', 600_000n)),
      world.desk.reserve(asked('a', 600_000n)),
    ]);
    expect(answers.map(({ kind }) => kind)).toEqual(['taken', 'taken']);
    expect(world.capital().reserved).toBe(600_000);
  });

  test('one that is released before it is durable is not answered as taken', async () => {
    const world = new DeskWorld();
    world.beforeDurable = () => {
      if (world.status('a') === 'taken')
        world.record({ kind: 'reservation_released', atMs: T0, reservationId: 'a', by: 'operator' });
    };
    expect(await world.desk.reserve(asked('a', 1n))).toMatchObject({ kind: 'refused', why: 'over' });
  });
});

describe('is refused', () => {
  const CASES: readonly [string, ReserveAsked, string][] = [
    ['more than is credited', asked('a', BTC_UNITS + 1n), 'too_large'],
    ['the most that the verifier can hold', asked('a', UNITS_MAX), 'too_large'],
    ['an asset that is not traded', asked('a', 1n, { asset: 'nep141:wrap.near' }), 'asset_unknown'],
    ['an end that is past', asked('a', 1n, { untilAtMs: T0 }), 'until_wrong'],
    ['an end in more than a week', asked('a', 1n, { untilAtMs: T0 + 7 * 86_400_000 + 1 }), 'until_wrong'],
    ['a nonce without an end', asked('a', 1n, { nonce: withdrawalNonce(1), untilAtMs: null }), 'until_wrong'],
  ];
  test.each(CASES)('%s', async (_name, of, why) => {
    const world = new DeskWorld();
    const facts = world.journal.length;
    expect(await world.desk.reserve(of)).toMatchObject({ kind: 'refused', why });
    expect(world.journal.length).toBe(facts);
  });

  test('what another one has taken', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 999_999n));
    expect(await world.desk.reserve(asked('b', 2n))).toMatchObject({ kind: 'refused', why: 'too_large' });
    expect(await world.desk.reserve(asked('c', 1n))).toMatchObject({ kind: 'taken' });
  });

  test('an id of another reservation', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 5n));
    for (const other of [
      asked('a', 6n),
      asked('a', 5n, { asset: EURE.id }),
      asked('a', 5n, { untilAtMs: UNTIL_MS + 1 }),
      asked('a', 5n, { nonce: withdrawalNonce(1) }),
    ]) {
      expect(await world.desk.reserve(other)).toMatchObject({ kind: 'refused', why: 'differs' });
    }
    expect(world.capital().reserved).toBe(5);
  });

  test('a nonce of a lane, or of another reservation', async () => {
    const world = new DeskWorld();
    const lane = world.book.openNonces()[0]?.nonce ?? null;
    expect(await world.desk.reserve(asked('a', 1n, { nonce: lane }))).toMatchObject({ why: 'nonce_in_use' });
    await world.desk.reserve(asked('a', 1n, { nonce: withdrawalNonce(1) }));
    expect(await world.desk.reserve(asked('b', 1n, { nonce: withdrawalNonce(1) }))).toMatchObject({
      why: 'nonce_in_use',
    });
  });

  test('one more than may be open; one that is over makes room, and is remembered within a bound', async () => {
    const world = new DeskWorld();
    for (let number = 0; number < RESERVATIONS_OPEN_MAX; number++) {
      expect(await world.desk.reserve(asked(`r-${number}`, 1n))).toMatchObject({ kind: 'taken' });
    }
    expect(await world.desk.reserve(asked('more', 1n))).toMatchObject({ kind: 'refused', why: 'too_many' });
    for (let number = 0; number < RESERVATIONS_OVER_MAX + 5; number++) {
      await world.desk.release(number === 0 ? 'r-0' : `next-${number - 1}`, 'operator');
      world.pass(1, BTC_UNITS);
      expect(await world.desk.reserve(asked(`next-${number}`, 1n))).toMatchObject({ kind: 'taken' });
    }
    expect(world.book.reservations().length).toBe(RESERVATIONS_OPEN_MAX + RESERVATIONS_OVER_MAX);
    expect(world.capital().reserved).toBe(RESERVATIONS_OPEN_MAX);
  });
});

describe('giving it back', () => {
  test('frees it once, however often it is repeated', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n));
    const facts = world.journal.length;
    for (let calls = 0; calls < 2; calls++) {
      expect(await world.desk.release('a', 'operator')).toMatchObject({ kind: 'releasing', before: { end: null } });
    }
    expect([world.journal.length, world.status('a'), world.capital().reserved]).toEqual([
      facts + 1,
      'releasing',
      400_000,
    ]);
    expect(await world.desk.reserve(asked('a', 400_000n))).toMatchObject({ kind: 'refused', why: 'over' });
    // A block of that moment may be of before.
    world.pass(0, BTC_UNITS);
    expect(world.status('a')).toBe('releasing');
    world.pass(1, BTC_UNITS);
    expect(world.capital()).toMatchObject({ spendable: 1_000_000, reserved: 0, ceilings: 1_000_000 });
    expect(await world.desk.release('a', 'operator')).toMatchObject({
      kind: 'released',
      before: { end: { outcome: 'released' } },
    });
    expect(world.capital()).toMatchObject({ spendable: 1_000_000, reserved: 0 });
    expect(await world.desk.reserve(asked('a', 400_000n))).toMatchObject({ kind: 'refused', why: 'over' });
  });

  test('lets quotes have what waited', async () => {
    const world = new DeskWorld();
    sign(world, 'quote-1', 500_000n);
    await world.desk.reserve(asked('a', 700_000n));
    expect(await world.desk.release('a', 'operator')).toMatchObject({ kind: 'released' });
    expect(world.capital()).toMatchObject({ spendable: 1_000_000, ceilings: 1_000_000 });
    expect(admits(world, 500_000n)).toBe(true);
  });

  test('of one that left before a balance showed it frees nothing, and is no breach', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n));
    expect(await world.desk.release('a', 'operator')).toMatchObject({ kind: 'releasing' });
    world.pass(5_000, 600_000n);
    expect(world.status('a')).toBe('withdrawn');
    expect(world.capital()).toEqual({ credited: 600_000, spendable: 600_000, reserved: 0, ceilings: 600_000 });
    expect(world.breaches).toEqual([]);
    expect(await world.desk.release('a', 'operator')).toMatchObject({ kind: 'refused', why: 'over' });
  });

  test('of one with a nonce frees it only after its time, since its payload can be executed until then', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n, { nonce: withdrawalNonce(1) }));
    expect(await world.desk.release('a', 'operator')).toMatchObject({ kind: 'releasing' });
    world.nowMs = UNTIL_MS;
    world.poll({ btc: BTC_UNITS });
    expect([world.status('a'), world.capital().reserved]).toEqual(['releasing', 400_000]);
    world.nowMs += 1;
    world.poll({ btc: BTC_UNITS });
    expect([world.status('a'), world.capital().reserved]).toEqual(['released', 0]);
    expect(world.breaches).toEqual([]);
  });

  test('of one with a nonce that is executed afterwards is no loss, and breaks no promise', async () => {
    const world = new DeskWorld();
    const nonce = withdrawalNonce(1);
    await world.desk.reserve(asked('a', 400_000n, { nonce }));
    await world.desk.release('a', 'operator');
    world.pass(5_000, BTC_UNITS);
    expect(admits(world, 300_001n)).toBe(false);
    sign(world, 'quote-1', 300_000n);
    world.nowMs += 1_000;
    world.poll({ btc: 600_000n, used: [nonce] });
    expect(world.status('a')).toBe('withdrawn');
    expect(world.capital()).toEqual({ credited: 600_000, spendable: 600_000, reserved: 0, ceilings: 600_000 });
    expect(world.breaches).toEqual([]);
  });

  test('of one that was withdrawn frees nothing', async () => {
    const world = new DeskWorld();
    await world.desk.reserve(asked('a', 400_000n));
    world.poll({ btc: 600_000n });
    expect(await world.desk.release('a', 'operator')).toMatchObject({ kind: 'refused', why: 'over' });
    expect(world.capital()).toEqual({ credited: 600_000, spendable: 600_000, reserved: 0, ceilings: 600_000 });
  });

  test('of one that is not known is refused', async () => {
    expect(await new DeskWorld().desk.release('never', 'operator')).toMatchObject({ kind: 'refused', why: 'unknown' });
  });
});

describe('after a crash', () => {
  test('what was answered as taken is taken, and no quote has it', async () => {
    const world = new DeskWorld();
    sign(world, 'quote-1', 400_000n);
    let durable = 0;
    world.beforeDurable = () => {
      durable = world.journal.length;
    };
    await world.desk.reserve(asked('a', 300_000n));
    world.restart(durable);
    expect(world.status('a')).toBe('taken');
    expect(world.capital()).toMatchObject({ spendable: 700_000, reserved: 300_000 });
    expect(await world.desk.reserve(asked('a', 300_000n))).toMatchObject({ kind: 'taken', before: { id: 'a' } });
    expect(world.capital().reserved).toBe(300_000);
  });

  test('what was lost with the journal is asked for as new', async () => {
    const world = new DeskWorld();
    const before = world.journal.length;
    await world.desk.reserve(asked('a', 300_000n));
    world.restart(before);
    expect(world.status('a')).toBe('unknown');
    world.poll({ btc: BTC_UNITS });
    world.pass(90_000, BTC_UNITS);
    expect(await world.desk.reserve(asked('a', 300_000n))).toMatchObject({ kind: 'taken', before: null });
  });

  test('nothing is taken before this run has read a balance', async () => {
    const world = new DeskWorld();
    world.restart();
    world.record({ kind: 'closed', atMs: T0 });
    expect(await world.desk.reserve(asked('a', 300_000n))).toMatchObject({ kind: 'waiting' });
    world.poll({ btc: BTC_UNITS });
    world.pass(90_000, BTC_UNITS);
    expect(world.status('a')).toBe('taken');
  });
});

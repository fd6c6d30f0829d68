// What the liquidity-manager makes of each answer of the engine's own routes of reservations: a book, its desk and the control API,
// over a socket.

import { afterEach, describe, expect, test } from 'bun:test';
import { BTC } from '../../../contracts/assets.ts';
import { TEST_TOKEN } from '../../../contracts/runtime/control/control.fixture.ts';
import { isoTime } from '../../../contracts/time.ts';
import { reservationApi } from '../../../engine/control/reservations/routes.fixture.ts';
import { quote, T0 } from '../../../engine/inventory/book.fixture.ts';
import { BTC_UNITS, UNTIL_MS, withdrawalNonce } from '../../../engine/inventory/reservations/desk.fixture.ts';
import { createReserver } from '../../../sidecars/liquidity-manager/withdrawals/engine.ts';

type Api = ReturnType<typeof reservationApi>;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const ID = 'wd-00000001';
const ASKED = {
  reservationId: ID,
  assetId: BTC.id as string,
  amount: '400000',
  until: isoTime(UNTIL_MS),
  nonce: withdrawalNonce(1) as string,
};

/** More than what a quote of half leaves free. */
const LARGE = { ...ASKED, amount: '700000' };

function begin(over: Parameters<typeof reservationApi>[0] = {}) {
  const api = reservationApi(over);
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? null;
      return await api.send(request.method, pathname, { body: await request.text(), token });
    },
  });
  ends.push(() => server.stop(true));
  const reserver = createReserver(`http://127.0.0.1:${server.port}`, TEST_TOKEN);
  return { ...api, server, reserver };
}

/** A quote of BTC that lives for a minute. */
const sign = ({ world }: Api, outUnits: bigint) =>
  quote(world.book, { quoteId: 'q', direction: 'EURe->BTC', inUnits: 1n, outUnits });

test('an amount that is free is taken, once, also when the answer is lost or the engine starts again', async () => {
  const { world, reserver } = begin();
  world.beforeDurable = () => {
    throw new Error('the answer is lost');
  };
  expect(await reserver.reserve(ASKED)).toMatchObject({ kind: 'unknown' });
  world.beforeDurable = () => undefined;
  expect(await reserver.reserve(ASKED)).toEqual({ kind: 'taken', id: ID });
  world.restart();
  expect(await reserver.reserve(ASKED)).toEqual({ kind: 'taken', id: ID });
  expect(world.capital().reserved).toBe(400_000);
  expect(world.book.reservations()).toMatchObject([{ id: ID, nonce: ASKED.nonce, untilAtMs: UNTIL_MS }]);
});

test('what the crash of the engine lost is asked for as new', async () => {
  const { world, reserver } = begin();
  const kept = world.journal.length;
  world.beforeDurable = () => {
    throw new Error('the disk is gone');
  };
  await reserver.reserve(ASKED);
  world.beforeDurable = () => undefined;
  world.restart(kept);
  expect(world.status(ID)).toBe('unknown');
  // What the nonces of before may still bind is not free.
  expect(await reserver.reserve(ASKED)).toMatchObject({ kind: 'waiting' });
  world.poll({ btc: BTC_UNITS });
  world.pass(90_000, BTC_UNITS);
  expect(await reserver.reserve(ASKED)).toEqual({ kind: 'taken', id: ID });
  expect(world.capital().reserved).toBe(400_000);
});

test('an amount that live quotes need waits, and is taken once they are over', async () => {
  const api = begin();
  sign(api, 500_000n);
  expect(await api.reserver.reserve(LARGE)).toMatchObject({ kind: 'waiting' });
  expect(api.world.status(ID)).toBe('waiting');
  api.world.pass(61_000, BTC_UNITS);
  expect(await api.reserver.reserve(LARGE)).toEqual({ kind: 'taken', id: ID });
});

describe('an operator gives it back', () => {
  test('while it waits: it is refused from then on', async () => {
    const api = begin();
    sign(api, 500_000n);
    await api.reserver.reserve(LARGE);
    expect((await api.call('DELETE', { reservation_id: ID })).status).toBe(200);
    api.world.pass(61_000, BTC_UNITS);
    expect(await api.reserver.reserve(LARGE)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('released'),
    });
  });

  test('when it was taken: it is refused, and the amount is kept until the signed payload can no longer be executed', async () => {
    const { reserver, call, world } = begin();
    await reserver.reserve(ASKED);
    expect((await call('DELETE', { reservation_id: ID })).status).toBe(202);
    expect(await reserver.reserve(ASKED)).toMatchObject({ kind: 'refused' });
    world.nowMs = UNTIL_MS;
    world.poll({ btc: BTC_UNITS });
    expect([world.status(ID), world.capital().reserved]).toEqual(['releasing', 400_000]);
    world.nowMs += 1;
    world.poll({ btc: BTC_UNITS });
    expect([world.status(ID), world.capital().reserved]).toEqual(['released', 0]);
  });
});

describe('is refused for good', () => {
  test.each([
    ['more than is free', { amount: '1000001' }, '1000001'],
    ['an end that is past', { until: isoTime(T0) }, 'until'],
    ['a body that is none', { amount: '0' }, 'amount'],
    ['a nonce that is none', { nonce: 'short' }, 'nonce'],
  ])('%s', async (_what, over, named) => {
    const { reserver, world } = begin();
    const answer = await reserver.reserve({ ...ASKED, ...over });
    expect(answer).toMatchObject({ kind: 'refused', detail: expect.stringContaining(named) });
    expect(world.book.reservations()).toEqual([]);
  });

  test.each([
    ['another amount under the same id', { amount: '400001' }],
    ['the same nonce under another id', { reservationId: 'wd-00000002' }],
    ['what another one has taken', { reservationId: 'wd-00000002', nonce: withdrawalNonce(2), amount: '600001' }],
  ])('%s', async (_what, over) => {
    const { reserver, world } = begin();
    await reserver.reserve(ASKED);
    expect(await reserver.reserve({ ...ASKED, ...over })).toMatchObject({ kind: 'refused' });
    expect(world.capital().reserved).toBe(400_000);
  });

  test('a withdrawal that a balance shows executed', async () => {
    const { reserver, world } = begin();
    await reserver.reserve(ASKED);
    world.poll({ btc: 600_000n, used: [withdrawalNonce(1)] });
    expect(await reserver.reserve(ASKED)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('withdrawn'),
    });
  });

  test('without a token', async () => {
    expect(await createReserver('http://127.0.0.1:9', null).reserve(ASKED)).toMatchObject({ kind: 'refused' });
  });
});

test('an asset that the engine does not trade needs no reservation', async () => {
  const { reserver, world } = begin();
  expect(await reserver.reserve({ ...ASKED, assetId: 'nep141:nbtc.bridge.near' })).toEqual({ kind: 'taken', id: null });
  expect(world.book.reservations()).toEqual([]);
});

describe('is asked for again', () => {
  test.each([
    ['while the engine ends', (api: Api) => api.control.drain('test'), {}],
    ['while its journal cannot be written', () => undefined, { journalFailure: 'no space left on device' }],
    ['before it knows a balance', (api: Api) => api.world.restart(2), {}],
  ] as const)('%s', async (_when, prepare, over) => {
    const api = begin(over);
    prepare(api);
    expect(await api.reserver.reserve(ASKED)).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining('engine'),
    });
    expect(api.world.book.reservations()).toEqual([]);
  });

  test('after too many calls', async () => {
    const { reserver } = begin();
    const answers = await Promise.all(Array.from({ length: 200 }, () => reserver.reserve(ASKED)));
    const kinds = new Set(answers.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(['taken', 'unknown']);
  });

  test('when the engine is away', async () => {
    const { reserver, server, world } = begin();
    await server.stop(true);
    expect(await reserver.reserve(ASKED)).toMatchObject({ kind: 'unknown' });
    expect(world.book.reservations()).toEqual([]);
  });
});

// The routes of reservations over a book: what answers what, and what is on record of it.

import { expect, test } from 'bun:test';
import { BTC } from '../../../contracts/assets.ts';
import { quote } from '../../inventory/book.fixture.ts';
import { withdrawalNonce } from '../../inventory/reservations/desk.fixture.ts';
import { reservationApi } from './routes.fixture.ts';

const UNTIL = '2026-01-01T00:10:00.000Z';
const BODY = { reservation_id: 'withdrawal-1', asset: BTC.id, amount: '400000', until: UNTIL };

test('an amount is reserved with 200, shown, and given back', async () => {
  const { call, world } = reservationApi();
  const reservation = { reservation_id: 'withdrawal-1', asset: BTC.id, amount: '400000', until: UNTIL, nonce: null };
  expect(await call('POST', BODY)).toMatchObject({
    status: 200,
    answer: {
      part: 'inventory',
      action: 'reserve',
      from: null,
      to: { ...reservation, status: 'taken', ended_at: null },
    },
  });
  expect((await call('POST', BODY)).answer).toMatchObject({ from: { status: 'taken' }, to: { status: 'taken' } });
  expect((await call('GET')).answer).toMatchObject({
    open: [{ ...reservation, status: 'taken' }],
    over: [],
    open_max: 16,
  });
  expect(world.capital().spendable).toBe(600_000);
  expect(await call('DELETE', { reservation_id: 'withdrawal-1' })).toMatchObject({
    status: 202,
    answer: { from: { status: 'taken' }, to: { status: 'releasing' } },
  });
  world.pass(1, 1_000_000n);
  expect(await call('DELETE', { reservation_id: 'withdrawal-1' })).toMatchObject({
    status: 200,
    answer: { from: { status: 'released' }, to: { status: 'released' } },
  });
  expect((await call('GET')).answer).toMatchObject({ open: [], over: [{ status: 'released' }] });
  expect(world.capital().spendable).toBe(1_000_000);
});

test('while live quotes need it the answer is 202 and says so, and 200 comes when it is called again', async () => {
  const { call, world, audited } = reservationApi();
  quote(world.book, { quoteId: 'q', direction: 'EURe->BTC', inUnits: 1n, outUnits: 500_000n });
  const asked = { ...BODY, amount: '700000' };
  expect(await call('POST', asked)).toMatchObject({
    status: 202,
    answer: { to: { status: 'waiting', taken_at: null }, note: expect.stringContaining('200000') },
  });
  world.pass(61_000, 1_000_000n);
  expect(await call('POST', asked)).toMatchObject({ status: 200, answer: { to: { status: 'taken' } } });
  expect(audited.map(({ action, outcome, http_status }) => `${action} ${outcome} ${http_status}`)).toEqual([
    'reserve done 202',
    'reserve done 200',
  ]);
});

test('every call is on record with who made it, refused ones too', async () => {
  const { call, audited } = reservationApi();
  await call('POST', BODY);
  await call('POST', { ...BODY, amount: '1' });
  await call('DELETE', { reservation_id: 'other' });
  await call('DELETE', { reservation_id: 'withdrawal-1' });
  expect(audited).toMatchObject([
    { action: 'reserve', outcome: 'done', actor: 'operator', to: { status: 'taken' } },
    { action: 'reserve', outcome: 'refused', http_status: 409, note: expect.stringContaining('400000') },
    { action: 'release', outcome: 'refused', http_status: 404 },
    { action: 'release', outcome: 'done', from: { status: 'taken' }, to: { status: 'releasing' } },
  ]);
});

const NONCE = withdrawalNonce(1);
test.each([
  ['no amount', { ...BODY, amount: undefined }],
  ['an amount of 0', { ...BODY, amount: '0' }],
  ['a negative amount', { ...BODY, amount: '-1' }],
  ['a number in place of text', { ...BODY, amount: 400_000 }],
  ['an amount with a fraction', { ...BODY, amount: '1.5' }],
  ['an amount above 2^128', { ...BODY, amount: (2n ** 128n + 1n).toString() }],
  ['the first amount that the verifier cannot hold', { ...BODY, amount: (2n ** 127n).toString() }],
  ['an amount of 40 digits', { ...BODY, amount: '1'.repeat(40) }],
  ['an id of 129 characters', { ...BODY, reservation_id: 'x'.repeat(129) }],
  ['an id with a space', { ...BODY, reservation_id: 'a b' }],
  ['a day that is none', { ...BODY, until: '2026-02-31T00:00:00.000Z' }],
  ['a nonce of 31 bytes', { ...BODY, nonce: new Uint8Array(31).toBase64() }],
  ['a nonce in another spelling', { ...BODY, nonce: `${NONCE.slice(0, 42)}F=` }],
])('%s is refused with 400, and changes nothing', async (_name, body) => {
  const { call, world } = reservationApi();
  const facts = world.journal.length;
  expect(await call('POST', body)).toMatchObject({ status: 400, answer: { errors: [{ field: expect.any(String) }] } });
  expect([world.journal.length, world.capital().reserved]).toEqual([facts, 0]);
});

test.each([
  ['more than there is', { ...BODY, amount: '1000001' }, 'reservation-too-large'],
  ['38 digits, which the verifier can hold', { ...BODY, amount: '9'.repeat(38) }, 'reservation-too-large'],
  ['an asset that is not traded', { ...BODY, asset: 'nep141:wrap.near' }, 'asset-unknown'],
  ['an end that is past', { ...BODY, until: '2025-12-31T23:59:59.999Z' }, 'until-wrong'],
  ['a nonce without an end', { ...BODY, until: undefined, nonce: NONCE }, 'until-wrong'],
])('%s is refused with 409', async (_name, body, code) => {
  const { call, world } = reservationApi();
  expect(await call('POST', body)).toMatchObject({ status: 409, answer: { type: `urn:unrip:problem:${code}` } });
  expect(world.capital().reserved).toBe(0);
});

test('of one that was withdrawn nothing is given back', async () => {
  const { call, world } = reservationApi();
  await call('POST', BODY);
  world.poll({ btc: 600_000n });
  expect(await call('DELETE', { reservation_id: 'withdrawal-1' })).toMatchObject({
    status: 409,
    answer: { type: 'urn:unrip:problem:reservation-over', detail: expect.stringContaining('withdrawn') },
  });
  expect(await call('POST', BODY)).toMatchObject({ status: 409 });
  expect(world.capital()).toMatchObject({ spendable: 600_000, reserved: 0 });
});

test.each([
  ['while the journal cannot be written', { journalFailure: 'no space left on device' }, 'journal-failed'],
  ['while the process ends', {}, 'draining'],
] as const)('nothing is reserved or given back %s', async (_name, over, code) => {
  const { call, control, world } = reservationApi(over);
  control.drain('test');
  const type = `urn:unrip:problem:${code}`;
  expect(await call('POST', BODY)).toMatchObject({ status: 409, answer: { type } });
  expect(await call('DELETE', { reservation_id: 'withdrawal-1' })).toMatchObject({ status: 409, answer: { type } });
  expect(world.book.reservations()).toEqual([]);
});

// A second withdrawal of the same amount to the same address: a request that was repeated, or a second payment, which says so.

import { afterEach, expect, test } from 'bun:test';
import { endAll, request, run, world } from './desk.fixture.ts';
import { body, NBTC, NOW_MS, signed } from './withdrawals.fixture.ts';

afterEach(endAll);

/** Signed a second later than the first, so that it is another payload. */
function second(over: Partial<ReturnType<typeof body>> = {}) {
  const asked = body({ withdrawal_id: 'wd-00000002', ...over });
  return { ...asked, signed: signed(asked, NOW_MS + 901_000) };
}

test('is refused while the first is not over, also when both are asked for at once, and is on record', async () => {
  const given = world();
  const { desk, ledger } = run(given);
  const [first, other] = await Promise.all([desk.take(request()), desk.take(second())]);
  expect(first).toMatchObject({ ok: true, answer: { action: { status: 'submitted' } } });
  expect(other).toMatchObject({ ok: false, reason: 'alike_under_way', detail: 'it is wd-00000001' });
  expect(given.published).toHaveLength(1);
  expect(ledger.book.get('withdrawal:wd-00000002')?.action).toMatchObject({
    status: 'failed',
    reason_code: 'alike_under_way',
  });
});

test('is taken where it says that it is another one, is of another amount or asset, or the first is over', async () => {
  for (const other of [second({ again: true }), second({ amount: '50001' }), second({ asset: NBTC.id })]) {
    const { desk } = run(world());
    await desk.take(request());
    expect(await desk.take(other)).toMatchObject({ ok: true });
  }
  const given = world();
  const { desk } = run(given);
  given.reservation = { kind: 'refused', detail: 'too little' };
  await desk.take(request());
  expect(await desk.take(second())).toMatchObject({ reason: 'reservation_refused' });
});

// What a withdrawal is once the bridge says that it has paid: what the other chain shows of that.

import { afterEach, describe, expect, test } from 'bun:test';
import { moved } from '../actions/tracked.ts';
import { COMPLETED, endAll, paid, request, run, world } from './desk.fixture.ts';
import type { Shown } from './outside.ts';
import { body, DESTINATION, NEAR_TX, NOW_MS, signed } from './withdrawals.fixture.ts';

afterEach(endAll);

describe('what the bridge says that it has paid', () => {
  test('counts once the chain shows it under enough blocks, and is taken back when it is gone from there', async () => {
    const given = world();
    given.transaction = NEAR_TX;
    given.report = COMPLETED;
    given.shown = { kind: 'nothing', detail: 'not known' };
    const { desk, now, ledger } = run(given);
    await desk.take(request());
    const after = async (shown: Shown) => {
      given.shown = shown;
      await desk.follow();
      const { status, reason_code, confirmations, tx_hash } = now() ?? {};
      return [status, reason_code, confirmations, tx_hash];
    };
    const nothing: Shown = { kind: 'nothing', detail: 'not known' };
    expect(await after(nothing)).toEqual(['burned', 'payment_not_shown', null, 'outside-1']);
    expect(given.asked.at(-1)).toBe(`btc:mainnet outside-1 ${DESTINATION}`);
    expect(now()?.completed_at).toBeNull();
    expect(await after(paid(0))).toEqual(['confirming', null, 0, 'outside-1']);
    expect(await after(paid(1))).toEqual(['confirming', null, 1, 'outside-1']);
    // A node that is away takes nothing back.
    expect(await after({ kind: 'unread' })).toEqual(['confirming', null, 1, 'outside-1']);
    expect(await after(nothing)).toEqual(['burned', 'payment_not_shown', null, 'outside-1']);
    given.report = { ...COMPLETED, txHash: 'outside-2' };
    expect(await after(paid(1))).toEqual(['confirming', null, 1, 'outside-2']);
    // The chain shows it, whether or not the bridge answers.
    given.report = null;
    expect(await after(paid(2))).toEqual(['completed', null, 2, 'outside-2']);
    expect(ledger.book.get('withdrawal:wd-00000001')?.action).toMatchObject({
      credited_amount: '48500',
      confirmations_required: 2,
    });
  });

  test.each([
    ['no node can be read', { kind: 'unread' } as const],
    ['only others are paid', { kind: 'nothing', detail: 'pays others' } as const],
    ['more is paid than was withdrawn', paid(9, 50_001n)],
  ])('is not completed while %s', async (_while, shown) => {
    const given = world();
    given.transaction = NEAR_TX;
    given.report = COMPLETED;
    given.shown = shown;
    const { desk, now, states } = run(given);
    await desk.take(request());
    for (let rounds = 0; rounds < 3; rounds++) await desk.follow();
    expect(now()).toMatchObject({ status: 'burned', reason_code: 'payment_not_shown', credited_amount: null });
    // One record of it, however often it is asked for.
    expect(states().filter((state) => state.endsWith('payment_not_shown'))).toHaveLength(1);
  });

  test.each([
    ['what is expected', paid(2, 1_000n, 48_500n, 49_000n), '48500', null],
    ['less than expected', paid(2, 48_000n), '48000', 'credit_lower'],
  ] as const)('arrives with what the chain shows: %s', async (_what, shown, credited_amount, reason_code) => {
    const given = world();
    given.transaction = NEAR_TX;
    given.report = COMPLETED;
    given.shown = shown;
    const { desk, now } = run(given);
    await desk.take(request());
    await desk.follow();
    expect(now()).toMatchObject({ status: 'completed', credited_amount, reason_code });
  });

  test('is one output for each withdrawal that a transaction pays', async () => {
    const given = world();
    given.transaction = NEAR_TX;
    given.report = COMPLETED;
    const { desk, ledger } = run(given);
    const second = body({ withdrawal_id: 'wd-00000002' });
    await desk.take(request());
    await desk.take({ ...second, signed: signed(second, NOW_MS + 901_000) });
    await desk.follow();
    const statuses = () => [...ledger.book.values()].map(({ action }) => action.status).toSorted();
    expect(statuses()).toEqual(['burned', 'completed']);
    given.shown = paid(2, 48_500n, 48_500n);
    await desk.follow();
    expect(statuses()).toEqual(['completed', 'completed']);
  });

  test('is unknown while the bridge gives no answer that can be read: that is the reason, until it does', async () => {
    const given = world();
    given.transaction = NEAR_TX;
    given.unheard = 'no list of transfers';
    const { desk, now, records } = run(given);
    await desk.take(request());
    for (let rounds = 0; rounds < 3; rounds++) await desk.follow();
    expect(now()).toMatchObject({
      status: 'burned',
      reason_code: 'bridge_unreachable',
      detail: 'no list of transfers',
    });
    const before = records.length;
    await desk.follow();
    expect(records.length).toBe(before);
    given.unheard = null;
    await desk.follow();
    expect(now()).toMatchObject({ status: 'burned', reason_code: null, detail: '' });
    given.report = COMPLETED;
    await desk.follow();
    expect(now()?.status).toBe('completed');
    expect(records.map(({ transition_seq }) => transition_seq)).toEqual(records.map((_, index) => index + 1));
  });

  test('is late for as long as it is not there, and no record follows on the other', async () => {
    const given = world();
    given.transaction = NEAR_TX;
    given.report = COMPLETED;
    given.shown = paid(1);
    const { desk, ledger, now, records } = run(given);
    await desk.take(request());
    await desk.follow();
    const tracked = ledger.book.get('withdrawal:wd-00000001');
    if (tracked === undefined) throw new Error('it is followed');
    ledger.commit([
      moved(tracked, { status: 'delayed', reason_code: 'transfer_late', detail: 'late' }, given.clock.nowMs()),
    ]);
    const before = records.length;
    for (let rounds = 0; rounds < 3; rounds++) await desk.follow();
    expect([now()?.status, records.length]).toEqual(['delayed', before]);
    given.shown = { kind: 'nothing', detail: 'gone' };
    await desk.follow();
    expect(now()).toMatchObject({ status: 'burned', reason_code: 'payment_not_shown' });
    given.shown = paid(2);
    await desk.follow();
    expect(now()?.status).toBe('completed');
  });
});

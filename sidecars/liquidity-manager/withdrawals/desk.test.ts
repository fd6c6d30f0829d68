import { afterEach, describe, expect, test } from 'bun:test';
import { addressGiven } from '../actions/addresses.ts';
import { OPEN_MAX } from '../actions/book.ts';
import type { Context } from '../actions/context.ts';
import { begun } from '../actions/tracked.ts';
import { timePassed } from '../actions/waits.ts';
import type { BridgeResult, WithdrawalCost } from '../bridges/bridge.ts';
import { readState } from '../store/kept.ts';
import { COMPLETED, endAll, notUsed, request, run, TAKEN, world } from './desk.fixture.ts';
import { ACCOUNT, body, DESTINATION, NBTC, NEAR_TX, signed } from './withdrawals.fixture.ts';

afterEach(endAll);

/** As the manager counts how long actions wait. */
function letPass(ms: number, { clock }: ReturnType<typeof world>, ledger: ReturnType<typeof run>['ledger']): void {
  const settings = { accountId: ACCOUNT, assetIds: [], wallets: [], delayedAfterMs: 60_000, stuckAfterMs: 600_000 };
  const context: Context = { nowMs: clock.nowMs(), settings, termsOf: () => null };
  const { late, waiting } = timePassed(ledger.book, ms, context);
  ledger.commit(late);
  ledger.note(waiting);
}

describe('a withdrawal', () => {
  test('is reserved, published after that alone, burned, and followed to the other chain', async () => {
    const given = world();
    const { desk, states, now, records, ledger } = run(given);
    const taken = await desk.take(request());
    expect(taken).toMatchObject({
      ok: true,
      answer: { quote: { fee: '1500', arrives: '48500' }, action: { status: 'submitted' } },
    });
    expect(given.calls).toEqual(['reserve wd-00000001 50000', 'publish']);
    given.transaction = NEAR_TX;
    await desk.follow();
    given.report = { bridgeStatus: 'PENDING', outcome: 'pending', txHash: null, arrivesUnits: null };
    await desk.follow();
    given.report = COMPLETED;
    await desk.follow();
    expect(states()).toEqual(['requested', 'requested', 'submitted', 'burned', 'burned', 'completed']);
    expect(now()).toMatchObject({
      amount: '50000',
      fee: '1500',
      credited_amount: '48500',
      tx_hash: 'outside-1',
      near_tx_hash: NEAR_TX,
      intent_hash: signed(body()).intent_hash,
      reservation_id: 'wd-00000001',
      destination: DESTINATION,
    });
    expect(records.every(({ kind }) => kind === 'withdrawal')).toBe(true);
    // The signature is not kept once it is used.
    expect(ledger.book.get('withdrawal:wd-00000001')?.notes.signed).toBeUndefined();
  });

  test('keeps what the engine, the relay and the verifier say, however long they take', async () => {
    const given = world();
    given.publishing = { kind: 'unknown', detail: 'timeout' };
    const { desk, ledger, now } = run(given);
    given.meanwhile = () => letPass(7_000, given, ledger);
    await desk.take(request());
    expect(now()).toMatchObject({ reservation_id: 'wd-00000001', reason_code: 'publish_unknown' });
    given.publishing = { kind: 'taken', detail: '' };
    await desk.follow();
    expect(now()).toMatchObject({ status: 'submitted', reason_code: null });
    expect(given.calls).toEqual(['reserve wd-00000001 50000', 'publish', 'publish']);
    // How long it has waited for its next step counts from there.
    expect(ledger.book.get('withdrawal:wd-00000001')?.notes.waited_ms).toBe(0);
    given.nonce = 'never';
    given.clock.advance(900_001);
    await desk.follow();
    await desk.follow();
    expect(now()).toMatchObject({ status: 'failed', reason_code: 'payload_expired' });
  });

  test('that is only checked leaves nothing behind', async () => {
    const given = world();
    const { desk, ledger } = run(given);
    expect(await desk.take(body())).toMatchObject({ ok: true, answer: { action: null } });
    expect([ledger.book.size, given.calls]).toEqual([0, []]);
  });

  test('waits while live quotes need the amount, and is published once it is reserved', async () => {
    const given = world();
    given.reservation = { kind: 'waiting', detail: 'live quotes' };
    const { desk, states } = run(given);
    expect(await desk.take(request())).toMatchObject({ ok: true, answer: { action: { status: 'requested' } } });
    await desk.follow();
    expect(given.calls).not.toContain('publish');
    given.reservation = TAKEN;
    await desk.follow();
    expect(given.calls.filter((call) => call === 'publish')).toHaveLength(1);
    expect(states()).toEqual(['requested', 'requested:reservation_refused', 'requested', 'submitted']);
  });

  test.each([
    [
      'the engine refuses the amount',
      'reservation_refused',
      (given: ReturnType<typeof world>) => {
        given.reservation = { kind: 'refused', detail: 'too large' };
      },
    ],
    [
      'the fee is too high',
      'fee_too_high',
      (given: ReturnType<typeof world>) => {
        given.cost = { ...given.cost, feeUnits: 2_501n };
      },
    ],
  ] as const)('is refused, and on record, when %s; nothing is published', async (_what, reason, spoil) => {
    const given = world();
    spoil(given);
    const { desk, now } = run(given);
    expect(await desk.take(request())).toMatchObject({ ok: false, reason });
    expect(now()).toMatchObject({ status: 'failed', reason_code: reason });
    expect(given.published).toEqual([]);
    // Asked again, the same; under the same id, nothing else.
    expect(await desk.take(request())).toMatchObject({ ok: false, reason });
    expect(await desk.take(request({ amount: '50001' }))).toMatchObject({ ok: false, reason: 'payload_differs' });
  });

  test('is refused while frozen; one that was published before is followed on', async () => {
    const given = world();
    const { desk, ledger, now } = run(given);
    await desk.take(request());
    ledger.setFreeze('operator');
    const second = {
      ...body({ withdrawal_id: 'wd-00000002' }),
      signed: signed(body({ withdrawal_id: 'wd-00000002' })),
    };
    expect(await desk.take(second)).toMatchObject({ ok: false, reason: 'withdrawals_frozen' });
    expect(given.published).toHaveLength(1);
    given.transaction = NEAR_TX;
    await desk.follow();
    expect(now()?.status).toBe('burned');
  });

  test('that was not reserved before a freeze is stopped by it', async () => {
    const given = world();
    given.reservation = { kind: 'waiting', detail: 'live quotes' };
    const { desk, ledger, now } = run(given);
    await desk.take(request());
    ledger.setFreeze('operator');
    given.reservation = TAKEN;
    await desk.follow();
    expect(now()).toMatchObject({ status: 'failed', reason_code: 'withdrawals_frozen' });
    expect(given.published).toEqual([]);
  });
});

describe('a payload', () => {
  test('that another withdrawal has is refused under a second id: executed once, it would be on record twice', async () => {
    const given = world();
    const { desk, ledger } = run(given);
    await desk.take(request());
    // The text of the POA bridge does not contain the id.
    const second = { ...request(), withdrawal_id: 'wd-00000002' };
    expect(await desk.take(second)).toMatchObject({ ok: false, reason: 'payload_differs' });
    expect([ledger.book.has('withdrawal:wd-00000002'), given.published.length]).toEqual([false, 1]);
  });

  test('whose hash is that of another payload is refused: the outcome of that one would pass for its own', async () => {
    const given = world();
    const { desk, now } = run(given);
    const other = signed(body({ amount: '50001' })).intent_hash;
    const good = request();
    const taken = await desk.take({ ...good, signed: { ...signed(body()), intent_hash: other } });
    expect(taken).toMatchObject({ ok: false, reason: 'payload_differs' });
    expect([now()?.status, given.published]).toEqual(['failed', []]);
  });

  test('that is reserved and not published when withdrawals are frozen waits, and goes on once they are released', async () => {
    const given = world();
    given.publishing = { kind: 'unknown', detail: 'timeout' };
    const { desk, ledger, now } = run(given);
    await desk.take(request());
    ledger.setFreeze('operator');
    given.publishing = { kind: 'taken', detail: '' };
    await desk.follow();
    expect(now()).toMatchObject({ status: 'requested', reason_code: 'withdrawals_frozen' });
    expect(given.published).toHaveLength(1);
    ledger.setFreeze(null);
    await desk.follow();
    expect([now()?.status, given.published.length]).toEqual(['submitted', 2]);
  });
});

describe('a fee that rises while a withdrawal waits to be published', () => {
  const HIGHER = { feeUnits: 2_501n, apartUnits: 0n, minimumUnits: 700n, problem: null };

  test('is held against what the request allows: above that nothing is published', async () => {
    const given = world();
    given.reservation = { kind: 'waiting', detail: 'live quotes' };
    const { desk, ledger, now } = run(given);
    await desk.take(request());
    given.reservation = TAKEN;
    given.cost = HIGHER;
    await desk.follow();
    expect(now()).toMatchObject({ status: 'failed', reason_code: 'fee_too_high' });
    expect(given.published).toEqual([]);
    // Nobody can publish it any more.
    expect(ledger.book.get('withdrawal:wd-00000001')?.notes.signed).toBeUndefined();
  });

  test('under a freeze as well; within that it is the fee of the withdrawal from then on', async () => {
    const given = world();
    const { desk, ledger, now } = run(given);
    given.meanwhile = () => void ledger.setFreeze('operator');
    await desk.take(request());
    expect(now()).toMatchObject({ reservation_id: 'wd-00000001', reason_code: 'withdrawals_frozen' });
    given.meanwhile = () => {};
    given.cost = { ...HIGHER, feeUnits: 2_000n };
    ledger.setFreeze(null);
    await desk.follow();
    expect(given.published).toHaveLength(1);
    expect(now()).toMatchObject({ status: 'submitted', fee: '2000' });
  });

  test('is asked for until the bridge says it, and no more once the payload may be known', async () => {
    const given = world();
    given.reservation = { kind: 'waiting', detail: 'live quotes' };
    given.publishing = { kind: 'unknown', detail: 'timeout' };
    const { desk, now } = run(given);
    await desk.take(request());
    given.reservation = TAKEN;
    given.askCost = () => Promise.resolve({ ...notUsed, reason: 'unreachable', detail: 'down' });
    await desk.follow();
    expect(now()).toMatchObject({ status: 'requested', reason_code: 'bridge_unreachable', detail: 'down' });
    expect(given.published).toEqual([]);
    given.askCost = null;
    await desk.follow();
    expect(now()).toMatchObject({ status: 'requested', reason_code: 'publish_unknown' });
    given.cost = HIGHER;
    given.publishing = { kind: 'taken', detail: '' };
    await desk.follow();
    expect(now()).toMatchObject({ status: 'submitted', fee: '1500' });
  });
});

test('a request that is repeated while the first waits for the bridge never writes over what became of that', async () => {
  const given = world();
  const answers = [
    Promise.withResolvers<BridgeResult<WithdrawalCost>>(),
    Promise.withResolvers<BridgeResult<WithdrawalCost>>(),
  ];
  let asked = 0;
  given.askCost = () => answers[asked++]?.promise ?? Promise.resolve({ ok: true, value: given.cost });
  const { desk, now } = run(given);
  const [first, second] = [desk.take(request()), desk.take(request())];
  answers[0]?.resolve({ ok: true, value: given.cost });
  expect(await first).toMatchObject({ ok: true, answer: { action: { status: 'submitted' } } });
  answers[1]?.resolve({ ok: false, reason: 'unreachable', detail: 'busy', retryAfterMs: null });
  expect(await second).toMatchObject({ ok: true, answer: { action: { status: 'submitted' } } });
  expect([now()?.status, given.published.length]).toEqual(['submitted', 1]);
});

describe('a request that cannot be taken', () => {
  const dust = (id: number) =>
    begun(
      {
        liquidity_action_id: `liq-${id}`,
        account_id: ACCOUNT,
        kind: 'deposit',
        status: 'seen',
        bridge: 'poa',
        chain: 'btc:mainnet',
      },
      1_767_225_600_000,
    );

  test('is none while strangers have as many deposits under way as are followed', async () => {
    const given = world();
    const { desk, ledger, now } = run(given);
    ledger.commit(Array.from({ length: OPEN_MAX.deposit + 1 }, (_, id) => dust(id)));
    expect(await desk.take(request())).toMatchObject({ ok: true, answer: { action: { status: 'submitted' } } });
    expect(now()?.status).toBe('submitted');
  });

  test('since too many withdrawals are under way is refused, and nothing is published', async () => {
    const given = world();
    const { desk, ledger } = run(given);
    const others = Array.from({ length: OPEN_MAX.withdrawal }, (_, id) => ({
      ...dust(id),
      action: { ...dust(id).action, kind: 'withdrawal' as const, status: 'requested' as const },
    }));
    ledger.commit(others);
    expect(await desk.take(request())).toMatchObject({ ok: false, reason: 'publish_refused' });
    expect(given.published).toEqual([]);
  });
});

describe('what the venue does not say', () => {
  test.each([
    ['refused', 'publish_refused'],
    ['unknown', 'publish_unknown'],
  ] as const)(
    'a payload whose publication is %s may still be executed: it is over with its deadline alone',
    async (kind, reason) => {
      const given = world();
      given.publishing = { kind, detail: 'insufficient balance or overflow' };
      const { desk, now } = run(given);
      await desk.take(request());
      expect(now()).toMatchObject({ status: 'requested', reason_code: reason });
      given.clock.advance(900_001);
      await desk.follow();
      // Nobody says what became of the nonce; a block before the deadline proves nothing.
      expect(now()?.status).toBe('requested');
      given.nonce = 'open';
      await desk.follow();
      expect(now()?.status).toBe('requested');
      given.nonce = 'never';
      await desk.follow();
      expect(now()).toMatchObject({
        status: 'failed',
        reason_code: kind === 'refused' ? 'publish_refused' : 'payload_expired',
      });
    },
  );

  test('a nonce that was used although nobody names the transaction is no failure', async () => {
    const given = world();
    given.publishing = { kind: 'unknown', detail: 'timeout' };
    const { desk, now } = run(given);
    await desk.take(request());
    given.nonce = 'used';
    given.clock.advance(900_001);
    // The round that the clock began is one of before the deadline.
    await desk.follow();
    await desk.follow();
    expect(now()).toMatchObject({ status: 'submitted', reason_code: 'publish_unknown' });
    given.transaction = NEAR_TX;
    await desk.follow();
    expect(now()?.status).toBe('burned');
  });

  test('and a nonce that was used for long is a matter for a person: it becomes stuck, whatever the polls say again', async () => {
    const given = world();
    const { desk, ledger, now } = run(given);
    await desk.take(request());
    given.nonce = 'used';
    given.clock.advance(900_001);
    for (let minute = 0; minute < 11; minute++) {
      letPass(60_000, given, ledger);
      await desk.follow();
    }
    expect(now()).toMatchObject({ status: 'stuck', reason_code: 'publish_unknown' });
  });

  test('once the verifier may have forgotten the nonce, unused proves nothing: it is not over', async () => {
    const given = world();
    const { desk, now } = run(given);
    await desk.take(request());
    given.clock.advance(86_400_000);
    given.nonce = 'forgotten';
    await desk.follow();
    await desk.follow();
    expect(now()).toMatchObject({ status: 'submitted', reason_code: 'publish_unknown' });
    expect(now()?.detail).toContain('archival');
    given.nonce = 'never';
    await desk.follow();
    expect(now()).toMatchObject({ status: 'failed', reason_code: 'payload_expired' });
  });

  test.each([
    ['FAILED', 'failed', 'failed', 'bridge_failed'],
    ['REJECTED', 'rejected', 'failed', 'bridge_rejected'],
    ['RETURNING', 'returning', 'returning', 'bridge_rejected'],
    ['RETURNED', 'returned', 'returned', 'bridge_rejected'],
    ['SWEEPING', 'pending', 'burned', null],
  ] as const)('the bridge says %s', async (bridgeStatus, outcome, status, reason_code) => {
    const given = world();
    given.transaction = NEAR_TX;
    given.report = { bridgeStatus, outcome, txHash: null, arrivesUnits: null };
    const { desk, now } = run(given);
    await desk.take(request());
    await desk.follow();
    expect(now()).toMatchObject({ status, reason_code, bridge_status: bridgeStatus });
  });

  test('completed without a transaction is not believed', async () => {
    const given = world();
    given.transaction = NEAR_TX;
    given.report = { ...COMPLETED, txHash: null };
    const { desk, now } = run(given);
    await desk.take(request());
    await desk.follow();
    expect(now()?.status).toBe('burned');
  });
});

test('a kill at any step repeats that step alone, with the same payload, and loses none', async () => {
  // Each restart is on what the former run left on disk.
  const given = world();
  given.reservation = { kind: 'unknown', detail: 'no engine' };
  await run(given).desk.take(request());
  given.reservation = TAKEN;
  given.publishing = { kind: 'unknown', detail: 'timeout' };
  const second = run(given);
  await second.desk.follow();
  expect(second.now()).toMatchObject({
    status: 'requested',
    reason_code: 'publish_unknown',
    reservation_id: 'wd-00000001',
  });
  given.publishing = { kind: 'taken', detail: 'already processed' };
  const third = run(given);
  await third.desk.follow();
  expect(third.now()?.status).toBe('submitted');
  given.transaction = NEAR_TX;
  given.report = COMPLETED;
  const fourth = run(given);
  await fourth.desk.follow();
  expect(fourth.now()?.status).toBe('completed');
  expect(given.calls).toEqual(['reserve wd-00000001 50000', 'reserve wd-00000001 50000', 'publish', 'publish']);
  expect(new Set(given.published.map((payload) => JSON.stringify(payload))).size).toBe(1);
});

test('a withdrawal to an own deposit address is a move between chains: two actions of one id, tied by the transaction', async () => {
  const given = world();
  const { desk, ledger, records } = run(given);
  const context: Context = {
    nowMs: given.clock.nowMs(),
    settings: { accountId: ACCOUNT, assetIds: [], wallets: [], delayedAfterMs: 1, stuckAfterMs: 2 },
    termsOf: () => null,
  };
  ledger.commit(addressGiven(ledger.book, { bridge: 'omni', chain: 'btc:mainnet' }, DESTINATION, context));
  await desk.take(request());
  expect(ledger.book.get('deposit:wd-00000001')?.action).toMatchObject({
    rebalance: true,
    bridge: 'omni',
    asset_id: NBTC.id,
    status: 'requested',
    funding_handle: DESTINATION,
    amount: '48500',
    tx_hash: null,
  });
  given.transaction = NEAR_TX;
  given.report = COMPLETED;
  await desk.follow();
  expect(ledger.book.get('deposit:wd-00000001')?.action).toMatchObject({ tx_hash: 'outside-1', amount: '48500' });
  expect(records.filter(({ rebalance }) => rebalance).map(({ liquidity_action_id: id }) => id)).toContain(
    'wd-00000001',
  );
  expect(records.filter(({ kind }) => kind === 'withdrawal').every(({ rebalance }) => rebalance)).toBe(true);
});

test('a move whose withdrawal fails expects no deposit any more', async () => {
  const given = world();
  given.reservation = { kind: 'refused', detail: 'too large' };
  const { desk, ledger } = run(given);
  const context: Context = {
    nowMs: given.clock.nowMs(),
    settings: { accountId: ACCOUNT, assetIds: [], wallets: [], delayedAfterMs: 1, stuckAfterMs: 2 },
    termsOf: () => null,
  };
  ledger.commit(addressGiven(ledger.book, { bridge: 'omni', chain: 'btc:mainnet' }, DESTINATION, context));
  await desk.take(request());
  expect(ledger.book.get('deposit:wd-00000001')?.action).toMatchObject({
    status: 'failed',
    reason_code: 'reservation_refused',
  });
});

test('nor one whose withdrawal fails after its deposit was late', async () => {
  const given = world();
  const { desk, ledger } = run(given);
  const context: Context = {
    nowMs: given.clock.nowMs(),
    settings: { accountId: ACCOUNT, assetIds: [], wallets: [], delayedAfterMs: 1, stuckAfterMs: 2 },
    termsOf: () => null,
  };
  ledger.commit(addressGiven(ledger.book, { bridge: 'omni', chain: 'btc:mainnet' }, DESTINATION, context));
  await desk.take(request());
  ledger.commit(timePassed(ledger.book, 5, context).late);
  expect(ledger.book.get('deposit:wd-00000001')?.action.status).toBe('stuck');
  given.clock.advance(900_001);
  given.nonce = 'never';
  await desk.follow();
  await desk.follow();
  expect(ledger.book.get('withdrawal:wd-00000001')?.action.status).toBe('failed');
  expect(ledger.book.get('deposit:wd-00000001')?.action).toMatchObject({ status: 'failed' });
});

test('what others say in a detail is cut to what a record takes, so that the next start can read it', async () => {
  const given = world();
  given.reservation = { kind: 'unknown', detail: 'x'.repeat(1_000_000) };
  const { desk } = run(given);
  await desk.take(request());
  const kept = readState(given.path, ACCOUNT);
  expect(kept.ok && kept.state.actions[0]?.action.detail.length).toBe(2_000);
});

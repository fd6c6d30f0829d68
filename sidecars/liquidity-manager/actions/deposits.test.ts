import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { isStateOf } from '../../../contracts/codes/liquidity.ts';
import { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import type { BridgeDeposit } from '../bridges/bridge.ts';
import { ADDRESS, BTC_ID, OLD_ADDRESS, observation, report, SLOT, START_MS, steps, WALLET } from './actions.fixture.ts';
import { addressGiven } from './addresses.ts';
import { ofKind } from './book.ts';
import { depositsReported, transfersObserved } from './deposits.ts';
import { begun } from './tracked.ts';
import { timePassed } from './waits.ts';

const reported =
  (...deposits: BridgeDeposit[]) =>
  (book: Parameters<typeof depositsReported>[0], context: Parameters<typeof depositsReported>[2]) =>
    depositsReported(book, { bridge: 'poa', deposits }, context);
const seen =
  (...observations: ReturnType<typeof observation>[]) =>
  (book: Parameters<typeof transfersObserved>[0], context: Parameters<typeof transfersObserved>[2]) =>
    transfersObserved(book, observations, context);

describe('a deposit', () => {
  test('is one output: of two equal ones of a transaction each report finds its own', () => {
    const run = steps();
    const output = (index: number) =>
      observation({ funding_observation_id: `f-${index}`, tx_hash: 'tx-1', output_index: index });
    const credit = (index: number) =>
      report({
        creditId: `omni tx-1 ${index}`,
        txHash: 'tx-1',
        outputIndex: index,
        outcome: 'credited',
        creditTxHash: `mint-${index}`,
      });
    const states = () =>
      Object.fromEntries(
        ofKind(run.book, 'deposit').map(({ action }) => [action.funding_observation_id, action.near_tx_hash]),
      );
    run.take(seen(output(0), output(1)));
    run.take(reported(credit(1)));
    expect(states()).toEqual({ 'f-0': null, 'f-1': 'mint-1' });
    run.take(reported(credit(1), credit(0)));
    expect(states()).toEqual({ 'f-0': 'mint-0', 'f-1': 'mint-1' });
  });

  test('that the bridge alone shows is seen, then credited, each once, whatever it is reported', () => {
    const run = steps();
    run.take(reported(report()));
    run.take(reported(report(), report()));
    run.take(reported(report({ outcome: 'credited', bridgeStatus: 'CREDITED', creditTxHash: 'mint-1' })));
    run.take(reported(report({ outcome: 'credited', bridgeStatus: 'COMPLETED', creditTxHash: 'mint-1' })));
    expect(run.states()).toEqual(['seen', 'credited', 'credited']);
    expect(run.records.at(-1)).toMatchObject({
      transition_seq: 3,
      asset_id: BTC_ID,
      amount: '100000',
      credited_amount: '100000',
      near_tx_hash: 'mint-1',
      bridge_status: 'COMPLETED',
    });
    // It was credited once, at one time.
    expect(new Set(run.records.slice(1).map(({ credited_at }) => credited_at)).size).toBe(1);
  });

  test('that an observer saw first keeps its transaction through the credit of the bridge', () => {
    const run = steps();
    run.take(seen(observation({ sender: WALLET })));
    run.take(seen(observation({ status: 'confirming', confirmations: 1 })));
    run.take(reported(report({ creditId: 'any' })));
    run.take(seen(observation({ status: 'confirmed', confirmations: 2 })));
    run.take(
      reported(report({ creditId: 'any', outcome: 'credited', bridgeStatus: 'CREDITED', creditTxHash: 'mint-1' })),
    );
    // The observer is behind.
    run.take(seen(observation({ status: 'confirmed', confirmations: 2 })));
    expect(ofKind(run.book, 'deposit')).toHaveLength(1);
    expect(run.states()).toEqual(['seen', 'confirming', 'confirming', 'confirmed', 'credited']);
    expect(run.records.at(-1)).toMatchObject({
      tx_hash: 'tx-1',
      near_tx_hash: 'mint-1',
      external_wallet: WALLET,
      funding_observation_id: 'fund-1',
      confirmations: 2,
    });
  });

  test('that the bridge saw first is the same when an observer shows it', () => {
    const run = steps();
    run.take(reported(report()));
    run.take(seen(observation({ status: 'confirming', confirmations: 1 })));
    expect(ofKind(run.book, 'deposit')).toHaveLength(1);
    expect(run.records.at(-1)).toMatchObject({ tx_hash: 'tx-1', status: 'confirming', transition_seq: 2 });
  });

  test('of the same amount as another one is another one', () => {
    const run = steps();
    run.take(seen(observation(), observation({ funding_observation_id: 'fund-2', output_index: 1 })));
    run.take(reported(report(), report({ creditId: 'credit-2' })));
    run.take(reported(report({ outcome: 'credited' }), report({ creditId: 'credit-2' })));
    expect(
      ofKind(run.book, 'deposit')
        .map(({ action }) => action.status)
        .sort(),
    ).toEqual(['credited', 'seen']);
  });

  test.each([
    ['before', true],
    ['after', false],
  ])(
    'that was replaced is not credited by a report without a transaction, which came first %s that',
    (_when, isKnown) => {
      const run = steps();
      const replacing = { funding_observation_id: 'fund-2', tx_hash: 'tx-2', replaces_tx_hash: 'tx-1' };
      run.take(seen(observation()));
      if (isKnown) run.take(reported(report()));
      run.take(
        seen(
          observation({ status: 'replaced', reason_code: 'tx_replaced', replaced_by_tx_hash: 'tx-2' }),
          observation(replacing),
        ),
      );
      run.take(seen(observation({ ...replacing, status: 'confirmed', confirmations: 2 })));
      run.take(reported(report({ outcome: 'credited', creditTxHash: 'mint-1' })));
      run.take(reported(report({ outcome: 'credited', creditTxHash: 'mint-1' })));
      const deposits = ofKind(run.book, 'deposit').map(({ action }) => [action.tx_hash, action.status]);
      expect(Object.fromEntries(deposits)).toEqual({ 'tx-1': 'failed', 'tx-2': 'credited' });
      expect(run.records.filter(({ status }) => status === 'credited')).toHaveLength(1);
    },
  );

  test('of a move between chains goes on with the transaction by which the bridge replaces the first', () => {
    const run = steps();
    const expected = { liquidity_action_id: 'wd-1', status: 'requested', rebalance: true, tx_hash: 'tx-1' } as const;
    const facts = { account_id: 'solver.near', asset_id: BTC_ID, funding_handle: ADDRESS, amount: '100000' };
    run.take(() => [begun({ kind: 'deposit', ...SLOT, ...facts, ...expected }, START_MS)]);
    run.take(seen(observation()));
    run.take(reported(report()));
    run.take(seen(observation({ status: 'replaced', reason_code: 'tx_replaced', replaced_by_tx_hash: 'tx-2' })));
    const second = { funding_observation_id: 'fund-2', tx_hash: 'tx-2', amount: '99000', replaces_tx_hash: 'tx-1' };
    run.take(seen(observation(second)));
    run.take(seen(observation({ ...second, status: 'confirmed', confirmations: 2 })));
    run.take(reported(report({ creditId: 'credit-2', amountUnits: 99_000n, outcome: 'credited' })));
    expect(ofKind(run.book, 'deposit').map(({ action }) => action)).toMatchObject([
      { liquidity_action_id: 'wd-1', rebalance: true, status: 'credited', tx_hash: 'tx-2', credited_amount: '99000' },
    ]);
  });

  test.each([
    ['that names the transaction', 'tx-1'],
    ['that names none', null],
  ])('is credited with its own amount by a report of the sum of a transaction %s', (_which, txHash) => {
    const run = steps();
    run.take(
      seen(
        observation({ amount: '60000' }),
        observation({ funding_observation_id: 'fund-2', output_index: 1, amount: '40000' }),
        observation({ funding_observation_id: 'fund-3', tx_hash: 'tx-3', amount: '40000' }),
      ),
    );
    run.take(reported(report({ txHash })));
    run.take(reported(report({ txHash, outcome: 'credited', creditTxHash: 'mint-1' })));
    run.take(reported(report({ txHash, outcome: 'credited', creditTxHash: 'mint-1' })));
    const deposits = ofKind(run.book, 'deposit').map(({ action }) => [
      action.funding_observation_id,
      [action.status, action.credited_amount],
    ]);
    expect(Object.fromEntries(deposits)).toEqual({
      'fund-1': ['credited', '60000'],
      'fund-2': ['credited', '40000'],
      'fund-3': ['seen', null],
    });
  });

  test('that has more confirmations is the one of two equal ones that is credited', () => {
    const run = steps();
    run.take(seen(observation()));
    run.take(
      seen(observation({ funding_observation_id: 'fund-2', tx_hash: 'tx-2', status: 'confirmed', confirmations: 2 })),
    );
    run.take(reported(report({ outcome: 'credited' })));
    const deposits = ofKind(run.book, 'deposit').map(({ action }) => [action.tx_hash, action.status]);
    expect(Object.fromEntries(deposits)).toEqual({ 'tx-1': 'seen', 'tx-2': 'credited' });
  });

  test('of the same amount as one that was credited before anything was observed is another one', () => {
    const run = steps();
    run.take(reported(report({ outcome: 'credited', creditTxHash: 'mint-1', atMs: START_MS - 86_400_000 })));
    run.take(seen(observation()));
    expect(ofKind(run.book, 'deposit').map(({ action }) => [action.status, action.tx_hash])).toEqual([
      ['credited', null],
      ['seen', 'tx-1'],
    ]);
  });

  test('that is seen before the bridge reports an earlier one of the same amount is another one', () => {
    const run = steps();
    run.take(seen(observation()));
    run.take(reported(report({ outcome: 'credited', atMs: START_MS - 86_400_000 })));
    const deposits = ofKind(run.book, 'deposit').map(({ action }) => [action.tx_hash, action.status]);
    expect(deposits).toEqual([
      ['tx-1', 'seen'],
      [null, 'credited'],
    ]);
  });

  test.each([
    ['after', false],
    ['before', true],
  ])('that an observer shows days later, %s its report, is the one that was reported', (_when, isSeenFirst) => {
    const run = steps();
    const late = seen(observation({ status: 'confirmed', confirmations: 432, confirmations_required: 2 }));
    if (isSeenFirst) run.take(late);
    run.take(reported(report({ outcome: 'credited', atMs: START_MS - 3 * 86_400_000 })));
    if (!isSeenFirst) run.take(late);
    expect(ofKind(run.book, 'deposit').map(({ action }) => [action.status, action.tx_hash])).toEqual([
      ['credited', 'tx-1'],
    ]);
  });

  test.each([
    ['dropped', 'failed', 'tx_dropped'],
    ['replaced', 'failed', 'tx_replaced'],
    ['reorganised', 'seen', 'block_reorganised'],
    ['stuck', 'stuck', 'confirmation_late'],
    ['failed', 'failed', 'bridge_failed'],
  ] as const)('that an observer shows as %s is %s', (status, expected, reason_code) => {
    const run = steps();
    run.take(seen(observation({ status: 'confirming', confirmations: 1 })));
    run.take(seen(observation({ status, reason_code, confirmations: 0 })));
    expect(run.states()).toEqual(['confirming', `${expected}:${reason_code}`]);
    // Whatever happened to it, a credit can still follow.
    run.take(reported(report({ outcome: 'credited', creditTxHash: 'mint-9' })));
    expect(run.states().at(-1)).toBe('credited');
  });

  test('of which the bridge counts less than was sent says so', () => {
    const run = steps();
    run.take(seen(observation()));
    run.take(reported(report({ txHash: 'tx-1', amountUnits: 99_600n, outcome: 'credited' })));
    expect(run.records.at(-1)).toMatchObject({
      status: 'credited',
      reason_code: 'credit_lower',
      amount: '100000',
      credited_amount: '99600',
    });
  });

  test.each([
    ['below the minimum', report({ amountUnits: 9_999n }), 'below_minimum'],
    ['of an asset that is not of the treasury', report({ assetId: 'nep141:doge.omft.near' }), 'asset_unsupported'],
    ['to an older address', report({ address: OLD_ADDRESS }), 'handle_retired'],
    ['at the minimum', report({ amountUnits: 10_000n }), null],
  ])('%s', (_what, given, reason) => {
    const run = steps();
    run.take((book, context) => addressGiven(book, SLOT, OLD_ADDRESS, context));
    run.take((book, context) => addressGiven(book, SLOT, ADDRESS, context));
    run.take(reported(given));
    expect(run.records.at(-1)).toMatchObject({ kind: 'deposit', status: 'seen', reason_code: reason });
  });

  test('that the bridge calls failed can be credited later', () => {
    const run = steps();
    run.take(reported(report()));
    run.take(reported(report({ outcome: 'failed', bridgeStatus: 'FAILED' })));
    run.take(reported(report({ outcome: 'credited', bridgeStatus: 'COMPLETED' })));
    expect(run.states()).toEqual(['seen', 'failed:bridge_failed', 'credited']);
  });

  test('whose credit does not come is delayed, then stuck, once each, and credited all the same', () => {
    const run = steps();
    run.take(reported(report()));
    for (const ms of [59_999, 1, 1_000, 538_999, 1, 600_000]) {
      run.take((book, context) => {
        const { late, waiting } = timePassed(book, ms, context);
        return [...late, ...waiting];
      });
      run.take(reported(report()));
    }
    expect(run.states()).toEqual(['seen', 'delayed:credit_late', 'stuck:credit_late']);
    run.take(reported(report({ outcome: 'credited' })));
    expect(run.states().at(-1)).toBe('credited');
  });
});

test('whatever is seen and reported, every record is one of the topic, and each deposit is credited once at most', () => {
  const amounts = fc.constantFrom(9_999n, 50_000n, 100_000n);
  const hashes = fc.constantFrom('tx-1', 'tx-2', 'tx-3');
  const reports = fc.record({
    creditId: fc.constantFrom('a', 'b', 'c'),
    amountUnits: amounts,
    txHash: fc.option(hashes),
    creditTxHash: fc.option(fc.constantFrom('m-1', 'm-2')),
    outcome: fc.constantFrom('pending', 'credited', 'failed'),
    address: fc.constantFrom(ADDRESS, OLD_ADDRESS),
  });
  const observations = fc.record({
    amount: amounts.map(String),
    status: fc.constantFrom(
      'seen',
      'confirming',
      'confirmed',
      'delayed',
      'reorganised',
      'dropped',
      'replaced',
      'credited',
    ),
    confirmations: fc.nat(3),
    bridge_deposit_tx_hash: fc.option(fc.constantFrom('m-1', 'm-2')),
  });
  const step = fc.oneof(
    fc
      .array(reports, { maxLength: 3 })
      .map((given) =>
        reported(
          ...given.map((each) =>
            report({ ...each, creditId: `${each.creditId} ${each.address}` } as Partial<BridgeDeposit>),
          ),
        ),
      ),
    fc
      .array(fc.tuple(fc.constantFrom('1', '2', '3'), observations), { maxLength: 3 })
      .map((given) =>
        seen(
          ...given.map(([id, each]) =>
            observation({ ...(each as object), funding_observation_id: `f-${id}`, tx_hash: `tx-${id}` }),
          ),
        ),
      ),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (all) => {
      const run = steps();
      for (const each of all) run.take(each);
      const last = new Map<string, (typeof run.records)[number]>();
      for (const record of run.records) {
        expect(Value.Check(OpsLiquidityAction, record)).toBe(true);
        expect(isStateOf(record.kind, record.status)).toBe(true);
        const before = last.get(record.liquidity_action_id);
        expect(record.transition_seq).toBe((before?.transition_seq ?? 0) + 1);
        expect(record.previous_status).toBe(before?.status ?? null);
        // Neither the transaction nor the credit is ever lost.
        if (before != null && before.tx_hash !== null) expect(record.tx_hash).toBe(before.tx_hash);
        if (before?.status === 'credited') expect(record.status).toBe('credited');
        last.set(record.liquidity_action_id, record);
      }
      // A report of a bridge is one deposit, and so is an observation.
      const credits = ofKind(run.book, 'deposit').flatMap(({ notes }) => notes.credit_id ?? []);
      const transfers = ofKind(run.book, 'deposit').flatMap(({ action }) => action.funding_observation_id ?? []);
      expect(new Set(credits).size).toBe(credits.length);
      expect(new Set(transfers).size).toBe(transfers.length);
    }),
    { numRuns: 400 },
  );
});

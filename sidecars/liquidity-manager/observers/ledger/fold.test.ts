import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC } from '../../../../contracts/assets.ts';
import type { BridgeCredit, WatchedAddress } from '../types.ts';
import { foldCredits } from './correlate.ts';
import { foldReading, restated, SIGHTINGS_MAX } from './fold.ts';
import {
  type ChainReading,
  EMPTY_LEDGER,
  type FoldContext,
  type Folded,
  type Ledger,
  type SeenTransfer,
  type Sighting,
} from './sighting.ts';

const ADDRESS = 'bc1qours';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const watched = (over: Partial<WatchedAddress> = {}): WatchedAddress => ({
  chain: 'btc:mainnet',
  address: ADDRESS,
  assetId: BTC.id,
  bridge: 'poa',
  isActive: true,
  minimumUnits: 1_000n,
  ...over,
});

const context = (over: Partial<FoldContext> = {}): FoldContext => ({
  nowMs: 1_767_225_600_000,
  elapsedMs: 30_000,
  addresses: new Map([[ADDRESS, watched()]]),
  settings: {
    confirmationsRequired: 3,
    pollMs: 30_000,
    confirmDelayedMs: HOUR_MS,
    confirmStuckMs: 4 * HOUR_MS,
    creditDelayedMs: 2 * HOUR_MS,
    creditStuckMs: 8 * HOUR_MS,
  },
  settledBlocks: 36,
  isSilent: false,
  ...over,
});

const at = (height: number, fork = 'a') => ({ height, hash: `${fork}${height}`, timeMs: null });
const seen = (over: Partial<SeenTransfer> = {}): SeenTransfer => ({
  txHash: 'tx',
  outputIndex: 0,
  address: ADDRESS,
  units: 5_000n,
  inputs: ['parent:0'],
  sender: null,
  place: null,
  ...over,
});
const reading = (over: Partial<ChainReading> = {}): ChainReading => ({
  tipHeight: 100,
  readTo: new Map([[ADDRESS, 100]]),
  seen: [],
  gone: [],
  missed: [],
  cut: null,
  ignored: 0,
  ...over,
});
const credit = (over: Partial<BridgeCredit> = {}): BridgeCredit => ({
  creditId: 'c1',
  chain: 'btc:mainnet',
  address: ADDRESS,
  txHash: null,
  creditTxHash: 'near',
  amountUnits: 5_000n,
  bridgeStatus: 'COMPLETED',
  outcome: 'credited',
  atMs: 1_767_225_600_000,
  ...over,
});

const only = ({ sightings }: Ledger): Sighting => {
  const [first, ...others] = sightings.values();
  if (first === undefined || others.length > 0) throw new Error(`${sightings.size} sightings`);
  return first;
};
const with1 = (transfer: Partial<SeenTransfer> = {}, over: Partial<ChainReading> = {}): Ledger =>
  foldReading(EMPTY_LEDGER, reading({ seen: [seen(transfer)], ...over }), context()).ledger;
const statuses = ({ changes }: Folded): string[] => changes.map(({ status }) => status);

describe('waiting', () => {
  test.each([
    ['seen', null, HOUR_MS - 1, 'seen', null],
    ['seen', null, HOUR_MS, 'delayed', 'confirmation_late'],
    ['seen', null, 4 * HOUR_MS - 1, 'delayed', 'confirmation_late'],
    ['seen', null, 4 * HOUR_MS, 'stuck', 'confirmation_late'],
    ['confirming', at(99), HOUR_MS - 1, 'confirming', null],
    ['confirming', at(99), HOUR_MS, 'delayed', 'confirmation_late'],
    ['confirmed', at(98), 2 * HOUR_MS - 1, 'confirmed', null],
    ['confirmed', at(98), 2 * HOUR_MS, 'delayed', 'credit_late'],
    ['confirmed', at(98), 8 * HOUR_MS - 1, 'delayed', 'credit_late'],
    ['confirmed', at(98), 8 * HOUR_MS, 'stuck', 'credit_late'],
  ] as const)('%s at %p for %p ms is %s', (before, place, waitedMs, status, reason) => {
    const ledger = with1({ place });
    expect(only(ledger).status).toBe(before);
    const { ledger: after } = foldReading(ledger, null, context({ elapsedMs: waitedMs }));
    expect(only(after)).toMatchObject({ status, reason });
  });

  test('begins again with each step: the confirmations of a late transfer start the time of its credit', () => {
    const late = foldReading(with1(), null, context({ elapsedMs: 5 * HOUR_MS })).ledger;
    const confirmed = foldReading(late, reading({ seen: [seen({ place: at(90) })] }), context()).ledger;
    expect(only(confirmed)).toMatchObject({ status: 'confirmed', waitedMs: 0 });
  });

  test('without a usable reading for long is delayed for that reason, and goes on where it was', () => {
    const silent = foldReading(with1(), null, context({ isSilent: true }));
    expect(silent.changes).toMatchObject([{ status: 'delayed', reason: 'observer_silent', previousStatus: 'seen' }]);
    const back = foldReading(silent.ledger, reading({ seen: [seen()] }), context());
    expect(back.changes).toMatchObject([{ status: 'seen', reason: null }]);
  });

  test('does not make what is confirmed late because the chain is silent', () => {
    expect(statuses(foldReading(with1({ place: at(90) }), null, context({ isSilent: true })))).toEqual([]);
  });
});

describe('what is not mentioned', () => {
  test('stays as it is, while its confirmations follow the tip', () => {
    const ledger = with1({ place: at(99) });
    const next = foldReading(ledger, reading({ tipHeight: 101 }), context());
    expect(next.changes).toMatchObject([{ status: 'confirmed', confirmations: 3 }]);
    expect(statuses(foldReading(next.ledger, reading({ tipHeight: 150 }), context()))).toEqual([]);
  });
});

describe('a block that is gone', () => {
  test('is one change, and the block that has it now another', () => {
    const ledger = with1({ place: at(97) });
    const moved = foldReading(ledger, reading({ seen: [seen({ place: at(99, 'b') })] }), context());
    expect(moved.changes).toMatchObject([
      { status: 'reorganised', confirmations: 0, place: null, previousStatus: 'confirmed', seq: 2 },
      { status: 'confirming', confirmations: 2, previousStatus: 'reorganised', seq: 3 },
    ]);
  });

  test('ends as dropped after three readings and half an hour, and can be seen again', () => {
    let folded = foldReading(
      with1({ place: at(97) }),
      reading({ gone: [{ txHash: 'tx', replacedBy: null }] }),
      context(),
    );
    const all = [...folded.changes];
    for (let each = 0; each < 4; each += 1) {
      const over = { elapsedMs: 10 * MINUTE_MS };
      folded = foldReading(folded.ledger, reading({ gone: [{ txHash: 'tx', replacedBy: null }] }), context(over));
      all.push(...folded.changes);
    }
    expect(all.map(({ status }) => status)).toEqual(['reorganised', 'dropped']);
    expect(statuses(foldReading(folded.ledger, reading({ seen: [seen()] }), context()))).toEqual(['reorganised']);
  });

  test('one long silence does not make it dropped', () => {
    const gone = reading({ gone: [{ txHash: 'tx', replacedBy: null }] });
    const once = foldReading(with1(), gone, context({ elapsedMs: 24 * HOUR_MS })).ledger;
    expect(only(once).status).not.toBe('dropped');
  });
});

describe('a replacement', () => {
  test('is undone when the first transaction gets into a block after all', () => {
    const rival = seen({ txHash: 'rival' });
    const replaced = foldReading(with1(), reading({ seen: [rival] }), context());
    expect(replaced.changes).toMatchObject([
      { txHash: 'tx', status: 'replaced', replacedBy: 'rival' },
      { txHash: 'rival', status: 'seen', replaces: 'tx' },
    ]);
    const back = foldReading(replaced.ledger, reading({ seen: [seen({ place: at(100) })] }), context());
    expect(back.changes).toMatchObject([
      { txHash: 'rival', status: 'replaced', replacedBy: 'tx' },
      { txHash: 'tx', status: 'confirming', replacedBy: null },
    ]);
  });

  test('is not concluded while a node shows both', () => {
    const both = reading({ seen: [seen(), seen({ txHash: 'rival' })] });
    expect(statuses(foldReading(with1(), both, context()))).toEqual(['seen']);
  });
});

describe('credits', () => {
  test('that name the transaction fit it whatever was counted, and never change its hash', () => {
    const { ledger, changes } = foldCredits(
      with1({ place: at(90) }),
      [credit({ txHash: 'tx', amountUnits: 4_900n })],
      context(),
    );
    expect(changes).toMatchObject([{ status: 'credited', reason: 'credit_lower', txHash: 'tx' }]);
    expect(only(ledger).correlation).toMatchObject({ creditTxHash: 'near', creditedUnits: 4_900n });
  });

  test.each([
    ['of another transaction', { txHash: 'other' }],
    ['of another address', { address: 'bc1qother' }],
    ['of another amount and no transaction', { amountUnits: 4_999n }],
    ['of the same amount, from before the transfer', { atMs: 1_767_225_600_000 - 4 * HOUR_MS }],
  ])('%s do not fit, and are kept', (_what, over) => {
    const { ledger, changes } = foldCredits(with1({ place: at(90) }), [credit(over)], context());
    expect(changes).toEqual([]);
    expect([...ledger.unmatched.keys()]).toEqual(['c1']);
  });

  test('that come before the chain shows the transfer are correlated when it does', () => {
    const early = foldCredits(EMPTY_LEDGER, [credit({ txHash: 'tx' })], context()).ledger;
    const { ledger, changes } = foldReading(early, reading({ seen: [seen({ place: at(99) })] }), context());
    expect(changes.map(({ status }) => status)).toEqual(['confirming', 'credited']);
    expect(ledger.unmatched.size).toBe(0);
  });

  test('of equal amounts are one each', () => {
    const two = with1(
      { place: at(98) },
      { seen: [seen({ place: at(98) }), seen({ txHash: 'tx2', place: at(99), inputs: [] })] },
    );
    const first = foldCredits(two, [credit()], context());
    expect(first.changes.map(({ txHash }) => txHash)).toEqual(['tx']);
    const second = foldCredits(first.ledger, [credit(), credit({ creditId: 'c2' })], context());
    expect(second.changes.map(({ txHash }) => txHash)).toEqual(['tx2']);
  });

  test('that name no transaction follow the transaction that replaces the one they were matched with', () => {
    const pending = foldCredits(with1(), [credit({ outcome: 'pending', bridgeStatus: 'PENDING' })], context()).ledger;
    const replaced = foldReading(pending, reading({ seen: [seen({ txHash: 'rival', place: at(98) })] }), context());
    const { ledger, changes } = foldCredits(replaced.ledger, [credit()], context());
    expect(changes).toMatchObject([
      { txHash: 'tx', status: 'replaced', correlation: null },
      { txHash: 'rival', status: 'credited' },
    ]);
    expect(foldCredits(ledger, [credit()], context()).changes).toEqual([]);
  });

  test('that were of a transaction which is replaced wait until the other one is seen', () => {
    const pending = foldCredits(with1(), [credit({ outcome: 'pending', bridgeStatus: 'PENDING' })], context()).ledger;
    const gone = foldReading(pending, reading({ gone: [{ txHash: 'tx', replacedBy: 'rival' }] }), context()).ledger;
    const waiting = foldCredits(gone, [credit()], context()).ledger;
    expect([...waiting.unmatched.keys()]).toEqual(['c1']);
    expect(only(waiting)).toMatchObject({ status: 'replaced', correlation: null });
    const { changes } = foldReading(waiting, reading({ seen: [seen({ txHash: 'rival', place: at(98) })] }), context());
    expect(changes.at(-1)).toMatchObject({ txHash: 'rival', status: 'credited' });
  });

  test.each(['tx', null])(
    'of the sum of a transaction (%p) are of all its outputs, each with its own amount',
    (txHash) => {
      const outputs = [seen({ place: at(90) }), seen({ outputIndex: 1, units: 3_000n, place: at(90) })];
      const ledger = with1(
        {},
        { seen: [...outputs, seen({ txHash: 'tx2', units: 3_000n, inputs: [], place: at(90) })] },
      );
      const { changes } = foldCredits(ledger, [credit({ txHash, amountUnits: 8_000n })], context());
      expect(
        changes.map(({ outputIndex, status, correlation }) => [outputIndex, status, correlation?.creditedUnits]),
      ).toEqual([
        [0, 'credited', 5_000n],
        [1, 'credited', 3_000n],
      ]);
      expect(changes.every(({ txHash: hash }) => hash === 'tx')).toBe(true);
    },
  );

  test('reported again are no change; failed can still become credited', () => {
    const failed = foldCredits(
      with1({ place: at(90) }),
      [credit({ outcome: 'failed', bridgeStatus: 'FAILED' })],
      context(),
    );
    expect(failed.changes).toMatchObject([{ status: 'failed', reason: 'bridge_failed' }]);
    const again = foldCredits(failed.ledger, [credit({ outcome: 'failed', bridgeStatus: 'FAILED' })], context());
    expect(again.changes).toEqual([]);
    expect(foldCredits(again.ledger, [credit()], context()).changes).toMatchObject([{ status: 'credited', seq: 3 }]);
  });

  test('of which too many fit nothing are kept up to a bound, the newest', () => {
    const many = Array.from({ length: 300 }, (_, index) => credit({ creditId: `c${index}`, address: 'bc1qother' }));
    const { unmatched } = foldCredits(EMPTY_LEDGER, many, context()).ledger;
    expect([unmatched.size, unmatched.has('c299'), unmatched.has('c0')]).toEqual([200, true, false]);
  });
});

describe('a full ledger', () => {
  const dust = (count: number): SeenTransfer[] =>
    Array.from({ length: count }, (_, index) => seen({ txHash: `dust${index}`, units: 999n, inputs: [] }));

  test('refuses dust and counts it; dust gives way to a transfer that counts', () => {
    const full = foldReading(EMPTY_LEDGER, reading({ seen: dust(SIGHTINGS_MAX + 5) }), context()).ledger;
    expect([full.sightings.size, full.refused]).toEqual([SIGHTINGS_MAX, 5]);
    const { ledger, changes } = foldReading(full, reading({ seen: [seen()] }), context());
    expect(changes).toMatchObject([{ txHash: 'tx', status: 'seen' }]);
    expect([ledger.sightings.size, ledger.refused]).toEqual([SIGHTINGS_MAX, 0]);
  });
});

test('what is not over is stated again as a further record, and what is over is not', () => {
  const ledger = with1({}, { seen: [seen(), seen({ txHash: 'over', inputs: [], place: at(90) })] });
  const credited = foldCredits(ledger, [credit({ txHash: 'over' })], context()).ledger;
  expect(restated(credited, 1_767_225_700_000).changes).toMatchObject([
    { txHash: 'tx', seq: 2, status: 'seen', previousStatus: 'seen', changedAtMs: 1_767_225_700_000 },
  ]);
});

describe('whatever is read', () => {
  const hash = fc.constantFrom('t1', 't2', 't3');
  const place = fc.option(fc.record({ height: fc.integer({ min: 80, max: 110 }), fork: fc.constantFrom('a', 'b') }));
  const transfer = fc.record({ txHash: hash, outputIndex: fc.nat(1), place, units: fc.constantFrom(999n, 5_000n) });
  const step = fc.record({
    seen: fc.array(transfer, { maxLength: 4 }),
    gone: fc.array(fc.record({ txHash: hash, replacedBy: fc.option(hash) }), { maxLength: 2 }),
    tipHeight: fc.integer({ min: 100, max: 120 }),
    elapsedMs: fc.nat(10 * HOUR_MS),
    isSilent: fc.boolean(),
    isRead: fc.boolean(),
    credits: fc.array(fc.record({ creditId: fc.constantFrom('c1', 'c2'), txHash: fc.option(hash) }), { maxLength: 2 }),
  });

  test('numbers count up by one, transactions and amounts never change, and only what has a block has confirmations', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let ledger = EMPTY_LEDGER;
        const last = new Map<string, Sighting>();
        for (const { seen: found, gone, tipHeight, credits, isRead, ...over } of steps) {
          const transfers = found.map((each) => ({
            ...each,
            address: ADDRESS,
            inputs: [`parent-${each.txHash === 't3' ? 't1' : each.txHash}:0`],
            sender: null,
            place: each.place === null ? null : at(each.place.height, each.place.fork),
          }));
          const next = isRead ? reading({ seen: transfers, gone, tipHeight }) : null;
          const read = foldReading(ledger, next, context(over));
          const reported = credits.map((each) => credit(each));
          const folded = foldCredits(read.ledger, reported, context({ ...over, elapsedMs: 0 }));
          ledger = folded.ledger;
          for (const change of [...read.changes, ...folded.changes]) {
            const key = `${change.txHash}:${change.outputIndex}`;
            const before = last.get(key);
            expect(change.seq).toBe((before?.seq ?? 0) + 1);
            expect(change.previousStatus).toBe(before?.status ?? null);
            if (before !== undefined) expect([change.units, change.inputs]).toEqual([before.units, before.inputs]);
            if (change.place === null) expect(change.confirmations).toBe(0);
            last.set(key, change);
          }
        }
        for (const [key, sighting] of ledger.sightings) expect(last.get(key)?.seq).toBe(sighting.seq);
        const used = [...ledger.sightings.values()].map(({ correlation }) => correlation?.creditId ?? null);
        for (const id of used) if (id !== null) expect(ledger.unmatched.has(id)).toBe(false);
      }),
    );
  });
});

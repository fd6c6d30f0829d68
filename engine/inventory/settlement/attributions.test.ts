// What was settled is found in turns of bounded work, counted in the quotes that a turn looks at.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import {
  applyAll,
  endsOf,
  keepHouse,
  makeObservedSnapshot,
  makeQuote,
  newEventId,
  observe,
  openBook,
  quote,
  T0,
  takeSnapshot,
} from '../book.fixture.ts';
import { LiveQuotes } from '../live-quotes.ts';
import type { QuoteEntry } from '../quotes.ts';
import type { Attribution, UsedNonce } from './attribution.ts';
import { type AttributionInput, Attributions, STEPS_A_TURN } from './attributions.ts';
import { CANDIDATES_MAX, type Option } from './choices.ts';

const ASSETS = [BTC.id, EURE.id];
const MANY = 20_000;
/** A class of options reads in and out of a quote; what is found is read once more, and the sum is made again by the record. */
const READS_A_STEP = 4;

let reads = 0;
/** Counts how often anything of it is looked at. */
function countedQuote(quoteId: string, inUnits: bigint, outUnits: bigint): QuoteEntry {
  const made = makeQuote(quoteId, inUnits, outUnits);
  return Object.defineProperty({ ...made }, 'attempt', {
    get() {
      reads++;
      return made.attempt;
    },
  });
}

function usedNonce(quotes: readonly QuoteEntry[], proven?: Option): UsedNonce {
  const live = new LiveQuotes();
  for (const each of quotes) live.add(each);
  return { live, proven };
}

const lane = (count: number, factor: bigint): QuoteEntry[] =>
  Array.from({ length: count }, (_, index) =>
    countedQuote(`${factor}-${index}`, BigInt(index) * factor + 1n, 1000n + BigInt(index)),
  );

type Asked = Omit<AttributionInput, 'assets' | 'snapshot'>;

/** Asks turn after turn. @returns the answer, and how many quotes were read in the turn that read most */
function ask(attributions: Attributions, asked: Asked): { attribution: Attribution; turns: number; most: number } {
  const input = { ...asked, assets: ASSETS, snapshot: {} };
  for (let turns = 1, most = 0; ; turns++) {
    reads = 0;
    attributions.beginTurn();
    const attribution = attributions.of(input);
    most = Math.max(most, reads);
    if (attribution !== null) return { attribution, turns, most };
  }
}

const found = ({ options }: Attribution): string[][] =>
  options.map(({ all, classes }) =>
    all ? ['any'] : classes.flatMap(({ quotes }) => [...quotes].map(({ attempt }) => attempt.quoteId)),
  );

describe('the answer is that of a whole search', () => {
  test.each([
    ['one nonce and a settlement', [lane(MANY, 1n)], [1235n, -2234n], 'exact', [['1-1234']]],
    ['one nonce and a loss', [lane(MANY, 1n)], [0n, -1n], 'none', [['any']]],
    ['one nonce and an inflow that covers all', [lane(MANY, 1n)], [10n ** 9n, 0n], 'possible', [['any']]],
    [
      'one nonce and an inflow that covers the last',
      [lane(MANY, -1n)],
      [2n - BigInt(MANY), 0n],
      'possible',
      [[`-1-${MANY - 1}`]],
    ],
    [
      'two nonces and two settlements',
      [lane(MANY, 1n), lane(MANY, 100_000n)],
      [19_999n + 98_700_001n, -20_998n - 1987n],
      'exact',
      [['1-19998'], ['100000-987']],
    ],
    ['two nonces and a loss', [lane(MANY, 1n), lane(MANY, 100_000n)], [0n, -1n], 'unsearched', [['any'], ['any']]],
  ] as const)('a turn looks at a bounded number of quotes: %s', (_, lanes, change, kind, options) => {
    const usedNonces = lanes.map((quotes) => usedNonce(quotes));
    const { attribution, turns, most } = ask(new Attributions(STEPS_A_TURN), { usedNonces, change });
    expect(attribution.kind).toBe(kind);
    expect(found(attribution)).toEqual(options.map((each) => [...each]));
    expect(most).toBeLessThan(READS_A_STEP * STEPS_A_TURN);
    expect(turns).toBeLessThan(20 * Math.ceil(MANY / STEPS_A_TURN));
  });

  test('names that are given to any number of quotes name none', () => {
    const quotes = lane(MANY, 1n);
    for (const each of quotes) Object.assign(each, { status: { txHash: null, intentHash: null, frame: null } });
    const usedNonces = [usedNonce(quotes)];
    const { attribution, most } = ask(new Attributions(STEPS_A_TURN), { usedNonces, change: [1235n, -2234n] });
    expect(found(attribution)).toEqual([['1-1234']]);
    expect(most).toBeLessThan(READS_A_STEP * STEPS_A_TURN);
  });
});

test('up to the bound the candidates are listed', () => {
  const usedNonces = [usedNonce(lane(CANDIDATES_MAX, 1n))];
  const { attribution } = ask(new Attributions(STEPS_A_TURN), { usedNonces, change: [10n ** 9n, -1000n] });
  expect(found(attribution)[0]).toHaveLength(CANDIDATES_MAX);
});

describe('an answer is kept', () => {
  const asked = (): Asked => ({ usedNonces: [usedNonce(lane(MANY, 1n))], change: [0n, -1n] });

  test('while it is asked for, and nothing that it depends on changes', () => {
    const attributions = new Attributions(STEPS_A_TURN);
    const question = asked();
    expect(ask(attributions, question).turns).toBeGreaterThan(10);
    expect(ask(attributions, question)).toMatchObject({ turns: 1, most: 0 });
    attributions.beginTurn();
    expect(ask(attributions, question).turns).toBeGreaterThan(10);
  });

  const changes: readonly (readonly [string, (question: Asked) => Asked])[] = [
    [
      'a quote was taken out',
      (question) => {
        const live = question.usedNonces[0]?.live;
        const [first] = live ?? [];
        if (first !== undefined) live?.delete(first);
        return question;
      },
    ],
    [
      'a quote was signed since an earlier snapshot',
      (question) => {
        question.usedNonces[0]?.live.add(countedQuote('since', 5n, 5n));
        return question;
      },
    ],
    ['another change', (question) => ({ ...question, change: [0n, -2n] })],
    ['another nonce', () => asked()],
  ];
  test.each(changes)('%s: it is searched again', (_, change) => {
    const attributions = new Attributions(STEPS_A_TURN);
    const question = asked();
    ask(attributions, question);
    expect(ask(attributions, change(question)).turns).toBeGreaterThan(10);
  });

  test('what is signed while a snapshot is being searched does not begin it again', () => {
    const attributions = new Attributions(1);
    const question = { usedNonces: [usedNonce(lane(50, 1n))], change: [0n, -1n], assets: ASSETS, snapshot: {} };
    let turns = 0;
    for (let answer: Attribution | null = null; answer === null; turns++) {
      attributions.beginTurn();
      answer = attributions.of(question);
      if (turns % 2 === 0) question.usedNonces[0]?.live.add(countedQuote(`since-${turns}`, 7n, BigInt(turns) + 7n));
    }
    expect(turns).toBeLessThan(250);
  });
});

test('a snapshot that takes several turns keeps the nonce from being signed under at once, and is taken in the last', () => {
  const book = openBook(1, 0n, 1_000_000n);
  for (let index = 0; index < 2000; index++) {
    quote(book, { quoteId: `q${index}`, inUnits: BigInt(index + 1), outUnits: BigInt(1000 + index) });
  }
  const [nonce] = book.nonces();
  if (nonce === undefined) throw new Error('no lane is open');
  // The last that it looks at is the only one that fits, next to an inflow.
  const read = { height: 101, timeMs: T0 + 1000, btc: 5000n, eure: 1_000_000n - 2999n, used: [nonce.nonce] };
  const [first, ...others] = takeSnapshot(book, read);
  expect(first?.facts.map(({ kind }) => kind)).toEqual(['nonce_used']);
  expect(first?.verdict).toBe('searching');
  expect(others.length).toBeGreaterThan(5);
  expect(others.at(-1)).toMatchObject({ verdict: 'taken', goesOn: false });
  expect(others.slice(0, -1).flatMap(({ facts }) => facts)).toEqual([]);
  expect(book.block()?.height).toBe(101);
  const ends = endsOf(observe(book, { ...read, height: 102, timeMs: T0 + 20_000 }));
  expect(ends.filter((end) => end.includes('settled_by'))).toEqual(['q1999 settled settled_by_balance']);
  expect(ends).toHaveLength(2000);
});

describe('while a search is under way', () => {
  const CREDITED = 1_000_000n;
  const searched = () => {
    const book = openBook(1, 0n, CREDITED);
    for (let index = 0; index < 2000; index++) {
      quote(book, { quoteId: `q${index}`, inUnits: BigInt(index + 1), outUnits: BigInt(1000 + index) });
    }
    const [nonce] = book.nonces();
    if (nonce === undefined) throw new Error('no lane is open');
    return { book, used: [nonce.nonce] };
  };

  test('a loss beyond what the used nonces reserve is held back, until the balance says it', () => {
    const { book, used } = searched();
    const snapshot = makeObservedSnapshot(book, { height: 101, timeMs: T0 + 1000, btc: 0n, eure: 600_000n, used });
    const spendable: bigint[] = [];
    for (let goesOn = true; goesOn; ) {
      const turn = book.observe(snapshot, T0 + 1000, newEventId);
      applyAll(book, turn.facts);
      spendable.push(book.capital(EURE.id)?.spendableUnits ?? 0n);
      ({ goesOn } = turn);
    }
    expect(spendable.length).toBeGreaterThan(5);
    expect(new Set(spendable)).toEqual(new Set([600_000n]));
  });

  test('what is signed under a nonce that was opened since neither begins it again nor explains anything', () => {
    const { book, used } = searched();
    // The loss needs a settlement, and the inflow would cover one under any nonce.
    const read = { height: 101, timeMs: T0 + 1000, btc: 5000n, eure: CREDITED - 2999n, used };
    const undisturbed = searched();
    const turns = takeSnapshot(undisturbed.book, { ...read, used: undisturbed.used }).length;
    const snapshot = makeObservedSnapshot(book, read);
    const verdicts: string[] = [];
    for (let goesOn = true; goesOn && verdicts.length < 2 * turns; ) {
      const turn = book.observe(snapshot, T0 + 1000, newEventId);
      applyAll(book, turn.facts);
      verdicts.push(turn.verdict);
      ({ goesOn } = turn);
      keepHouse(book, T0 + 1000);
      quote(book, { quoteId: `since-${verdicts.length}`, inUnits: 1n, outUnits: 2999n });
    }
    expect(verdicts).toEqual([...new Array<string>(turns - 1).fill('searching'), 'taken']);
  });
});

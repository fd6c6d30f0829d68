// The indexes against a plain list: after every addition and removal they answer as a search of the list would.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { makeQuote as makePlain, T0 } from './book.fixture.ts';
import { LiveQuotes } from './live-quotes.ts';
import type { QuoteEntry } from './quotes.ts';

function makeQuote(quoteId: string, inUnits: bigint, outUnits: bigint, deadlineAtMs: number): QuoteEntry {
  const quote = makePlain(quoteId, inUnits, outUnits);
  return { ...quote, attempt: { ...quote.attempt, deadlineAtMs } };
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      inUnits: fc.bigInt({ min: 1n, max: 3n }),
      outUnits: fc.bigInt({ min: 1n, max: 5n }),
      latestAtMs: fc.integer({ min: T0, max: T0 + 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ overAtMs: fc.integer({ min: T0 - 30, max: T0 + 5 }), most: fc.nat(4) }) },
);

test('answers as a search of all of them would', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const live = new LiveQuotes();
      let model: QuoteEntry[] = [];
      for (const [index, each] of steps.entries()) {
        if ('inUnits' in each) {
          const { inUnits, outUnits, latestAtMs } = each;
          const taken = new Set(
            model.flatMap(({ attempt }) =>
              (attempt.amountInUnits as bigint) === inUnits && (attempt.amountOutUnits as bigint) === outUnits
                ? [attempt.deadlineAtMs]
                : [],
            ),
          );
          const free = live.freeDeadline(inUnits, outUnits, latestAtMs);
          expect(taken.has(free)).toBe(false);
          expect(free).toBeLessThanOrEqual(latestAtMs);
          const quote = makeQuote(`q${index}`, inUnits, outUnits, free);
          live.add(quote);
          model.push(quote);
        } else if ('remove' in each) {
          const quote = model[each.remove % model.length];
          if (quote === undefined) continue;
          live.delete(quote);
          model = model.filter((other) => other !== quote);
        } else {
          const over = model
            .filter(({ attempt }) => attempt.deadlineAtMs < each.overAtMs)
            .sort((a, b) => a.attempt.deadlineAtMs - b.attempt.deadlineAtMs)
            .slice(0, each.most);
          expect(live.takeOverdue(each.overAtMs, each.most)).toEqual(over);
          model = model.filter((quote) => !over.includes(quote));
        }
        const longestMs = Math.max(0, ...model.map(({ attempt }) => attempt.deadlineAtMs - attempt.signedAtMs));
        if (model.length === 0) expect(live.longestLifetimeMs).toBe(0);
        else expect(live.longestLifetimeMs).toBeGreaterThanOrEqual(longestMs);
        expect([...live]).toEqual(model);
        expect(live.size).toBe(model.length);
        const largest = model.reduce(
          (most, { attempt }) => (attempt.amountOutUnits > most ? attempt.amountOutUnits : most),
          0n,
        );
        expect(live.largestUnits).toBe(largest);
        expect(live.earliestDeadlineAtMs).toBe(Math.min(...model.map(({ attempt }) => attempt.deadlineAtMs)));
        const terms = [...live.terms.values()].flatMap(({ quotes }) => [...quotes]);
        expect(new Set(terms)).toEqual(new Set(model));
      }
    }),
    { numRuns: 500 },
  );
});

test('at its deadline a quote can still settle', () => {
  const live = new LiveQuotes();
  const quotes = [T0, T0 + 1, T0 + 2].map((deadlineAtMs, index) => makeQuote(`q${index}`, 1n, 1n, deadlineAtMs));
  for (const quote of quotes) live.add(quote);
  expect(live.takeOverdue(T0 + 1, 10)).toEqual(quotes.slice(0, 1));
});

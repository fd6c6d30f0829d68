import { expect, test } from 'bun:test';
import type { Fact } from '../model/facts.ts';
import type { Breach } from '../model/values.ts';
import { createRecorder } from './recorder.ts';

const FACT: Fact = { kind: 'closed', atMs: 1 };
const BREACH: Breach = { code: 'capital_breach', detail: 'promised 2, credited 1' };

function make(breach: Breach | null = null) {
  const calls: unknown[] = [];
  const journal = {
    failure: null as Error | null,
    refusal: null as Error | null,
    append(fact: Fact) {
      if (journal.refusal !== null) throw journal.refusal;
      return calls.push(['append', fact.kind]);
    },
  };
  const breaker = { failure: null as Error | null };
  const recorder = createRecorder({
    journal,
    book: {
      apply(fact) {
        calls.push(['apply', fact.kind]);
        return breach;
      },
    },
    breaker: {
      apply(fact) {
        calls.push(['count', fact.kind]);
        if (breaker.failure !== null) throw breaker.failure;
      },
    },
    onBreach: (found) => calls.push(['breach', found]),
    onFault: (error) => calls.push(['fault', error]),
  });
  return { calls, journal, breaker, recorder };
}

test('a fact is applied once it is journalled, and a breach is both returned and reported', () => {
  const { calls, recorder } = make(BREACH);
  expect(recorder.record(FACT)).toBe(BREACH);
  expect(calls).toEqual([
    ['append', 'closed'],
    ['apply', 'closed'],
    ['count', 'closed'],
    ['breach', BREACH],
  ]);
  expect(recorder.count()).toBe(1);
});

test('a breach is reported also when the circuit breaker fails on the fact', () => {
  const { calls, breaker, recorder } = make(BREACH);
  breaker.failure = new Error('a slip');
  expect(() => recorder.record(FACT)).toThrow('a slip');
  expect(calls.at(-1)).toEqual(['breach', BREACH]);
});

test('what the journal refuses is neither applied nor counted', () => {
  const { calls, journal, recorder } = make();
  journal.refusal = new Error('no space left');
  expect(() => recorder.record(FACT)).toThrow('no space left');
  expect([calls, recorder.count()]).toEqual([[], 0]);
});

test('a note that cannot be recorded is a reported fault, and nothing at all once the journal has failed', () => {
  const { calls, journal, recorder } = make();
  journal.refusal = new Error('no space left');
  recorder.note(FACT);
  expect(calls).toEqual([['fault', journal.refusal]]);
  journal.failure = journal.refusal;
  recorder.note(FACT);
  expect(calls).toHaveLength(1);
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { ACKNOWLEDGED_AT_ONCE_MAX, Acknowledgements, UNACKNOWLEDGED_MAX } from './acknowledgements.ts';

const of = (seq: number, afterRecord: number) => ({ subscriptionId: 's', seq, afterRecord });

test('each is given once, in order, and never before its record is durable', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('add' as const), fc.nat({ max: 5 })), { maxLength: 200 }), (steps) => {
      const waiting = new Acknowledgements();
      let record = 0;
      let durable = 0;
      const given: number[] = [];
      for (const step of steps) {
        if (step === 'add') waiting.add(of(record, record++));
        else {
          durable = Math.min(record, durable + step);
          for (const { seq, afterRecord } of waiting.due(durable)) {
            expect(afterRecord).toBeLessThanOrEqual(durable);
            given.push(seq);
          }
        }
      }
      given.push(...waiting.due(record).map(({ seq }) => seq));
      expect(given).toEqual(Array.from({ length: record }, (_, seq) => seq));
    }),
  );
});

test('at most so many are given at once, and kept at all', () => {
  const waiting = new Acknowledgements();
  for (let seq = 0; seq < UNACKNOWLEDGED_MAX + 3; seq++) waiting.add(of(seq, 1));
  expect(waiting.leftOut()).toBe(3);
  expect(waiting.due(1).map(({ seq }) => seq)).toEqual(
    Array.from({ length: ACKNOWLEDGED_AT_ONCE_MAX }, (_, seq) => seq),
  );
  waiting.clear();
  expect(waiting.due(1)).toEqual([]);
});

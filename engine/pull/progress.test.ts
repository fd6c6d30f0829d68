import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { afterSend, isFailing, NOT_SENT, type Progress } from './progress.ts';
import type { SendResult } from './sender.ts';

const TAKEN: SendResult = { kind: 'taken', txHash: null };
const REFUSED: SendResult = { kind: 'refused', reason: 'relay_refused', detail: 'internal' };
const UNKNOWN: SendResult = { kind: 'unknown', reason: 'timeout', detail: '' };

const waitMs = (progress: Progress) => progress.nextSendUs / 1000;

test('the first send is due at once, a failure is tried again soon, what was taken gets time to become final', () => {
  expect(NOT_SENT.nextSendUs).toBe(0);
  expect(waitMs(afterSend(NOT_SENT, REFUSED, 0, 0))).toBe(500);
  expect(waitMs(afterSend(NOT_SENT, TAKEN, 0, 0))).toBe(10_000);
});

test('over any answers the wait is never nothing and bounded, and it counts as failing from the third send on', () => {
  const answers = fc.array(fc.constantFrom(TAKEN, REFUSED, UNKNOWN), { maxLength: 200 });
  fc.assert(
    fc.property(answers, fc.double({ min: 0, max: 0.999, noNaN: true }), (list, fraction) => {
      let progress = NOT_SENT;
      for (const [index, result] of list.entries()) {
        const nowUs = index * 1_000_000;
        progress = afterSend(progress, result, nowUs, fraction);
        const waited = (progress.nextSendUs - nowUs) / 1000;
        expect(waited).toBeGreaterThanOrEqual(500);
        expect(waited).toBeLessThanOrEqual(60_000);
        expect(isFailing(progress)).toBe(index >= 2);
      }
    }),
  );
});

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { MESSAGES_PER_RECORD_MAX, Outbox, seqOfTag, slotOfTag, tagOf } from './outbox.ts';

type Step =
  | { readonly kind: 'begin'; readonly messages: number }
  | { readonly kind: 'settle'; readonly pick: number }
  | { readonly kind: 'stranger'; readonly tag: number }
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'rewind' };

/** Every third message belongs to the same line; every fourth is not for the outbox. */
const linesOf = (messages: number): (number | null)[] =>
  Array.from({ length: messages }, (_, slot) => (slot % 4 === 3 ? null : slot % 3));

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.nat(MESSAGES_PER_RECORD_MAX).map((messages): Step => ({ kind: 'begin', messages })) },
    { weight: 30, arbitrary: fc.nat().map((pick): Step => ({ kind: 'settle', pick })) },
    { weight: 2, arbitrary: fc.nat(4_000).map((tag): Step => ({ kind: 'stranger', tag })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'rewind' }) },
    { weight: 2, arbitrary: fc.nat(3).map((line): Step => ({ kind: 'line', line })) },
  ),
  { maxLength: 300 },
);

describe('Outbox', () => {
  test('behaves like a list of sets, and the watermark never passes an outstanding message', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.integer({ min: 1, max: 8 }), steps, (start, recordsMax, list) => {
        const outbox = new Outbox(start, recordsMax);
        let model = new Map<number, Set<number>>();
        let watermark = start;
        let nextSeq = start + 1;
        for (const step of list) {
          if (step.kind === 'begin') {
            expect(outbox.hasRoom).toBe(nextSeq - watermark - 1 < recordsMax);
            if (!outbox.hasRoom) continue;
            const tags = linesOf(step.messages).flatMap((line, slot) => (line === null ? [] : [tagOf(nextSeq, slot)]));
            model.set(nextSeq, new Set(tags));
            outbox.begin(linesOf(step.messages), nextSeq * 10);
            nextSeq++;
          } else if (step.kind === 'settle') {
            const tags = [...model.values()].flatMap((set) => [...set]);
            const tag = tags[step.pick % Math.max(1, tags.length)];
            if (tag === undefined) continue;
            expect(outbox.isOutstanding(tag)).toBe(true);
            outbox.settle(tag);
            model.get(seqOfTag(tag))?.delete(tag);
          } else if (step.kind === 'stranger') {
            const known = model.get(seqOfTag(step.tag))?.has(step.tag) ?? false;
            expect(outbox.isOutstanding(step.tag)).toBe(known);
            if (!known) outbox.settle(step.tag);
          } else if (step.kind === 'line') {
            const theirs = [...model].filter(([, set]) => [...set].some((tag) => slotOfTag(tag) % 3 === step.line));
            expect(outbox.removeLine(step.line)).toBe(theirs[0]?.[0] ?? null);
            for (const [, set] of theirs) for (const tag of set) if (slotOfTag(tag) % 3 === step.line) set.delete(tag);
          } else {
            outbox.rewind();
            model = new Map();
            nextSeq = watermark + 1;
          }
          while (model.get(watermark + 1)?.size === 0) model.delete(++watermark);
          expect(outbox.watermark).toBe(watermark);
          expect(outbox.nextSeq).toBe(nextSeq);
          expect(outbox.lines(Number.POSITIVE_INFINITY)).toEqual(
            new Set([...model.values()].flatMap((set) => [...set].map((tag) => slotOfTag(tag) % 3))),
          );
          const oldest = model.get(watermark + 1);
          expect(outbox.oldest).toEqual(
            oldest === undefined
              ? null
              : {
                  seq: watermark + 1,
                  begunUs: (watermark + 1) * 10,
                  lines: [...new Set([...oldest].map((tag) => slotOfTag(tag) % 3))],
                },
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a tag says its record and place, also for positions of many years', () => {
    for (const seq of [1, 2 ** 32 + 1, 2 ** 48]) {
      for (const slot of [0, 1, 15]) {
        expect([seqOfTag(tagOf(seq, slot)), slotOfTag(tagOf(seq, slot))]).toEqual([seq, slot]);
      }
    }
  });

  test('more messages than ids can tell apart is a mistake that is said', () => {
    expect(() => new Outbox(0, 4).begin(new Array(17).fill(0), 0)).toThrow('at most 16');
  });
});

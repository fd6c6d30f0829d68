import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import type { Fact } from '../model/facts.ts';
import { decodeFact, encodeFact } from './codec.ts';
import { anyFact, CHECKPOINT, numbered } from './fixtures.ts';
import { FRAME_HEADER_BYTES } from './frame.ts';

function through(fact: Fact): Fact | null {
  const bytes = new Uint8Array(encodeFact(fact));
  return decodeFact(bytes, FRAME_HEADER_BYTES, bytes.length);
}

describe('codec', () => {
  test('every fact comes back equal, with its types', () => {
    fc.assert(
      fc.property(anyFact, (fact) => {
        expect(through(fact)).toStrictEqual(fact);
      }),
      { numRuns: 500 },
    );
  });

  test.each([0n, 1n, -1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 63n) - 1n, 10n ** 39n, -(10n ** 39n)])(
    'the bigint %p stays a bigint',
    (value) => {
      expect(through({ ...CHECKPOINT, book: value })).toStrictEqual({ ...CHECKPOINT, book: value });
    },
  );

  test.each([0, 1, -1, 2 ** 32, 2 ** 53 - 1, 1_767_225_600_000, 0.1, -(2 ** 31) - 1])(
    'the number %p stays a number',
    (value) => {
      expect(through({ ...CHECKPOINT, book: value })).toStrictEqual({ ...CHECKPOINT, book: value });
    },
  );

  test('a half surrogate, which a JSON escape can smuggle in, does not break the record', () => {
    const read = through({ ...CHECKPOINT, book: [`a\ud800b`, `${'x'.repeat(100)}\udfff`, 7n] });
    expect((read as { book?: unknown[] }).book?.[2]).toBe(7n);
  });

  test('a fact larger than the buffer so far, then small ones', () => {
    const large = { ...CHECKPOINT, book: 'x'.repeat(300_000) };
    expect(through(large)).toStrictEqual(large);
    expect(through(numbered(1))).toStrictEqual(numbered(1));
  });

  test('a list of another layout, or under a kind that is packed as it is, gives null', () => {
    const read = (packed: unknown) => {
      const bytes = new Packr({ useRecords: false }).pack(packed);
      return decodeFact(bytes, 0, bytes.length);
    };
    expect([read({ kind: 'heard', values: [2, 'x'] }), read({ kind: 'heard', values: 7 })]).toEqual([null, null]);
    expect(read({ kind: 'closed', values: [1, 1] })).toBeNull();
    expect(read({ kind: 'heard', values: [1] })).toBeNull();
    expect(read({ kind: 'transition', values: [1, 'id', 1] })).toBeNull();
  });

  test('an attempt of a version that kept no price with it has none', () => {
    const [sample] = fc.sample(anyFact, 200).filter((fact) => fact.kind === 'transition');
    if (sample?.kind !== 'transition') throw new Error('no transition among the samples');
    const bytes = encodeFact(sample);
    const packed = new Packr({ useRecords: false, useBigIntExtension: true, mapsAsObjects: true });
    const record = packed.unpack(new Uint8Array(bytes).subarray(FRAME_HEADER_BYTES)) as { values: unknown[][] };
    record.values.at(-1)?.pop();
    const old = packed.pack(record);
    const { referenceRateE8: _none, ...attempt } = sample.attempt;
    expect(decodeFact(old, 0, old.length)).toStrictEqual({ ...sample, attempt });
  });

  test.each([
    ['before the circuit breaker', null],
    ['before both prices were recorded', 2],
  ])('a decision of a version %s has no more than that version recorded', (_name, kept) => {
    const sample = fc
      .sample(anyFact, 500)
      .filter((fact) => fact.kind === 'heard' && fact.mode === undefined)
      .find((fact) => fact.kind === 'heard' && fact.price?.kraken !== undefined && fact.decision.lane !== undefined);
    if (sample?.kind !== 'heard' || sample.price === null) throw new Error('no such decision among the samples');
    const packed = new Packr({ useRecords: false, useBigIntExtension: true, mapsAsObjects: true });
    const record = packed.unpack(new Uint8Array(encodeFact(sample)).subarray(FRAME_HEADER_BYTES)) as {
      values: unknown[][];
    };
    // Whether it was shadow mode came later than either.
    record.values.pop();
    if (kept === null) record.values.pop();
    else record.values.at(-1)?.splice(kept);
    const old = packed.pack(record);
    const { pricedEdgePctE4: _e, lane: _l, feePips: _f, paidEurE18, refused, ...decision } = sample.decision;
    const { kraken: _k, coingecko: _c, ...price } = sample.price;
    const recorded = kept === null ? decision : { ...decision, paidEurE18, refused };
    expect(decodeFact(old, 0, old.length)).toStrictEqual({ ...sample, price, decision: recorded } as Fact);
  });

  test('what a decision has no value for is null, not left out', () => {
    const sample = fc
      .sample(anyFact, 500)
      .find((fact) => fact.kind === 'heard' && fact.decision.paidEurE18 !== undefined);
    if (sample?.kind !== 'heard') throw new Error('no decision among the samples');
    const { pricedEdgePctE4: _e, lane: _l, feePips: _f, ...decision } = sample.decision;
    const read = through({ ...sample, decision });
    expect(read?.kind === 'heard' && read.decision).toStrictEqual({
      ...decision,
      ...{ pricedEdgePctE4: null, lane: null, feePips: null },
    });
  });

  test('limits that change are those of their own fact', () => {
    const facts = fc.sample(anyFact, 200).filter((fact) => fact.kind === 'heard');
    const bytes = facts.map((fact) => new Uint8Array(encodeFact(fact)));
    const read = bytes.map((each) => decodeFact(each, FRAME_HEADER_BYTES, each.length)).reverse();
    expect(facts.length).toBeGreaterThan(5);
    expect(read.reverse()).toEqual(facts);
  });

  test('bytes that are no fact give null', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const read = decodeFact(bytes, 0, bytes.length);
        expect(read === null || 'kind' in read).toBe(true);
      }),
    );
  });
});

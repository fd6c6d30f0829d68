// Facts of the maximum size that outside data can cause still make records that a broker takes.

import { beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Fact } from '../../model/facts.ts';
import { RECORD_BYTES_MAX } from './bounds.ts';
import { envelopeIn, factsOfQuotes, faultsOf, plainFacts, render, throughJournal } from './records.fixture.ts';

/** The longest text that any version took from a frame, in UTF-16 units. */
const FRAME_CHARS_MAX = 262_144;

/** Texts that get much longer as UTF-8 or as JSON than they look: 1, 2, 3 and 4 bytes, escapes, half characters. */
const UNITS = ['a', 'é', '漢', '😀', '"', '\\', '\n', '\u0001', '\ud800', '\u2028'] as const;
const longText = fc
  .tuple(fc.constantFrom(...UNITS), fc.integer({ min: 0, max: 3 }))
  .map(([unit, odd]) => `${'x'.repeat(odd)}${unit.repeat((FRAME_CHARS_MAX - odd) / unit.length)}`);

/** A frame of the maximum size; JSON has no bare control characters and our socket gives no half characters. */
const longFrame = fc
  .constantFrom('a', 'é', '漢', '😀', '\\"', '\\u0001')
  .map((unit) => `{"method":"event","pad":"${unit.repeat((FRAME_CHARS_MAX - 100) / unit.length)}"}`);

/** The fact with everything in it that comes from outside replaced by something as large as it gets. */
function enlarged(fact: Fact, text: string, frame: string): Fact {
  switch (fact.kind) {
    case 'heard':
      return { ...fact, frame, refusal: fact.refusal === null ? null : { ...fact.refusal, note: text } };
    case 'repeat':
      return { ...fact, frame };
    case 'transition':
      return { ...fact, note: text, venueReply: frame };
    case 'dead_letter':
      return { ...fact, key: text, detail: text, value: text };
    case 'control': {
      const to = { pairs: Array.from({ length: 3 }, () => text) };
      return {
        ...fact,
        payload: { ...fact.payload, action: text, actor: text, remote: text, from: text, to, note: text },
      };
    }
    case 'price': {
      const kraken = { ...fact.payload.kraken, market_status: text };
      return { ...fact, payload: { ...fact.payload, problem: text, kraken } };
    }
    case 'inventory':
      return { ...fact, payload: { ...fact.payload, block_hash: text, salt: text, reconciliation_note: text } };
    case 'health':
      return { ...fact, payload: { ...fact.payload, notes: [text, text], reasons: [text], version: text } };
    default:
      return fact;
  }
}

let samples: readonly Fact[] = [];
beforeAll(async () => {
  const byKind = new Map<string, Fact>();
  for (const fact of [...(await factsOfQuotes()), ...plainFacts(1_767_225_600_000)]) {
    const outcome = fact.kind === 'heard' ? `${fact.decision.reason} ${fact.refusal?.code}` : '';
    byKind.set(`${fact.kind} ${outcome}`, fact);
  }
  samples = [...byKind.values()];
});

describe('a record', () => {
  test('of the maximum fact of each kind is below what Kafka takes, and as its topic says', () => {
    expect(samples.length).toBeGreaterThan(20);
    fc.assert(
      fc.property(longText, longFrame, (text, frame) => {
        for (const sample of samples) {
          for (const record of render(enlarged(sample, text, frame))) {
            expect(Buffer.byteLength(record.value) + (record.key?.length ?? 0) * 3).toBeLessThan(RECORD_BYTES_MAX);
            expect(faultsOf(record)).toEqual([]);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  test('says what was cut off it', () => {
    const reply = `{"error":"${'漢'.repeat(30_000)}"}`;
    const sample = samples.find(({ kind }) => kind === 'transition');
    if (sample?.kind !== 'transition') throw new Error('no transition');
    const [record] = render({ ...sample, note: '漢'.repeat(2_000), venueReply: reply });
    if (record === undefined) throw new Error('no record');
    const { note, venue_reply: kept } = envelopeIn(record).payload;
    expect(String(kept)).toMatch(/漢\.\.\. \(24509 more bytes\)$/);
    expect(Buffer.byteLength(String(kept))).toBeLessThanOrEqual(65_536);
    expect(String(note)).toMatch(/漢\.\.\. \(\d+ more bytes\)$/);
  });

  test('leaves a text of an everyday size alone', () => {
    const sample = samples.find(({ kind }) => kind === 'transition');
    if (sample?.kind !== 'transition') throw new Error('no transition');
    const [record] = render({ ...sample, note: 'late \u0001 漢', venueReply: '{"id":1,"error":"漢"}' });
    if (record === undefined) throw new Error('no record');
    expect(envelopeIn(record).payload).toMatchObject({ note: 'late \u0001 漢', venue_reply: '{"id":1,"error":"漢"}' });
  });

  test('holds no part of a signature, wherever the cut falls', () => {
    const sample = samples.find(({ kind }) => kind === 'transition');
    if (sample?.kind !== 'transition') throw new Error('no transition');
    const { signature } = sample.attempt;
    const part = signature.slice(0, 30);
    for (let before = 65_536 - signature.length - 40; before <= 65_536; before += 7) {
      const [record] = render({ ...sample, venueReply: `${'x'.repeat(before)}${signature}${'y'.repeat(500)}` });
      if (record === undefined) throw new Error('no record');
      expect(String(envelopeIn(record).payload['venue_reply'])).not.toContain(part);
    }
  });

  test('of a frame that is too large to be in it twice has it once', () => {
    const sample = samples.find(({ kind }) => kind === 'heard');
    if (sample?.kind !== 'heard') throw new Error('no quote');
    const frame = `{"pad":"${'漢'.repeat(200_000)}"}`;
    const [record] = render(throughJournal({ ...sample, frame }));
    if (record === undefined) throw new Error('no record');
    const envelope = envelopeIn(record);
    expect(envelope.payload['message']).toEqual(JSON.parse(frame));
    expect(envelope.raw).toBeNull();
  });
});

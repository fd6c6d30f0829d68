import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { encodeFact } from './codec.ts';
import { anyFact, BORN } from './fixtures.ts';
import { durableSaidAfter, FACT_START, FRAME_HEADER_BYTES, readFrame, sealFrame } from './frame.ts';

function frameOf(seq: number, durableSeq: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  bytes.set(payload, FRAME_HEADER_BYTES);
  sealFrame(bytes, seq, durableSeq);
  return bytes;
}

const payloads = fc.uint8Array({ minLength: 1, maxLength: 64 });
const PAYLOAD = new TextEncoder().encode('some payload');

describe('frame', () => {
  test('what was sealed is read back, at any place and for positions beyond 32 bits', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), payloads, fc.nat(9), (seq, durableSeq, payload, before) => {
        const frame = frameOf(seq, durableSeq, payload);
        const bytes = new Uint8Array([...new Uint8Array(before).fill(7), ...frame, 1, 2, 3]);
        expect(readFrame(bytes, before)).toEqual({
          ok: true,
          seq,
          durableSeq,
          payloadStart: before + FRAME_HEADER_BYTES,
          end: before + frame.length,
        });
      }),
    );
  });

  test('a change of any bit is noticed', () => {
    const frame = frameOf(7, 5, PAYLOAD);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const changed = frame.slice();
      changed[bit >>> 3] = (changed[bit >>> 3] as number) ^ (1 << (bit & 7));
      expect(readFrame(changed, 0).ok).toBe(false);
    }
  });

  test('a frame cut at any byte is short, whatever stands for the rest', () => {
    const frame = frameOf(7, 5, PAYLOAD);
    for (let length = 0; length < frame.length; length++) {
      expect(readFrame(frame.subarray(0, length), 0)).toEqual({ ok: false, why: 'short' });
    }
  });

  test('zeros, as a file system leaves them behind a lost write, are no frame', () => {
    expect(readFrame(new Uint8Array(100), 0)).toEqual({ ok: false, why: 'length' });
  });
});

describe('durableSaidAfter', () => {
  const FACT = new Uint8Array(encodeFact(BORN).subarray(FRAME_HEADER_BYTES));

  test('finds whole frames behind any rubbish', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (rubbish) => {
        const bytes = new Uint8Array([...rubbish, ...frameOf(11, 9, FACT), ...rubbish, ...frameOf(12, 10, FACT)]);
        expect(durableSaidAfter(bytes, 0, 10)).toBe(10);
      }),
    );
  });

  test('takes no notice of frames of earlier records', () => {
    expect(durableSaidAfter(frameOf(11, 9, FACT), 0, 12)).toBe(0);
  });

  test('does not check what headers in a text claim: that would take longer than anybody waits', () => {
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUInt32LE(0x1800000, 4);
    header.writeUInt32LE(0x70000, 8);
    header.writeUInt32LE(0x60000, 16);
    const bytes = Buffer.alloc(0x1c00000);
    bytes.fill(header, 0, 2730 * FRAME_HEADER_BYTES);
    expect(durableSaidAfter(bytes, 0, 10)).toBe(0);
  });

  test('every fact begins as it looks for, and no text of UTF-8 does', () => {
    fc.assert(
      fc.property(anyFact, fc.string({ unit: 'binary', maxLength: 40 }), (fact, text) => {
        const payload = encodeFact(fact).subarray(FRAME_HEADER_BYTES);
        expect([payload[0], payload[1]]).toEqual([...FACT_START]);
        expect(Buffer.from(text).includes(Uint8Array.from(FACT_START))).toBe(false);
      }),
    );
  });
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { mutatedBytes, mutatedJson, mutatedText } from '../../testing/mutated.ts';
import { wirePayloads } from '../../testing/wire.ts';
import { decodeTape } from './reader.ts';
import { nextRecord, TAPE_FORMAT, TAPE_START, TAPE_VERSION, type TapeHeader } from './record.ts';
import { readRelayFrame } from './relay-frame.ts';

const HEADER: TapeHeader = {
  kind: 'header',
  format: TAPE_FORMAT,
  version: TAPE_VERSION,
  made_from: 'a test',
  started_at_ms: 1_767_225_600_000,
  pair: 'BTC-EURe',
  description: 'spoiled',
};
const RECORDS: readonly object[] = [
  HEADER,
  { kind: 'relay', at_ms: 1, text: '{}', take_after_ms: 5 },
  { kind: 'kraken', at_ms: 2, text: '{"channel":"heartbeat"}' },
  { kind: 'end', frames: 2, duration_ms: 9 },
];
const packr = new Packr({ useRecords: false });
const tape = Uint8Array.from(Buffer.concat(RECORDS.map((record) => packr.pack(record))));
/** Arrays, maps, texts and binaries that are said to be huge. */
const HUGE = ['ddffffffff', 'dfffffffff', 'dbffffffff', 'c6ffffffff', 'dd7fffffff', 'c9ffffffff42'];

test('any bytes are whole records and then an end or a fault with its reason', async () => {
  const bytes = mutatedBytes([tape, ...HUGE.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))]);
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 80 }), async (given, piece) => {
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < given.length; at += piece) yield given.subarray(at, at + piece);
      }
      const kinds: string[] = [];
      for await (const read of decodeTape(chunks())) {
        kinds.push(read.kind);
        if (read.kind === 'fault') expect(read.reason.length).toBeLessThan(1_000);
      }
      expect(['end', 'fault']).toContain(kinds.at(-1) ?? 'none');
      expect(kinds.slice(0, -1)).not.toContain('fault');
    }),
    { numRuns: 400 },
  );
});

test('any value is the next record of a tape, or has a reason why not', () => {
  const value = fc.oneof(
    mutatedJson(RECORDS.map((record) => JSON.stringify(record))),
    fc
      .constantFrom('__proto__', 'constructor', 'hasOwnProperty', 2n ** 70n, 'x'.repeat(5_000))
      .map((kind) => ({ kind })),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), (values) => {
      let place = TAPE_START;
      for (const one of values) {
        const step = nextRecord(place, one);
        if (!step.ok) {
          expect(step.reason.length > 0 && step.reason.length < 1_000).toBe(true);
          return;
        }
        expect(step.place.lastAtMs).toBeGreaterThanOrEqual(place.lastAtMs);
        ({ place } = step);
      }
    }),
    { numRuns: 600 },
  );
});

test('any frame of the relay is asked, passed over or sent as it is', () => {
  fc.assert(
    fc.property(mutatedText([...wirePayloads('relay').values()]), (text) => {
      expect(['ask', 'skip', 'raw']).toContain(readRelayFrame(text).kind);
    }),
    { numRuns: 600 },
  );
});

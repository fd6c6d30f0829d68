import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { seededPrng } from '../sim/tape/prng.ts';
import { MUTATIONS, mutate } from './mutate.ts';

const CAPTURE =
  '{"jsonrpc":"2.0","method":"event","id":7,"params":{"subscription":"s","data":{"quote_id":"q","exact_amount_in":"100","min_deadline_ms":60000,"time":"2026-01-01T00:00:00Z"}}}';

test.each([...MUTATIONS])('%s: any capture gives frames, the same for the same seed', (kind) => {
  const property = fc.property(fc.oneof(fc.constant(CAPTURE), fc.json(), fc.string()), fc.nat(), (text, seed) => {
    const frames = mutate(kind, text, seededPrng(seed));
    expect(frames.length).toBeGreaterThan(0);
    expect(mutate(kind, text, seededPrng(seed))).toEqual(frames);
  });
  fc.assert(property, { numRuns: 50 });
});

test('a real capture is changed by every mutation but the one that repeats it', () => {
  for (const kind of MUTATIONS.filter((each) => each !== 'repeated' && each !== 'cut')) {
    const made = mutate(kind, CAPTURE, seededPrng(3));
    expect({ kind, same: made.some((frame) => frame === CAPTURE) }).toEqual({ kind, same: false });
  }
});

// Randomness of a run: everything that is left to chance comes from its seed. Streams with names of their own, so that one more
// choice in one place does not change all others.

import { type Prng, seededPrng } from '../../sim/tape/prng.ts';

export type Random = Prng & {
  fill(bytes: Uint8Array): void;
  /** From 0 up to, not including, 1. */
  fraction(): number;
  uuid(): string;
  /** Around the mean, never far from it: half of it to one and a half. */
  around(mean: number): number;
};

export function randomOf(seed: string): Random {
  const digest = new Uint8Array(32);
  Bun.SHA256.hash(seed, digest);
  const prng = seededPrng(new DataView(digest.buffer).getUint32(0));
  const fraction = (): number => prng.below(0x1_0000_0000) / 0x1_0000_0000;
  return {
    ...prng,
    fraction,
    fill(bytes) {
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = prng.below(256);
    },
    uuid() {
      const hex = prng.hex(32);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
    around: (mean) => mean * (0.5 + fraction()),
  };
}

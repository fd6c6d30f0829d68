// Groups of bits of one size as groups of another. Pure.

/** Null when what is left over at the end is not all zero, or has a whole group. */
export function regroupBits(
  values: readonly number[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] | null {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  for (const value of values) {
    held = (held << from) | value;
    bits += from;
    for (; bits >= to; bits -= to) out.push((held >>> (bits - to)) & ((1 << to) - 1));
    held &= (1 << bits) - 1;
  }
  return bits >= from || held !== 0 ? null : out;
}

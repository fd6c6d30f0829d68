// base58 with the Bitcoin alphabet and no checksum: keys, hashes and signatures of NEAR.
// Method of encoding: the number is a sum of 16-bit words times powers of 65536. Those powers are kept ready in limbs of
// five base58 digits (58^5), so that encoding is multiply and add, then one pass of carries: no long division. All sums
// stay below 2^53 (16 bits times 29.3 bits times 64 words), hence exact in doubles. Pure.
// Out of scope: inputs beyond 128 bytes, where that bound would end; nothing here is longer than 64.

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const LIMB = 58 ** 5;
const LIMB_DIGITS = 5;
const WORD = 65_536;
export const BASE58_BYTES_MAX = 128;
const WORDS_MAX = BASE58_BYTES_MAX / 2;
/** Digits that 128 bytes can take. */
export const BASE58_CHARS_MAX = 175;
const LIMBS_MAX = BASE58_CHARS_MAX / LIMB_DIGITS;

const DIGIT_CODES = Uint8Array.from(ALPHABET, (char) => char.charCodeAt(0));
const CODE_DIGITS = makeCodeDigits();
const { powers: WORD_POWERS, lengths: WORD_POWER_LIMBS } = makeWordPowers();

const limbs = new Float64Array(LIMBS_MAX);
const text = Buffer.allocUnsafeSlow(BASE58_CHARS_MAX + BASE58_BYTES_MAX);

/** Text of at most 128 bytes; throws RangeError beyond. */
export function encodeBase58(bytes: Uint8Array): string {
  const count = bytes.length;
  if (count > BASE58_BYTES_MAX) throw new RangeError(`base58 of ${count} bytes: at most ${BASE58_BYTES_MAX}`);
  let zeros = 0;
  while (zeros < count && bytes[zeros] === 0) zeros++;

  const limbCount = sumWords(bytes, count);
  let carry = 0;
  for (let at = 0; at < limbCount; at++) {
    const value = (limbs[at] as number) + carry;
    carry = Math.floor(value / LIMB);
    limbs[at] = value - carry * LIMB;
  }

  // Digits are written from the right end; the leading zeros of the top limb are cut, those of the input become `1`s.
  const end = text.length;
  let start = end;
  for (let at = 0; at < limbCount; at++) {
    let value = limbs[at] as number;
    for (let digit = 0; digit < LIMB_DIGITS; digit++) {
      const rest = (value / 58) | 0;
      text[--start] = DIGIT_CODES[value - rest * 58] as number;
      value = rest;
    }
  }
  const one = DIGIT_CODES[0] as number;
  while (start < end && text[start] === one) start++;
  for (let at = 0; at < zeros; at++) text[--start] = one;
  return text.toString('latin1', start, end);
}

/** Bytes of a base58 text; null when a character is not of the alphabet or it stands for more than 128 bytes. */
export function decodeBase58(encoded: string): Uint8Array | null {
  const count = encoded.length;
  if (count > BASE58_CHARS_MAX) return null;
  let ones = 0;
  while (ones < count && encoded[ones] === '1') ones++;

  const bytes = new Uint8Array(count);
  let used = 0;
  for (let at = ones; at < count; at++) {
    const digit = CODE_DIGITS[encoded.charCodeAt(at)] ?? -1;
    if (digit < 0) return null;
    let carry = digit;
    for (let place = 0; place < used || carry > 0; place++) {
      carry += (bytes[count - 1 - place] as number) * 58;
      bytes[count - 1 - place] = carry & 0xff;
      carry >>>= 8;
      if (place >= used) used = place + 1;
    }
  }
  return ones + used > BASE58_BYTES_MAX ? null : bytes.slice(count - used - ones);
}

/** Adds up all words times their powers into `limbs`; returns how many limbs are in use, one spare for the last carry. */
function sumWords(bytes: Uint8Array, count: number): number {
  const wordCount = (count + 1) >>> 1;
  if (wordCount === 0) return 0;
  const limbCount = Math.min(LIMBS_MAX, (WORD_POWER_LIMBS[wordCount - 1] as number) + 1);
  limbs.fill(0, 0, limbCount);
  for (let word = 0; word < wordCount; word++) {
    const low = count - 1 - word * 2;
    const value = (bytes[low] as number) | (low > 0 ? (bytes[low - 1] as number) << 8 : 0);
    if (value === 0) continue;
    const row = word * LIMBS_MAX;
    const rowLimbs = WORD_POWER_LIMBS[word] as number;
    for (let at = 0; at < rowLimbs; at++) {
      limbs[at] = (limbs[at] as number) + value * (WORD_POWERS[row + at] as number);
    }
  }
  return limbCount;
}

/** Row n: 65536^n in limbs, least first; and how many limbs each row has. */
function makeWordPowers(): { powers: Float64Array; lengths: Uint8Array } {
  const powers = new Float64Array(WORDS_MAX * LIMBS_MAX);
  const lengths = new Uint8Array(WORDS_MAX);
  powers[0] = 1;
  lengths[0] = 1;
  for (let word = 1; word < WORDS_MAX; word++) {
    let carry = 0;
    for (let at = 0; at < LIMBS_MAX; at++) {
      const value = (powers[(word - 1) * LIMBS_MAX + at] as number) * WORD + carry;
      carry = Math.floor(value / LIMB);
      const limb = value - carry * LIMB;
      powers[word * LIMBS_MAX + at] = limb;
      if (limb > 0) lengths[word] = at + 1;
    }
  }
  return { powers, lengths };
}

function makeCodeDigits(): Int8Array {
  const digits = new Int8Array(128).fill(-1);
  DIGIT_CODES.forEach((code, digit) => {
    digits[code] = digit;
  });
  return digits;
}

// Segwit addresses of version 0 on Bitcoin's main net (BIP 173): encode and decode with checksum. Pure.
// Only what a deposit address of the bridge needs; later witness versions (bech32m) are out of scope.

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
/** The human-readable part `bc`, spread out as the checksum needs it. */
const PREFIX = [3, 3, 0, 2, 3] as const;

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ff_ffff) << 5) ^ value;
    for (const [bit, word] of GENERATOR.entries()) if (((top >>> bit) & 1) === 1) sum ^= word;
  }
  return sum >>> 0;
}

/** Regroups bits; null when what is left over is not all zero, or a whole group too much. */
function regroup(values: readonly number[], from: number, to: number, padsEnd: boolean): number[] | null {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  for (const value of values) {
    held = (held << from) | value;
    bits += from;
    for (; bits >= to; bits -= to) out.push((held >>> (bits - to)) & ((1 << to) - 1));
    held &= (1 << bits) - 1;
  }
  if (padsEnd) {
    if (bits > 0) out.push((held << (to - bits)) & ((1 << to) - 1));
    return out;
  }
  return bits >= from || held !== 0 ? null : out;
}

/** Address of a witness program of 20 or 32 bytes. */
export function encodeSegwit(program: Uint8Array): string {
  const data = [0, ...(regroup([...program], 8, 5, true) ?? [])];
  const sum = polymod([...PREFIX, ...data, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = [25, 20, 15, 10, 5, 0].map((shift) => (sum >>> shift) & 31);
  return `bc1${[...data, ...check].map((value) => CHARSET.charAt(value)).join('')}`;
}

/** The witness program of a version 0 address, or null when the text is none. */
export function decodeSegwit(address: string): Uint8Array | null {
  const text = address === address.toUpperCase() ? address.toLowerCase() : address;
  if (!/^bc1[02-9ac-hj-np-z]{11,71}$/.test(text)) return null;
  const values = [...text.slice(3)].map((char) => CHARSET.indexOf(char));
  if (values[0] !== 0 || polymod([...PREFIX, ...values]) !== 1) return null;
  const program = regroup(values.slice(1, -6), 5, 8, false);
  return program !== null && (program.length === 20 || program.length === 32) ? Uint8Array.from(program) : null;
}

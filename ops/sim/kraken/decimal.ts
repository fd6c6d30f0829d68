// Decimal text to scaled integers and back, without a float between. Pure.
// Printing always shows every decimal of the scale, since Kraken keeps trailing zeros and its checksum counts them.

export type Scaled = { readonly ok: true; readonly value: bigint } | { readonly ok: false; readonly reason: string };

/** Reads `94750.10` at scale 1 as `947501n`; digits beyond the scale must be zero, since dropping them would be rounding. */
export function parseScaled(text: string, scale: number): Scaled {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return { ok: false, reason: `"${text}" is not a plain decimal number` };
  const [, sign = '', whole = '', fraction = ''] = match;
  const kept = fraction.slice(0, scale).padEnd(scale, '0');
  if (/[1-9]/.test(fraction.slice(scale))) {
    return { ok: false, reason: `"${text}" has more than ${scale} decimals` };
  }
  const value = BigInt(whole + kept);
  return { ok: true, value: sign === '-' ? -value : value };
}

/** Prints `947501n` at scale 1 as `94750.1`, with exactly `scale` decimals. */
export function formatScaled(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

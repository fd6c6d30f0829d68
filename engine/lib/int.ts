// Division of bigints with the rounding in the name. Amounts that we pay are floored, amounts that we ask for are ceiled,
// so that every rounding favours our inventory.

/** Toward minus infinity. The divisor is positive. */
export function divFloor(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
}

/** Toward plus infinity. The divisor is positive. */
export function divCeil(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend > 0n && quotient * divisor !== dividend ? quotient + 1n : quotient;
}

export const minOf = (a: bigint, b: bigint): bigint => (a < b ? a : b);

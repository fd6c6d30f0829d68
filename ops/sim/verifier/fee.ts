// The protocol fee, in pips (millionths): rounded up on every amount that is paid, taken out of what the other side can
// receive. `supply` and `closure` say what the other side of a trade has to sign so that the batch adds up.

const PIPS = 1_000_000n;

const ceilDiv = (numerator: bigint, denominator: bigint) => {
  // BigInt division truncates toward zero, which is the ceiling of a negative quotient already.
  const quotient = numerator / denominator;
  return numerator % denominator > 0n ? quotient + 1n : quotient;
};

const floorDiv = (numerator: bigint, denominator: bigint) => {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
};

/** Fee on units paid, rounded up. */
export function feeOf(units: bigint, feePips: number): bigint {
  return ceilDiv(units * BigInt(feePips), PIPS);
}

/** What a signed delta adds to the batch: a negative one loses its fee (the quotient rounded toward plus infinity). */
export function supplyOfDelta(delta: bigint, feePips: number): bigint {
  return delta >= 0n ? delta : ceilDiv(delta * (PIPS - BigInt(feePips)), PIPS);
}

/** The delta that cancels `supply`: a negative one is grossed up for its own fee (rounded toward minus infinity). */
function closureOfSupply(supply: bigint, feePips: number): bigint {
  const closure = -supply;
  return closure >= 0n ? closure : floorDiv(closure * PIPS, PIPS - BigInt(feePips));
}

/** The delta that another party signs to meet this one on the same token. */
export function closureOfDelta(delta: bigint, feePips: number): bigint {
  return closureOfSupply(supplyOfDelta(delta, feePips), feePips);
}

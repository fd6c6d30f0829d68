// When a limit of value has come to its end. Only what fits is signed, so what is filled hardly ever reaches a limit to the unit. Pure.

/** A quote that the limit would allow does not fit beyond what was filled. One that exceeds the whole limit says nothing. */
export const isUsedUp = (limitE18: bigint, filledE18: bigint, paidE18: bigint): boolean =>
  paidE18 <= limitE18 && paidE18 > limitE18 - filledE18;

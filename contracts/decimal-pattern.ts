// Decimal numbers within bounds as a regular expression, so that what a schema describes is exactly what is taken.

/** Most digits on either side of the point that `parseScaled` takes. */
const DIGITS_MAX = 30;

/**
 * Texts of numbers from 0 to `max`, with zeros alone beyond `scale` fraction digits, and leading zeros where there is room.
 * @param max a whole number without leading zeros
 */
export function decimalPattern(max: string, scale: number): string {
  if (!/^[1-9][0-9]{0,28}$/.test(max)) throw new Error(`${max} is not a whole number`);
  const zeros = (digits: number): string => `0{0,${DIGITS_MAX - digits}}`;
  const fraction = `(?:\\.[0-9]{1,${scale}}0{0,${DIGITS_MAX - scale}})?`;
  const below = wholeBelow(max).map((whole) => `${whole}${fraction}`);
  const shorter = max.length > 1 ? [`${zeros(max.length - 1)}[0-9]{1,${max.length - 1}}${fraction}`] : [];
  const equal = `${max}(?:\\.0{1,${DIGITS_MAX}})?`;
  return `^(?:${[...shorter, `${zeros(max.length)}(?:${[...below, equal].join('|')})`].join('|')})$`;
}

/** Numbers of as many digits as `max` that are less: those that differ from it first in each of its digits. */
function wholeBelow(max: string): string[] {
  return [...max].flatMap((digit, index) => {
    const low = index === 0 && max.length > 1 ? 1 : 0;
    const high = Number(digit) - 1;
    if (high < low) return [];
    const rest = max.length - index - 1;
    return [`${max.slice(0, index)}[${low}-${high}]${rest === 0 ? '' : `[0-9]{${rest}}`}`];
  });
}

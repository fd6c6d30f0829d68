// Texts from outside, bounded in bytes: what a record may hold is limited in bytes, and one character of a text takes up to
// three of them in UTF-8 for each of its UTF-16 units. Total and pure.

export type CutText = {
  /** Valid UTF-8 of at most the bytes asked for; half characters became U+FFFD. */
  readonly text: string;
  /** Bytes of UTF-8 that were left out; 0: nothing was. */
  readonly cutBytes: number;
};

/** The beginning of `text` that fits into `bytesMax` bytes of UTF-8, whole characters only. */
export function cutUtf8(text: string, bytesMax: number): CutText {
  const whole = text.toWellFormed();
  if (isWithin(whole, bytesMax)) return { text: whole, cutBytes: 0 };
  const kept = new Uint8Array(Math.max(0, bytesMax));
  const { written } = encoder.encodeInto(whole, kept);
  // Made of its own bytes: a slice would keep all of `text` in memory for as long as it is kept itself.
  return { text: decoder.decode(kept.subarray(0, written)), cutBytes: Buffer.byteLength(whole, 'utf8') - written };
}

/** As `cutUtf8`, with a note at the end that says how much is missing; the note counts towards `bytesMax`. */
export function cutAndSay(text: string, bytesMax: number): string {
  const whole = text.toWellFormed();
  if (isWithin(whole, bytesMax)) return whole;
  const { text: kept, cutBytes } = cutUtf8(whole, bytesMax - NOTE_BYTES_MAX);
  return `${kept}... (${cutBytes} more bytes)`;
}

/** Nearly every text is far smaller than its bound; three bytes a unit is the most that UTF-8 needs. */
const isWithin = (whole: string, bytesMax: number): boolean =>
  whole.length * UTF8_BYTES_PER_UNIT_MAX <= bytesMax || Buffer.byteLength(whole, 'utf8') <= bytesMax;

const UTF8_BYTES_PER_UNIT_MAX = 3;
/** `... (9007199254740991 more bytes)`. */
const NOTE_BYTES_MAX = 33;
const encoder = new TextEncoder();
/** A mark of the byte order at the beginning is a part of the text. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

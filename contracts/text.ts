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
  // Nearly every text is far smaller than its bound; three bytes a unit is the most that UTF-8 needs.
  const whole = text.toWellFormed();
  if (whole.length * UTF8_BYTES_PER_UNIT_MAX <= bytesMax) return { text: whole, cutBytes: 0 };
  const bytes = Buffer.byteLength(whole, 'utf8');
  if (bytes <= bytesMax) return { text: whole, cutBytes: 0 };
  const { read, written } = encoder.encodeInto(whole, new Uint8Array(Math.max(0, bytesMax)));
  return { text: whole.slice(0, read), cutBytes: bytes - written };
}

/** As `cutUtf8`, with a note at the end that says how much is missing; the note counts towards `bytesMax`. */
export function cutAndSay(text: string, bytesMax: number): string {
  const whole = cutUtf8(text, bytesMax);
  if (whole.cutBytes === 0) return whole.text;
  const { text: kept, cutBytes } = cutUtf8(text, bytesMax - NOTE_BYTES_MAX);
  return `${kept}... (${cutBytes} more bytes)`;
}

const UTF8_BYTES_PER_UNIT_MAX = 3;
/** `... (9007199254740991 more bytes)`. */
const NOTE_BYTES_MAX = 33;
const encoder = new TextEncoder();

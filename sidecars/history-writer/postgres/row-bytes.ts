// Values as the receive functions of PostgreSQL's types read them, one behind the other in memory that many rows share. What is not of
// the one form that is expected here gives false, and says nothing about whether PostgreSQL would take it.

/** As much as rows of a few polls. */
const BLOCK_BYTES = 262_144;
const TWO_TO_32 = 4_294_967_296;
/** Above it a call costs less than a loop. */
const LOOP_CHARS_MAX = 128;
const ASCII_MAX = 0x7f;
const [ZERO, NINE, MINUS, POINT] = [0x30, 0x39, 0x2d, 0x2e];
/** Far more than any number that we write. */
const DIGITS_MAX = 4000;
const NUMERIC_NEGATIVE = 0x4000;

export class RowBytes {
  #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #start = 0;
  #at = 0;

  /** A row begins here; one that was not ended is forgotten. */
  begin(): void {
    this.#at = this.#start;
  }

  /** The row that began last, in memory that stays as it is. */
  end(): Uint8Array {
    const row = this.#block.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return row;
  }

  /** Place of a length that is not known yet. */
  openLength(): number {
    this.#ensure(4);
    this.#at += 4;
    return this.#at - this.#start;
  }

  /** @param opened as `openLength` gave it @returns bytes since then */
  closeLength(opened: number): number {
    const from = this.#start + opened;
    const length = this.#at - from;
    this.#setInt32(from - 4, length);
    return length;
  }

  int16(value: number): void {
    this.#ensure(2);
    const at = this.#at;
    this.#block[at] = value >> 8;
    this.#block[at + 1] = value;
    this.#at = at + 2;
  }

  int32(value: number): void {
    this.#ensure(4);
    this.#setInt32(this.#at, value);
    this.#at += 4;
  }

  /** @param value a safe integer */
  int64(value: number): void {
    const high = Math.floor(value / TWO_TO_32);
    this.int32(high);
    this.int32(value - high * TWO_TO_32);
  }

  byte(value: number): void {
    this.#ensure(1);
    this.#block[this.#at++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#ensure(value.length);
    this.#block.set(value, this.#at);
    this.#at += value.length;
  }

  /** UTF-8 of a text that a text column can hold: without NUL and without halves of surrogate pairs. */
  text(value: string): boolean {
    this.#ensure(value.length * 3);
    if (value.length <= LOOP_CHARS_MAX && this.#ascii(value)) return true;
    if (value.includes('\0') || !value.isWellFormed()) return false;
    this.#at += this.#block.write(value, this.#at);
    return true;
  }

  /** Decimal digits, with a sign and a fraction or without. */
  numeric(value: string): boolean {
    const { length } = value;
    const from = value.charCodeAt(0) === MINUS ? 1 : 0;
    let point = length;
    for (let at = from; at < length; at++) {
      const char = value.charCodeAt(at);
      if (char >= ZERO && char <= NINE) continue;
      if (char !== POINT || point !== length) return false;
      point = at;
    }
    const whole = point - from;
    const scale = point === length ? 0 : length - point - 1;
    if (whole === 0 || point === length - 1 || length > DIGITS_MAX) return false;
    const wholeChunks = (whole + 3) >> 2;
    const chunks = wholeChunks + ((scale + 3) >> 2);
    this.#ensure(8 + 2 * chunks);
    this.int16(chunks);
    this.int16(wholeChunks - 1);
    this.int16(from === 1 ? NUMERIC_NEGATIVE : 0);
    this.int16(scale);
    // The first chunk of the whole part may be short; a short one at the end of the fraction has zeros behind it.
    let at = from;
    for (let end = from + (whole - 4 * (wholeChunks - 1)); at < point; end = at + 4) {
      let chunk = 0;
      for (; at < end; at++) chunk = chunk * 10 + value.charCodeAt(at) - ZERO;
      this.int16(chunk);
    }
    for (at = point + 1; at < length; at += 4) {
      let chunk = 0;
      for (let place = at; place < at + 4; place++) {
        chunk = chunk * 10 + (place < length ? value.charCodeAt(place) - ZERO : 0);
      }
      this.int16(chunk);
    }
    return true;
  }

  #ascii(value: string): boolean {
    const block = this.#block;
    let at = this.#at;
    for (let index = 0; index < value.length; index++) {
      const char = value.charCodeAt(index);
      if (char === 0 || char > ASCII_MAX) return false;
      block[at++] = char;
    }
    this.#at = at;
    return true;
  }

  #setInt32(at: number, value: number): void {
    const block = this.#block;
    block[at] = value >> 24;
    block[at + 1] = value >> 16;
    block[at + 2] = value >> 8;
    block[at + 3] = value;
  }

  /** Room for so many bytes more: a row that does not fit goes on in a block of its own. */
  #ensure(bytes: number): void {
    if (this.#at + bytes <= this.#block.length) return;
    const begun = this.#block.subarray(this.#start, this.#at);
    const block = Buffer.allocUnsafe(Math.max(BLOCK_BYTES, 2 * (begun.length + bytes)));
    block.set(begun);
    this.#block = block;
    this.#start = 0;
    this.#at = begun.length;
  }
}

// Writes values as msgpack, one after the other, into memory that is used again: for the facts that every quote makes. A packer that
// takes any value has to look for what each is, and asks twice whether a bigint fits; here whoever writes says what it writes.

import { viewOf } from '../frame.ts';

/** Enough for most facts; more is taken when one needs it, and kept. */
const MEMORY_BYTES = 16_384;
/** Views of what is shorter are kept, one for each length: one that is made for each record costs as much as ten of its values. */
const KEPT_LENGTH_MAX = 4_096;
/** The processor copies longer texts faster by itself, after a call. */
const COPIED_BY_HAND_MAX = 64;
const UTF8_BYTES_PER_CHAR_MAX = 3;
/** The longest header of a value, and the longest value that is no text. */
const VALUE_BYTES_MAX = 9;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

export class MsgpackWriter {
  readonly #headBytes: number;
  #memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
  #view = viewOf(this.#memory);
  #at = 0;
  readonly #written = new Map<number, Uint8Array>();

  /** @param headBytes room that is left before what is written */
  constructor(headBytes: number) {
    this.#headBytes = headBytes;
  }

  /** Of all the memory, as long as nothing larger was written. */
  get view(): DataView {
    return this.#view;
  }

  /** Begins again, with bytes that are msgpack already. */
  begin(bytes: Uint8Array): void {
    this.#at = this.#headBytes;
    this.raw(bytes);
  }

  /** What was written since it began, with the room before it. Valid until the next beginning. */
  written(): Uint8Array {
    const length = this.#at;
    if (length > KEPT_LENGTH_MAX) return this.#memory.subarray(0, length);
    let written = this.#written.get(length);
    if (written === undefined) {
      written = this.#memory.subarray(0, length);
      this.#written.set(length, written);
    }
    return written;
  }

  /** A list of so many values, which follow. */
  list(count: number): void {
    this.#reserve(VALUE_BYTES_MAX);
    if (count < 16) {
      this.#memory[this.#at++] = 0x90 | count;
      return;
    }
    this.#memory[this.#at++] = 0xdc;
    this.#view.setUint16(this.#at, count);
    this.#at += 2;
  }

  nothing(): void {
    this.#reserve(VALUE_BYTES_MAX);
    this.#memory[this.#at++] = 0xc0;
  }

  flag(value: boolean): void {
    this.#reserve(VALUE_BYTES_MAX);
    this.#memory[this.#at++] = value ? 0xc3 : 0xc2;
  }

  number(value: number | null): void {
    this.#reserve(VALUE_BYTES_MAX);
    if (value === null) {
      this.#memory[this.#at++] = 0xc0;
    } else if (value >>> 0 !== value) {
      this.#memory[this.#at] = 0xcb;
      this.#view.setFloat64(this.#at + 1, value);
      this.#at += 9;
    } else if (value < 0x80) {
      this.#memory[this.#at++] = value;
    } else if (value < 0x10000) {
      this.#memory[this.#at] = 0xcd;
      this.#view.setUint16(this.#at + 1, value);
      this.#at += 3;
    } else {
      this.#memory[this.#at] = 0xce;
      this.#view.setUint32(this.#at + 1, value);
      this.#at += 5;
    }
  }

  /** A value beyond 64 bits as text. */
  amount(value: bigint | null): void {
    if (value === null) {
      this.nothing();
    } else if (value <= INT64_MAX && value >= INT64_MIN) {
      this.#reserve(VALUE_BYTES_MAX);
      this.#memory[this.#at] = 0xd3;
      this.#view.setBigInt64(this.#at + 1, value);
      this.#at += 9;
    } else {
      this.text(value.toString());
    }
  }

  text(value: string | null): void {
    if (value === null) {
      this.nothing();
      return;
    }
    this.#reserve(value.length * UTF8_BYTES_PER_CHAR_MAX + VALUE_BYTES_MAX);
    // Where the text begins is right when all of it is ASCII; otherwise it is moved.
    const headBytes = textHeadBytes(value.length);
    const start = this.#at + headBytes;
    const bytes = value.length < COPIED_BY_HAND_MAX ? this.#copy(value, start) : this.#memory.write(value, start);
    const needed = textHeadBytes(bytes);
    if (needed !== headBytes) this.#memory.copyWithin(this.#at + needed, start, start + bytes);
    this.#textHead(bytes);
    this.#at += bytes;
  }

  /** A value that is msgpack already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#memory.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #copy(value: string, start: number): number {
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return this.#memory.write(value, start);
      this.#memory[start + index] = code;
    }
    return value.length;
  }

  #textHead(bytes: number): void {
    if (bytes < 0x20) {
      this.#memory[this.#at++] = 0xa0 | bytes;
    } else if (bytes < 0x100) {
      this.#memory[this.#at] = 0xd9;
      this.#memory[this.#at + 1] = bytes;
      this.#at += 2;
    } else if (bytes < 0x10000) {
      this.#memory[this.#at] = 0xda;
      this.#view.setUint16(this.#at + 1, bytes);
      this.#at += 3;
    } else {
      this.#memory[this.#at] = 0xdb;
      this.#view.setUint32(this.#at + 1, bytes);
      this.#at += 5;
    }
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#memory.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes));
    larger.set(this.#memory.subarray(0, this.#at));
    this.#memory = larger;
    this.#view = viewOf(larger);
    this.#written.clear();
  }
}

function textHeadBytes(bytes: number): number {
  if (bytes < 0x20) return 1;
  if (bytes < 0x100) return 2;
  return bytes < 0x10000 ? 3 : 5;
}

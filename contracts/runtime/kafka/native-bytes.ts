// Keys and values in the form that costs the addon little. It asks each array for its ArrayBuffer,
// and for one that was just made the engine has to make that first, memory of its own included: that takes longer than all
// the rest of a call. So what is small is copied into memory that is used again, seen through arrays that are kept, one for
// each length. librdkafka copies as well, within the call, so that the same memory serves the next record.

/** Larger values are rare and are handed over as they are; it also bounds the arrays that are kept, 100 bytes each. */
const VALUE_BYTES_MAX = 8_192;
/** Longest key that is kept, in characters, each of at most three bytes. */
const KEY_LENGTH_MAX = 512;

export class NativeBytes {
  readonly #valueMemory = new Uint8Array(new ArrayBuffer(VALUE_BYTES_MAX));
  readonly #valueOfLength = new Map<number, Uint8Array>();
  readonly #keyMemory = new Uint8Array(new ArrayBuffer(KEY_LENGTH_MAX * 3));
  readonly #keyOfLength = new Map<number, Uint8Array>();
  readonly #encoder = new TextEncoder();
  #key: string | null = null;
  #keyBytes: Uint8Array | null = null;

  /** The bytes of the value, a text in UTF-8, until the next call. */
  value(value: Uint8Array | string): Uint8Array {
    if (typeof value === 'string') return this.#textValue(value);
    const { byteLength } = value;
    if (byteLength > VALUE_BYTES_MAX) return value;
    this.#valueMemory.set(value);
    return viewOf(this.#valueOfLength, this.#valueMemory, byteLength);
  }

  #textValue(text: string): Uint8Array {
    if (text.length > VALUE_BYTES_MAX) return Buffer.from(text, 'utf8');
    const { read, written } = this.#encoder.encodeInto(text, this.#valueMemory);
    if (read < text.length) return Buffer.from(text, 'utf8');
    return viewOf(this.#valueOfLength, this.#valueMemory, written);
  }

  /** The key in UTF-8, until the next call. The records of a quote have the same key one after the other. */
  key(key: string): Uint8Array {
    if (this.#keyBytes !== null && key === this.#key) return this.#keyBytes;
    if (key.length > KEY_LENGTH_MAX) return Buffer.from(key, 'utf8');
    const { written } = this.#encoder.encodeInto(key, this.#keyMemory);
    this.#key = key;
    this.#keyBytes = viewOf(this.#keyOfLength, this.#keyMemory, written);
    return this.#keyBytes;
  }
}

function viewOf(views: Map<number, Uint8Array>, memory: Uint8Array, length: number): Uint8Array {
  let view = views.get(length);
  if (view === undefined) {
    view = memory.subarray(0, length);
    views.set(length, view);
  }
  return view;
}

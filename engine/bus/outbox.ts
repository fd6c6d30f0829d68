// Which journal records Kafka has acknowledged. A record may make several messages; it is acknowledged when all of them
// are. The watermark is the highest position below which, itself included, everything is acknowledged: after a restart
// what lies above it is sent again, so that nothing is lost and repeats are possible.
//
// Method: a window of records in flight, each a set of bits for its outstanding messages, in rings of fixed size. A
// message is named by a tag made of its record's position and its place in the record, so that no table is needed.
// Invariant: the watermark never passes a record with an outstanding message. Pure.

/** Messages that one record can make: as many as event ids can be told apart in their last hex digit. */
export const MESSAGES_PER_RECORD_MAX = 16;

/** Names one message: the same after a restart. */
export function tagOf(seq: number, slot: number): number {
  return seq * MESSAGES_PER_RECORD_MAX + slot;
}

export function seqOfTag(tag: number): number {
  return Math.floor(tag / MESSAGES_PER_RECORD_MAX);
}

export function slotOfTag(tag: number): number {
  return tag % MESSAGES_PER_RECORD_MAX;
}

export class Outbox {
  readonly #outstanding: Uint16Array;
  readonly #atMs: Float64Array;
  #watermark: number;
  #nextSeq: number;

  /** @param recordsMax how many records may be in flight */
  constructor(watermark: number, recordsMax: number) {
    this.#watermark = watermark;
    this.#nextSeq = watermark + 1;
    this.#outstanding = new Uint16Array(recordsMax);
    this.#atMs = new Float64Array(recordsMax);
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** The record to be sent next. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  get hasRoom(): boolean {
    return this.#nextSeq - this.#watermark <= this.#outstanding.length;
  }

  /** When the oldest record in flight was journalled; null when none is in flight. */
  get oldestAtMs(): number | null {
    return this.#nextSeq - this.#watermark > 1 ? (this.#atMs[this.#place(this.#watermark + 1)] as number) : null;
  }

  /** Takes the next record into flight; one without messages is acknowledged as it stands. */
  begin(messages: number, atMs: number): void {
    if (!this.hasRoom) throw new Error('the outbox has no room');
    if (messages > MESSAGES_PER_RECORD_MAX) throw new Error(`a record makes ${messages} messages; at most 16`);
    const place = this.#place(this.#nextSeq);
    this.#outstanding[place] = (1 << messages) - 1;
    this.#atMs[place] = atMs;
    this.#nextSeq++;
    this.#advance();
  }

  /** True while the message is in flight. */
  isOutstanding(tag: number): boolean {
    const seq = seqOfTag(tag);
    if (seq <= this.#watermark || seq >= this.#nextSeq) return false;
    return ((this.#outstanding[this.#place(seq)] as number) & (1 << slotOfTag(tag))) !== 0;
  }

  /** The message needs no more care: Kafka has it, or it was dead-lettered. Repeats and strangers change nothing. */
  settle(tag: number): void {
    if (!this.isOutstanding(tag)) return;
    const place = this.#place(seqOfTag(tag));
    this.#outstanding[place] = (this.#outstanding[place] as number) & ~(1 << slotOfTag(tag));
    this.#advance();
  }

  /** Everything above the watermark is to be sent again. */
  rewind(): void {
    this.#nextSeq = this.#watermark + 1;
  }

  #advance(): void {
    while (this.#watermark + 1 < this.#nextSeq && this.#outstanding[this.#place(this.#watermark + 1)] === 0) {
      this.#watermark++;
    }
  }

  #place(seq: number): number {
    return seq % this.#outstanding.length;
  }
}

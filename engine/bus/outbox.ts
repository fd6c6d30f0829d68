// Which journal records Kafka has acknowledged. A record may make several messages; it is acknowledged when all of them
// are. The watermark is the highest position below which, itself included, everything is acknowledged: after a restart
// what lies above it is sent again, so that nothing is lost and repeats are possible.
//
// Method: a window of records in flight, each a set of bits for its outstanding messages, in rings of fixed size. A
// message is named by a tag made of its record's position and its place in the record, so that no table is needed. Each
// message belongs to a line (a topic, by number), and what is outstanding of one line can be taken out as a whole.
// Invariant: the watermark never passes a record with an outstanding message. Pure.

/** Messages that one record can make: as many as the last hex digit of an event id can distinguish. */
export const MESSAGES_PER_RECORD_MAX = 16;

/** Positions up to here make tags that are exact: at 10,000 records a second it takes 800 years. */
export const SEQ_MAX = 2 ** 48;

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

export type OldestRecord = {
  readonly seq: number;
  /** When it was taken into flight. */
  readonly begunUs: number;
  /** Lines of its outstanding messages. */
  readonly lines: readonly number[];
};

export class Outbox {
  readonly #outstanding: Uint16Array;
  readonly #lines: Uint8Array;
  readonly #begunUs: Float64Array;
  #watermark: number;
  #nextSeq: number;

  /** @param recordsMax how many records may be in flight */
  constructor(watermark: number, recordsMax: number) {
    this.#watermark = watermark;
    this.#nextSeq = watermark + 1;
    this.#outstanding = new Uint16Array(recordsMax);
    this.#lines = new Uint8Array(recordsMax * MESSAGES_PER_RECORD_MAX);
    this.#begunUs = new Float64Array(recordsMax);
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

  /** The record that holds the watermark back; null when none is in flight. */
  get oldest(): OldestRecord | null {
    const seq = this.#watermark + 1;
    if (seq === this.#nextSeq) return null;
    const place = this.#place(seq);
    const lines = new Set<number>();
    for (let slot = 0; slot < MESSAGES_PER_RECORD_MAX; slot++) {
      const line = this.lineOf(tagOf(seq, slot));
      if (line !== null) lines.add(line);
    }
    return { seq, begunUs: this.#begunUs[place] as number, lines: [...lines] };
  }

  /**
   * Takes the next record into flight; one without messages is acknowledged as it is.
   * @param lines the line of each message in the order of their slots; null: this message is not for here
   */
  begin(lines: readonly (number | null)[], nowUs: number): void {
    if (!this.hasRoom) throw new Error('the outbox has no room');
    if (lines.length > MESSAGES_PER_RECORD_MAX) throw new Error(`a record makes ${lines.length} messages; at most 16`);
    const place = this.#place(this.#nextSeq);
    let bits = 0;
    for (let slot = 0; slot < lines.length; slot++) {
      const line = lines[slot] as number | null;
      if (line === null) continue;
      bits |= 1 << slot;
      this.#lines[place * MESSAGES_PER_RECORD_MAX + slot] = line;
    }
    this.#outstanding[place] = bits;
    this.#begunUs[place] = nowUs;
    this.#nextSeq++;
    this.#advance();
  }

  /** True while the message is in flight. */
  isOutstanding(tag: number): boolean {
    return this.lineOf(tag) !== null;
  }

  /** The line of a message in flight, else null. */
  lineOf(tag: number): number | null {
    const seq = seqOfTag(tag);
    if (seq <= this.#watermark || seq >= this.#nextSeq) return null;
    const place = this.#place(seq);
    const slot = slotOfTag(tag);
    if (((this.#outstanding[place] as number) & (1 << slot)) === 0) return null;
    return this.#lines[place * MESSAGES_PER_RECORD_MAX + slot] as number;
  }

  /**
   * The message needs no more care: Kafka has it, or it was dead-lettered. Repeats and strangers change nothing.
   * @returns whether it was in flight
   */
  settle(tag: number): boolean {
    if (!this.isOutstanding(tag)) return false;
    const place = this.#place(seqOfTag(tag));
    this.#outstanding[place] = (this.#outstanding[place] as number) & ~(1 << slotOfTag(tag));
    this.#advance();
    return true;
  }

  /** Lines that have a message in flight in records below `endSeq`. Looks at the whole window. */
  lines(endSeq: number): ReadonlySet<number> {
    const found = new Set<number>();
    for (let seq = this.#watermark + 1; seq < Math.min(endSeq, this.#nextSeq); seq++) {
      const place = this.#place(seq);
      for (let bits = this.#outstanding[place] as number, slot = 0; bits !== 0; bits >>= 1, slot++) {
        if ((bits & 1) !== 0) found.add(this.#lines[place * MESSAGES_PER_RECORD_MAX + slot] as number);
      }
    }
    return found;
  }

  /** Takes all messages of a line out of flight. @returns the first record that had one; null when none had */
  removeLine(line: number): number | null {
    let first: number | null = null;
    for (let seq = this.#watermark + 1; seq < this.#nextSeq; seq++) {
      const place = this.#place(seq);
      for (let slot = 0; slot < MESSAGES_PER_RECORD_MAX; slot++) {
        const bits = this.#outstanding[place] as number;
        if ((bits & (1 << slot)) === 0 || this.#lines[place * MESSAGES_PER_RECORD_MAX + slot] !== line) continue;
        this.#outstanding[place] = bits & ~(1 << slot);
        first ??= seq;
      }
    }
    this.#advance();
    return first;
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

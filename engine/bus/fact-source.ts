// Where the next fact to publish comes from: recent ones out of a ring of bounded size, older ones back from the journal,
// some at a time, when the broker was away for longer than the ring reaches or after a restart.

import { Ring } from '../lib/collections/ring.ts';
import type { Fact } from '../model/facts.ts';

/**
 * Facts that are kept in memory until they are sent: those of two seconds with a thousand quotes each. To read one back from the
 * journal costs as much as to send it, just when the engine is behind.
 */
const RECENT_FACTS_MAX = 8_192;
/**
 * Characters that those may have from outside: with frames as large as a venue may send them, the number alone would let an outage of
 * the broker take some hundred megabytes. What is left out is read back from the journal.
 */
const RECENT_CHARS_MAX = 16_777_216;
/**
 * Of those of which some have to be read back before them, so many: the way to them is longer than all of them, and ends with what came
 * meanwhile.
 */
const BEHIND_FACTS_MAX = 1_024;
/** Facts that go for one that comes: the cost of a turn stays even. */
const SHIFTED_AT_ONCE = 2;
/** Records of one read from disk. */
const READ_RECORDS = 128;

export type StoredFact = { readonly seq: number; readonly fact: Fact };
export type ReadFacts = (fromSeq: number, limit: number) => Promise<readonly StoredFact[]>;

export class FactSource {
  readonly #read: ReadFacts;
  readonly #recent = new Ring<Fact>(RECENT_FACTS_MAX);
  #recentLastSeq: number;
  /** Of texts from outside in all of them. */
  #recentChars = 0;
  /** Facts before those in memory have not been taken. */
  #isBehind = false;
  /** What was read back, from `#backlogAt` on still to be taken. */
  #backlog: readonly StoredFact[] = [];
  #backlogAt = 0;
  #reading = false;

  constructor(lastSeq: number, read: ReadFacts) {
    this.#recentLastSeq = lastSeq;
    this.#read = read;
  }

  /** Notes a fact that was just appended. */
  remember(seq: number, fact: Fact): void {
    if (this.#recent.size === this.#recent.capacity) this.#isBehind = true;
    const most = this.#isBehind ? BEHIND_FACTS_MAX : this.#recent.capacity;
    for (let left = SHIFTED_AT_ONCE; left > 0 && this.#recent.size >= most; left--) this.#shift();
    this.#recent.push(fact);
    this.#recentLastSeq = seq;
    this.#recentChars += charsOf(fact);
    while (this.#recentChars > RECENT_CHARS_MAX) this.#shift();
  }

  /** Takes the fact out; null when it has to be read back first. */
  take(seq: number): Fact | null {
    const read = this.#backlog[this.#backlogAt];
    if (read?.seq === seq) {
      this.#backlogAt++;
      return read.fact;
    }
    // What lies before the record that is asked for was sent, or would have to be read back anyhow.
    while (this.#recent.size > 0 && this.#recentFirstSeq < seq) this.#shift();
    if (this.#recent.size === 0 || this.#recentFirstSeq !== seq) return null;
    this.#isBehind = false;
    return this.#shift();
  }

  /** Reads facts from `seq` on back into memory; false when a read was under way already. Rejects when it fails. */
  async readBack(seq: number): Promise<boolean> {
    if (this.#reading) return false;
    this.#reading = true;
    try {
      this.#backlog = await this.#read(seq, READ_RECORDS);
      this.#backlogAt = 0;
      return true;
    } finally {
      this.#reading = false;
    }
  }

  /** The fact, when it is in memory; it stays there. */
  peek(seq: number): Fact | null {
    return this.#recent.at(seq - this.#recentFirstSeq) ?? this.#backlog[this.#backlogAt]?.fact ?? null;
  }

  get #recentFirstSeq(): number {
    return this.#recentLastSeq - this.#recent.size + 1;
  }

  #shift(): Fact | null {
    const oldest = this.#recent.shift();
    if (oldest === undefined) return null;
    this.#recentChars -= charsOf(oldest);
    return oldest;
  }
}

/** Of the texts of a fact that come from outside and can be large; the others are far smaller. */
function charsOf(fact: Fact): number {
  switch (fact.kind) {
    case 'heard':
    case 'repeat':
    case 'status_seen':
      return fact.frame.length;
    case 'transition':
      return fact.venueReply?.length ?? 0;
    case 'dead_letter':
      return fact.value?.length ?? 0;
    default:
      return 0;
  }
}

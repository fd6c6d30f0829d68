// Where the next fact to publish comes from: recent ones out of a ring of bounded size, older ones back from the journal,
// some at a time, when the broker was away for longer than the ring reaches or after a restart.

import { Ring } from '../lib/ring.ts';
import type { Fact } from '../model/facts.ts';

/** Facts that are kept in memory until they are sent. */
const RECENT_FACTS_MAX = 2_048;
/** Records of one read from disk. */
const READ_RECORDS = 128;

export type StoredFact = { readonly seq: number; readonly fact: Fact };
export type ReadFacts = (fromSeq: number, limit: number) => Promise<readonly StoredFact[]>;

export class FactSource {
  readonly #read: ReadFacts;
  readonly #recent = new Ring<Fact>(RECENT_FACTS_MAX);
  #recentLastSeq: number;
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
    if (this.#recent.size === this.#recent.capacity) this.#recent.shift();
    this.#recent.push(fact);
    this.#recentLastSeq = seq;
  }

  /** Takes the fact out; null when it has to be read back first. */
  take(seq: number): Fact | null {
    const read = this.#backlog[this.#backlogAt];
    if (read?.seq === seq) {
      this.#backlogAt++;
      return read.fact;
    }
    // What lies before the record that is asked for was sent, or would have to be read back anyhow.
    while (this.#recent.size > 0 && this.#recentFirstSeq < seq) this.#recent.shift();
    return this.#recent.size > 0 && this.#recentFirstSeq === seq ? (this.#recent.shift() ?? null) : null;
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
}

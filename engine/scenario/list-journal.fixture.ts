import type { Fact } from '../model/facts.ts';
import type { JournalPort } from '../model/ports.ts';

/** A journal in memory. A test makes it refuse records and delay its syncs. */
export class ListJournal implements JournalPort {
  readonly facts: Fact[] = [];
  durableSeq = 0;
  #refusal: Error | null = null;
  #failing: { after: number; times: number; readonly error: Error } | null = null;
  #isHeld = false;
  #waiting: { readonly seq: number; readonly settle: (error: Error | null) => void }[] = [];

  append(fact: Fact): number {
    if (this.#failing !== null && this.#failing.after-- <= 0) {
      const { error } = this.#failing;
      if (--this.#failing.times <= 0) this.#failing = null;
      throw error;
    }
    if (this.#refusal !== null) throw this.#refusal;
    return this.facts.push(fact);
  }

  synced(seq: number): Promise<void> {
    if (!this.#isHeld) {
      this.durableSeq = Math.max(this.durableSeq, seq);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ seq, settle: (error) => (error === null ? resolve() : reject(error)) });
    });
  }

  /** From now on every record is refused, and every pending sync fails. */
  fail(error: Error): void {
    this.#refusal = error;
    for (const { settle } of this.#waiting.splice(0)) settle(error);
  }

  /** Refuses as many records, after some more that are taken. */
  failAfter(after: number, error: Error, times = Number.POSITIVE_INFINITY): void {
    this.#failing = { after, times, error };
  }

  holdSyncs(): void {
    this.#isHeld = true;
  }

  releaseSyncs(): void {
    this.#isHeld = false;
    for (const { seq, settle } of this.#waiting.splice(0)) {
      this.durableSeq = Math.max(this.durableSeq, seq);
      settle(null);
    }
  }
}

// What the relay remembers for those who test against it: every answer it received and every settlement, the newest of
// each up to a bound, and counts of all.
import type { RefusalReason } from './refusals.ts';

export type Answer = {
  /** Empty when the answer named none. */
  readonly quoteId: string;
  readonly receivedAtMs: number;
  /** The frame as it came. */
  readonly text: string;
  /** `unjudged` answers count as accepted and were looked at no further. */
  readonly verdict: 'accepted' | 'refused' | 'unjudged';
  readonly reason: RefusalReason | null;
  readonly detail: string | null;
  /** What could be read of the signed payload; null where nothing could, or nobody looked. */
  readonly quoteHash: string | null;
  readonly amountInUnits: bigint | null;
  readonly amountOutUnits: bigint | null;
  readonly nonceHex: string | null;
  readonly deadlineNs: bigint | null;
};

export type Settlement = {
  readonly quoteId: string;
  readonly settledAtMs: number;
  readonly ok: boolean;
  /** Null when it settled, else why not: the contract's text, or `no answer`. */
  readonly reason: string | null;
  readonly quoteHash: string | null;
  readonly intentHash: string | null;
  readonly txHash: string | null;
};

export type Counts = {
  readonly asked: number;
  /** Quote events sent, one for each client that heard it. */
  readonly sent: number;
  readonly answers: number;
  readonly accepted: number;
  readonly refused: number;
  readonly refusals: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly settled: number;
  readonly failedSettlements: number;
};

const KEPT_MAX = 50_000;

/** The newest items of a sequence; forgets in blocks, so that adding stays cheap. */
class Newest<Item> {
  #items: Item[] = [];

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length >= 2 * KEPT_MAX) this.#items = this.#items.slice(-KEPT_MAX);
  }

  all(): readonly Item[] {
    return this.#items.slice(-KEPT_MAX);
  }
}

export class Records {
  readonly #answers = new Newest<Answer>();
  readonly #settlements = new Newest<Settlement>();
  readonly #listeners = new Set<(answer: Answer) => void>();
  readonly #refusals = new Map<RefusalReason, number>();
  #asked = 0;
  #sent = 0;
  #accepted = 0;
  #refused = 0;
  #settled = 0;
  #failed = 0;

  asked(sent: number): void {
    this.#asked += 1;
    this.#sent += sent;
  }

  answer(answer: Answer): void {
    this.#answers.add(answer);
    if (answer.reason === null) this.#accepted += 1;
    else {
      this.#refused += 1;
      this.#refusals.set(answer.reason, (this.#refusals.get(answer.reason) ?? 0) + 1);
    }
    for (const listener of this.#listeners) listener(answer);
  }

  settlement(settlement: Settlement): void {
    this.#settlements.add(settlement);
    if (settlement.ok) this.#settled += 1;
    else this.#failed += 1;
  }

  answers(): readonly Answer[] {
    return this.#answers.all();
  }

  settlements(): readonly Settlement[] {
    return this.#settlements.all();
  }

  /** Gives the function that ends it. */
  onAnswer(listener: (answer: Answer) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  counts(): Counts {
    return {
      asked: this.#asked,
      sent: this.#sent,
      answers: this.#accepted + this.#refused,
      accepted: this.#accepted,
      refused: this.#refused,
      refusals: Object.fromEntries(this.#refusals),
      settled: this.#settled,
      failedSettlements: this.#failed,
    };
  }
}

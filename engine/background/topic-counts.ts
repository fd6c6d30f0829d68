// How many records of each topic were read, and what became of them.

import type { OpsTopic, Refusal } from './ops-record.ts';

export type Outcome = 'taken' | 'other_account' | Refusal;
type TopicCount = { readonly outcomes: Map<Outcome, number>; lastReadAtMs: number };

export class TopicCounts {
  readonly #topics = new Map<OpsTopic, TopicCount>();

  /** `outcome` null: it was taken. */
  count(topic: OpsTopic, outcome: Exclude<Outcome, 'taken'> | null, nowMs: number): void {
    const count = this.#topics.get(topic) ?? { outcomes: new Map<Outcome, number>(), lastReadAtMs: nowMs };
    const name = outcome ?? 'taken';
    count.outcomes.set(name, (count.outcomes.get(name) ?? 0) + 1);
    count.lastReadAtMs = nowMs;
    this.#topics.set(topic, count);
  }

  all(): readonly {
    readonly topic: OpsTopic;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly lastReadAtMs: number;
  }[] {
    return [...this.#topics].map(([topic, { outcomes, lastReadAtMs }]) => ({
      topic,
      outcomes: Object.fromEntries(outcomes),
      lastReadAtMs,
    }));
  }

  refused(): number {
    let refused = 0;
    for (const { outcomes } of this.#topics.values())
      for (const [outcome, count] of outcomes) if (outcome !== 'taken' && outcome !== 'other_account') refused += count;
    return refused;
  }
}

// What the model found: what happened, when, and which rule it breaks. The first of each rule are kept, all are counted, and so is
// how often each rule was tested.

import type { Rule } from './rules.ts';

export type Finding = { readonly rule: Rule; readonly atMs: number; readonly detail: string };

const KEPT_OF_A_RULE = 3;

export class Findings {
  readonly kept: Finding[] = [];
  readonly #counts = new Map<Rule, number>();
  readonly #judged = new Map<Rule, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(rule: Rule, detail: string): void {
    const count = (this.#counts.get(rule) ?? 0) + 1;
    this.#counts.set(rule, count);
    if (count <= KEPT_OF_A_RULE) this.kept.push({ rule, atMs: this.#nowMs(), detail });
  }

  /** Something happened that an engine which does not keep the rule would have broken it by. */
  tested(rule: Rule): void {
    this.#judged.set(rule, (this.#judged.get(rule) ?? 0) + 1);
  }

  /** Tests a rule: to be called where it could have been broken, and not where nothing could break it. */
  hold(rule: Rule, holds: boolean, detail: () => string): void {
    this.tested(rule);
    if (!holds) this.add(rule, detail());
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** How often each rule was tested. */
  judged(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#judged);
  }
}

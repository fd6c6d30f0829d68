// What the model found: what happened, when, and which rule it breaks. The first of each rule are kept, all are counted.

export type Finding = { readonly rule: string; readonly atMs: number; readonly detail: string };

const KEPT_OF_A_RULE = 3;

export class Findings {
  readonly kept: Finding[] = [];
  readonly #counts = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(rule: string, detail: string): void {
    const count = (this.#counts.get(rule) ?? 0) + 1;
    this.#counts.set(rule, count);
    if (count <= KEPT_OF_A_RULE) this.kept.push({ rule, atMs: this.#nowMs(), detail });
  }

  /** Notes it unless it holds. */
  hold(rule: string, holds: boolean, detail: () => string): void {
    if (!holds) this.add(rule, detail());
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

// How much may be filled and open: by the limits of the circuit breaker, and by the ends of armings as operators have called for them.

import type { Findings } from './findings.ts';

type Limits = { readonly minuteEur: number; readonly dayEur: number };

type Part = 'strategy' | 'executor';

type Caps = { readonly sinceUs: number; readonly maxEur: number; readonly maxTrades: number };

/** What pays so much, in EUR, under a nonce. */
type Paying = {
  readonly nonce: string;
  readonly eur: number;
  /** A power cut took it from the journal: the engine learns of it when a balance shows it. */
  readonly isLost: boolean;
};

export class Exposure {
  readonly #findings: Findings;
  readonly #limits: Limits;
  readonly #caps = new Map<Part, Caps>();

  constructor(findings: Findings, limits: Limits) {
    this.#findings = findings;
    this.#limits = limits;
  }

  /** A process began: nothing is armed. */
  started(): void {
    this.#caps.clear();
  }

  /** A call that was answered with success. */
  called(path: string, body: unknown, nowUs: number): void {
    const [, part, act] = path.split('/');
    if (act !== 'arm' || (part !== 'strategy' && part !== 'executor')) return;
    const { max_eur: eur, max_trades: trades } = (body ?? {}) as { max_eur?: string; max_trades?: number };
    this.#caps.set(part, {
      sinceUs: nowUs,
      maxEur: eur === undefined ? Number.POSITIVE_INFINITY : Number(eur),
      maxTrades: trades ?? Number.POSITIVE_INFINITY,
    });
  }

  /** An answer leaves. @param settledSince what has settled since a time @param live what can settle, this answer included */
  judge(settledSince: (sinceUs: number) => readonly Paying[], live: readonly Paying[], nowUs: number): void {
    const open = new Map<string, number>();
    for (const { nonce, eur } of live) open.set(nonce, Math.max(open.get(nonce) ?? 0, eur));
    const openEur = sum([...open.values()]);
    const filled = (sinceUs: number): number => sum(settledSince(sinceUs).map(({ eur }) => eur));
    const { minuteEur, dayEur } = this.#limits;
    const minute = openEur + filled(nowUs - 60_000_000);
    const day = openEur + filled(nowUs - 86_400_000_000);
    // Far below a limit nothing tests it.
    if (minute > minuteEur / 2)
      this.#findings.hold('no more is filled and open than a minute allows', minute <= minuteEur, () =>
        minute.toFixed(4),
      );
    if (day > dayEur / 2)
      this.#findings.hold('no more is filled and open than a day allows', day <= dayEur, () => day.toFixed(4));
    for (const [part, { sinceUs, maxEur, maxTrades }] of this.#caps) {
      const since = settledSince(sinceUs).filter(({ isLost }) => !isLost);
      const trades = since.length + open.size;
      const eur = openEur + sum(since.map((each) => each.eur));
      if (trades <= maxTrades / 2 && eur <= maxEur / 2) continue;
      this.#findings.hold(
        'no more is filled and open than an arming allows',
        trades <= maxTrades && eur <= maxEur,
        () => `${part}: ${trades} of ${maxTrades} trades, ${eur.toFixed(4)} of ${maxEur} EUR`,
      );
    }
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

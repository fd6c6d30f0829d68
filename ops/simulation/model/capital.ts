// The worst case, held against what there is: of each nonce that can still be used, the quote that pays most settles, all at once,
// and what the engine has reserved for withdrawals leaves.

import type { BlockView, ChainView } from './chain-view.ts';
import type { Findings } from './findings.ts';
import type { Sent } from './sent.ts';
import { saltOf } from './wire.ts';

export type CapitalOptions = {
  readonly findings: Findings;
  readonly chain: ChainView;
  readonly nowUs: () => number;
  readonly inventoryMaxAgeMs: number;
  /** What could still be live at a block that the engine may know. */
  readonly recent: () => Iterable<Sent>;
  /** The most that the journal lets be promised of an asset. */
  readonly promisedUnits: (asset: string) => bigint;
  /** The relay has said that it is being settled, which it is not. */
  readonly isNamedWrongly: (sent: Sent) => boolean;
};

const CUSTOMARY_WAIT_US = 40_000_000;

/** What the engine is asked to keep back, so that it may be withdrawn. */
export type Reservation = {
  readonly id: string;
  readonly asset: string;
  readonly units: bigint;
  /** It is not withdrawn later. */
  readonly untilUs: number;
};

type Kept = Reservation & {
  /** The engine has said so, and nobody has given it back. */
  isKept: boolean;
  /** The block from which on it is gone; null: it is still there. */
  goneFromHeight: number | null;
};

type Credit = { readonly atUs: number; readonly asset: string; readonly units: bigint };

/** Two balances that the engine reads one after the other may be so far apart while nodes fail. */
const BETWEEN_READS_US = 60_000_000;

export class Capital {
  readonly #options: CapitalOptions;
  /** Blocks whose balances the engine has read, with the time. */
  #balances: { readonly atUs: number; readonly height: number }[] = [];
  /** Balance that went by other means than settlements. */
  #withdrawnAtUs = Number.NEGATIVE_INFINITY;
  /** When it last went by a withdrawal that the engine has reserved for. */
  #leftAtUs = Number.NEGATIVE_INFINITY;
  /** Balance that came by other means than settlements. */
  #credits: readonly Credit[] = [];
  /** All that were asked for, by id. */
  readonly #reservations = new Map<string, Kept>();
  /** What last went by other means than settlements was as much as is reserved: no balance tells that it was something else. */
  #isTakenForReserved = false;

  constructor(options: CapitalOptions) {
    this.#options = options;
  }

  /** A process began: nothing of what the one before has read counts. */
  started(): void {
    this.#balances = [];
  }

  /** The engine has read balances as of a block. */
  read(height: number): void {
    this.#balances.push({ atUs: this.#options.nowUs(), height });
    if (this.#balances.length > 64) this.#balances = this.#balances.slice(-32);
  }

  /** Balance is about to go that nobody has reserved. */
  withdrawn(asset: string, units: bigint): void {
    this.#withdrawnAtUs = this.#options.nowUs();
    const mistaken = summingTo(this.#open(asset), units);
    this.#isTakenForReserved = mistaken !== null;
    // From here on the engine has to take these for withdrawn.
    for (const each of mistaken ?? []) if (each.isKept) each.goneFromHeight = this.#options.chain.newest().height;
  }

  /** Balance came by other means than settlements. */
  credited(asset: string, units: bigint): void {
    this.#credits = [...this.#credits, { atUs: this.#options.nowUs(), asset, units }].slice(-100);
  }

  /** What was withdrawn at that time shows as no loss: a deposit came next to it, or it is taken for what was reserved. */
  isHidden(withdrawnAtUs: number): boolean {
    return this.#wasCreditedAt(withdrawnAtUs) || (this.#isTakenForReserved && withdrawnAtUs === this.#withdrawnAtUs);
  }

  /** What one balance may show together with what moved at that time. */
  creditedAt(atUs: number, asset: string): bigint {
    const credits = this.#creditsAt(atUs).filter((each) => each.asset === asset);
    return credits.reduce((sum, { units }) => sum + units, 0n);
  }

  /** The engine is asked to keep an amount back. */
  asked(reservation: Reservation): void {
    this.#reservations.set(reservation.id, { ...reservation, isKept: false, goneFromHeight: null });
  }

  /** It has said that it does. */
  reserved(id: string): void {
    const kept = this.#reservations.get(id);
    if (kept !== undefined) kept.isKept = true;
  }

  /** It is given back, and not withdrawn any more. */
  released(id: string): void {
    const kept = this.#reservations.get(id);
    if (kept !== undefined) kept.isKept = false;
  }

  /** It is withdrawn now. */
  left(id: string): void {
    const kept = this.#reservations.get(id);
    if (kept === undefined) return;
    // As much went before, and was taken for it: now nothing explains it.
    if (kept.goneFromHeight !== null) this.withdrawn(kept.asset, kept.units);
    this.#leftAtUs = this.#options.nowUs();
    kept.goneFromHeight ??= this.#options.chain.newest().height;
  }

  get withdrawnAtUs(): number {
    return this.#withdrawnAtUs;
  }

  /**
   * When balance last went by a withdrawal that the engine has reserved for, next to a deposit: one balance shows both, and without its
   * nonce a withdrawal counts where the amount comes out even alone.
   */
  get blurredAtUs(): number {
    return this.#wasCreditedAt(this.#leftAtUs) ? this.#leftAtUs : Number.NEGATIVE_INFINITY;
  }

  /** When balance last came or went otherwise than by settlements, whether the engine knows of it or not. */
  get movedOtherwiseAtUs(): number {
    return Math.max(this.#withdrawnAtUs, this.#leftAtUs, this.#credits.at(-1)?.atUs ?? Number.NEGATIVE_INFINITY);
  }

  /** An answer leaves. @param live what can settle, this answer included */
  judge(sent: Sent, live: readonly Sent[]): void {
    const { findings, chain, nowUs, inventoryMaxAgeMs } = this.#options;
    const { assetOut } = sent;
    const youngUs = nowUs() - inventoryMaxAgeMs * 1000;
    const known = this.#balances.filter(({ atUs }) => atUs >= youngUs);
    findings.hold('a balance is young enough', known.length > 0, () => sent.quoteId);
    const views = known.flatMap(({ height }) => chain.at(height) ?? []);
    const covers = (view: BlockView): boolean => this.#leaving(assetOut, view) <= view.balance(assetOut);
    if (views.length > 0) {
      const isCovered = views.some(covers);
      const figures = (): string => `${sent.quoteId}: ${views.map((view) => this.#figures(assetOut, view)).join(', ')}`;
      findings.hold('live quotes are covered by a balance that the engine knows', isCovered, figures);
      // Once more by itself, so that it is known to have been put to the test.
      if (live.some((each) => each.assetOut === assetOut && this.#options.isNamedWrongly(each)))
        findings.hold('quotes that the relay names wrongly are covered like any other', isCovered, figures);
      if (views.some((view) => this.#reservedUnits(assetOut, view) > 0n))
        findings.hold('what is reserved for a withdrawal is not promised to anybody else', isCovered, figures);
    }
    if (nowUs() - this.#withdrawnAtUs < CUSTOMARY_WAIT_US) return;
    findings.hold(
      'live quotes are covered by the true balance',
      covers(chain.newest()),
      () => `${sent.quoteId}: ${this.#figures(assetOut, chain.newest())}`,
    );
    this.#judgeCeilings(sent, views);
  }

  #judgeCeilings({ quoteId, assetOut }: Sent, views: readonly BlockView[]): void {
    if (views.length === 0) return;
    const promised = this.#options.promisedUnits(assetOut);
    this.#options.findings.hold(
      'the ceilings of all open nonces are covered by a balance that the engine knows',
      views.some((view) => promised + this.#reservedUnits(assetOut, view) <= view.balance(assetOut)),
      () => `${quoteId}: ${promised}; ${views.map((view) => this.#figures(assetOut, view)).join(', ')}`,
    );
  }

  /** What the engine may take for withdrawn, as soon as so much has gone. */
  #open(asset: string): Kept[] {
    const sinceUs = this.#options.nowUs() - BETWEEN_READS_US;
    return [...this.#reservations.values()].filter(
      (each) => each.asset === asset && each.goneFromHeight === null && each.untilUs > sinceUs,
    );
  }

  #wasCreditedAt(atUs: number): boolean {
    return this.#creditsAt(atUs).length > 0;
  }

  #creditsAt(atUs: number): readonly Credit[] {
    return this.#credits.filter((each) => Math.abs(each.atUs - atUs) < BETWEEN_READS_US);
  }

  #figures(asset: string, view: BlockView): string {
    const [quoted, reserved] = [this.#worstCase(asset, view), this.#reservedUnits(asset, view)];
    return `${quoted} and ${reserved} reserved of ${view.balance(asset)} at ${view.height}`;
  }

  #leaving(asset: string, view: BlockView): bigint {
    return this.#worstCase(asset, view) + this.#reservedUnits(asset, view);
  }

  #reservedUnits(asset: string, view: BlockView): bigint {
    const nowUs = this.#options.nowUs();
    const isThere = ({ goneFromHeight, untilUs }: Kept): boolean =>
      goneFromHeight === null ? untilUs > nowUs : view.height < goneFromHeight;
    return [...this.#reservations.values()]
      .filter((each) => each.asset === asset && each.isKept && isThere(each))
      .reduce((sum, { units }) => sum + units, 0n);
  }

  #worstCase(asset: string, view: BlockView): bigint {
    const largest = new Map<string, bigint>();
    for (const sent of this.#options.recent()) {
      // What was used with a salt that is gone may be forgotten, and nothing else is executed with it.
      const isOver = sent.deadlineMs < view.timeMs || view.isUsed(sent.nonce) || !view.isValidSalt(saltOf(sent.nonce));
      if (sent.assetOut !== asset || isOver) continue;
      const before = largest.get(sent.nonce) ?? 0n;
      if (sent.amountOut > before) largest.set(sent.nonce, sent.amountOut);
    }
    return [...largest.values()].reduce((sum, units) => sum + units, 0n);
  }
}

/** Some of them that are as much together; null: none are. */
function summingTo(open: readonly Kept[], units: bigint): readonly Kept[] | null {
  if (units === 0n) return [];
  for (const [at, each] of open.entries()) {
    const others = each.units > units ? null : summingTo(open.slice(at + 1), units - each.units);
    if (others !== null) return [each, ...others];
  }
  return null;
}

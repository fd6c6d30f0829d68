// What the engine stops itself for: not without a reason, and not without an effect. Its own word that it has disarmed itself counts
// against it alone: from there on nothing may be signed before an operator has armed it.

import type { Findings } from './findings.ts';
import type { Lies } from './nodes/lies.ts';

type StopLimits = {
  readonly minuteEur: number;
  readonly dayEur: number;
  readonly maxNotionalEur: number;
  /** MAX_CONSECUTIVE_FAILURES. */
  readonly failuresInRow: number;
};

export type StopsOptions = {
  readonly findings: Findings;
  readonly nowUs: () => number;
  readonly limits: StopLimits;
  /** What was used up of nonces since a time, in EUR: the most that a quote under each paid. */
  readonly usedEurSince: (sinceUs: number) => readonly number[];
  /** The same of what can still settle, all together. */
  readonly openEur: () => number;
  /** The process is neither held up nor slow: what it has to do it does at once. */
  readonly isPrompt: () => boolean;
  /** Something is wrong with the disk, or was just now. */
  readonly isDiskBad: () => boolean;
  /** When balance last went by other means than settlements. */
  readonly withdrawnAtUs: () => number;
  /** When a withdrawal that the engine knows of last went next to a deposit, so that it is shown by no balance. */
  readonly blurredAtUs: () => number;
  /** When balance last came or went otherwise than by settlements, also by a withdrawal that the engine knows of. */
  readonly movedOtherwiseAtUs: () => number;
  /** A power cut took quotes from the journal that could have settled lately: what moved may be theirs. */
  readonly hasLostQuotes: () => boolean;
  /** What went at that time shows as no loss: a deposit came next to it, or as much was reserved. */
  readonly isHidden: (withdrawnAtUs: number) => boolean;
  readonly lies: Lies;
};

/** How long after what was used on the chain the engine may take note of it. */
const SEEN_WITHIN_US = 120_000_000;
const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
const LOSS_SHOWS_WITHIN_US = 180_000_000;
/** By then the balance that shows it has been read. */
const LOSS_KNOWN_US = 40_000_000;
/** What the engine's valuation and the model's may be apart. */
const NEARLY = 0.97;
/** A reply that comes so late has its own rule. */
const IN_TIME_US = 4_500_000;
/** A settlement ends a row of failures, as soon as the engine knows of it. */
const SETTLEMENT_KNOWN_US = 60_000_000;
const BY_THEN_US = 1_000_000;
/** What the relay says when a quote is over: no failure. */
const LATE = /-32098|not found or already finished/i;

export class Stops {
  readonly #options: StopsOptions;
  /** Answers that wait for a reply, by the id of their request. */
  readonly #awaited = new Map<number, number>();
  /** Answers refused in a row, at least so many. */
  #refusedInRow = 0;
  #unclearUntilUs = 0;
  /** When the relay refused an answer. */
  #refusedUs: number[] = [];
  /** When something happened that may count as a settlement that failed, once it is known. */
  #failedUs: number[] = [];
  #armedUs = 0;
  /** That many were refused; null: not. */
  #dueSinceUs: number | null = null;

  constructor(options: StopsOptions) {
    this.#options = options;
  }

  /** A process began. */
  started(): void {
    this.#awaited.clear();
    this.#begin();
  }

  /** The process is gone: it disarms nothing any more. */
  gone(): void {
    this.#dueSinceUs = null;
  }

  /** An operator has armed the executor. */
  armed(): void {
    this.#begin();
  }

  answered(requestId: unknown): void {
    if (typeof requestId === 'number') this.#awaited.set(requestId, this.#options.nowUs());
  }

  /** A settlement was on the chain. */
  settled(): void {
    this.#refusedInRow = 0;
    this.#unclearUntilUs = this.#options.nowUs() + SETTLEMENT_KNOWN_US;
  }

  /** Something may count as a settlement that failed. */
  failed(): void {
    this.#failedUs.push(this.#options.nowUs());
  }

  /** The engine has read a text of the relay. */
  replied(text: string): void {
    const reply = readReply(text);
    const sentUs = reply === null ? undefined : this.#awaited.get(reply.id);
    if (reply === null || sentUs === undefined) return;
    this.#awaited.delete(reply.id);
    const { nowUs, limits } = this.#options;
    if (reply.verdict === 'taken') this.#refusedInRow = 0;
    if (reply.verdict !== 'refused') return;
    this.#refusedUs.push(nowUs());
    if (nowUs() - sentUs > IN_TIME_US || nowUs() < this.#unclearUntilUs) return;
    this.#refusedInRow += 1;
    if (this.#refusedInRow >= limits.failuresInRow) this.#dueSinceUs ??= nowUs();
  }

  /** The engine says that a part was disarmed. @returns why, if it did so by itself; else null */
  disarmed(by: string): string | null {
    const code = /^engine: ([a-z_]+):/.exec(by)?.[1] ?? null;
    if (code === null) return null;
    this.#judgeRefusals(true);
    this.#options.findings.hold('the engine stops itself for a reason alone', this.#hasReason(code), () => by);
    return code;
  }

  /** Every second. */
  look(isArmed: boolean): void {
    const { nowUs, isPrompt } = this.#options;
    if (this.#dueSinceUs !== null && nowUs() - this.#dueSinceUs >= BY_THEN_US && isPrompt())
      this.#judgeRefusals(!isArmed);
  }

  /** An answer leaves. @param armedAtUs when an operator last armed the executor */
  judge(quoteId: string, armedAtUs: number): void {
    const withdrawnAtUs = this.#options.withdrawnAtUs();
    const sinceUs = this.#options.nowUs() - withdrawnAtUs;
    if (sinceUs < LOSS_KNOWN_US || sinceUs > 10 * LOSS_KNOWN_US) return;
    if (this.#options.hasLostQuotes() || this.#options.isHidden(withdrawnAtUs)) return;
    // A node may say that it is still there, or that a nonce was used for it.
    if (this.#options.lies.since(withdrawnAtUs - LOSS_KNOWN_US)) return;
    this.#options.findings.hold(
      'after a loss that nothing explains an operator has to arm again',
      armedAtUs > withdrawnAtUs,
      () => `${quoteId}: ${Math.round(sinceUs / 1_000_000)} s after it`,
    );
  }

  #judgeRefusals(isDisarmed: boolean): void {
    if (this.#dueSinceUs === null) return;
    this.#dueSinceUs = null;
    const rule = 'refusals in a row disarm the engine';
    this.#options.findings.hold(rule, isDisarmed, () => `${this.#refusedInRow} refused in a row`);
  }

  #begin(): void {
    this.#refusedInRow = 0;
    this.#armedUs = this.#options.nowUs();
    this.#dueSinceUs = null;
  }

  #hasReason(code: string): boolean {
    const { limits, isDiskBad, hasLostQuotes } = this.#options;
    switch (code) {
      case 'journal_failed':
      case 'turns_failed':
      case 'process_faulted':
        return isDiskBad();
      case 'breaker_minute':
        return this.#eurIn(MINUTE_US) >= NEARLY * limits.minuteEur || this.#isMasked();
      case 'breaker_day':
        return this.#eurIn(DAY_US) >= NEARLY * (limits.dayEur - limits.maxNotionalEur) || this.#isMasked();
      case 'breaker_failures':
        return this.#failures() >= limits.failuresInRow;
      case 'capital_breach':
      case 'balance_loss':
      case 'ceilings_exceeded':
        return this.#isLossDue() || hasLostQuotes() || this.#isContested();
      default:
        return false;
    }
  }

  #isLossDue(): boolean {
    const { nowUs, withdrawnAtUs, blurredAtUs } = this.#options;
    return nowUs() - Math.max(withdrawnAtUs(), blurredAtUs()) < LOSS_SHOWS_WITHIN_US;
  }

  /**
   * Of two nodes that name different balances the lower one is believed; and what moved while they contradict each other is shown by one
   * balance in the end, in which a deposit hides a withdrawal.
   */
  #isContested(): boolean {
    const { nowUs, movedOtherwiseAtUs, lies } = this.#options;
    if (lies.ofLessSince(nowUs() - LOSS_SHOWS_WITHIN_US)) return true;
    return lies.tieSince(nowUs() - LOSS_KNOWN_US) && nowUs() - movedOtherwiseAtUs() < 2 * LOSS_SHOWS_WITHIN_US;
  }

  /**
   * A lower balance was believed: what comes back when the lie ends hides which quotes were settled meanwhile, and the most that they can
   * have been counts for a day.
   */
  #isMasked(): boolean {
    return this.#options.lies.ofLessSince(this.#options.nowUs() - DAY_US);
  }

  /** Since an operator has armed the executor: of what was named or used before, that it failed may be known only after that. */
  #failures(): number {
    const countSince = (list: readonly number[], sinceUs: number): number =>
      list.filter((atUs) => atUs >= sinceUs).length;
    return (
      countSince(this.#refusedUs, this.#armedUs - BY_THEN_US) +
      countSince(this.#failedUs, this.#armedUs - LOSS_SHOWS_WITHIN_US)
    );
  }

  /** The most that can have been filled in a time, or be open. */
  #eurIn(spanUs: number): number {
    const { usedEurSince, openEur, nowUs } = this.#options;
    const used = usedEurSince(nowUs() - spanUs - SEEN_WITHIN_US);
    return openEur() + used.reduce((sum, eur) => sum + eur, 0);
  }
}

type Reply = { readonly id: number; readonly verdict: 'taken' | 'late' | 'refused' };

function readReply(text: string): Reply | null {
  if (!text.includes('"result"') && !text.includes('"error"')) return null;
  try {
    const { id, result, error } = JSON.parse(text);
    if (typeof id !== 'number') return null;
    if (error === undefined || error === null) return result == null ? null : { id, verdict: 'taken' };
    return { id, verdict: LATE.test(JSON.stringify(error)) ? 'late' : 'refused' };
  } catch {
    return null;
  }
}

// What the venue allows, held against what is signed: nothing is signed for long under a nonce, a salt or a key that the chain no longer
// takes, and the relay refuses no answer but for what the engine could not know yet.

import type { ChainView } from './chain-view.ts';
import type { Findings } from './findings.ts';
import type { Lies } from './nodes/lies.ts';
import { saltOf } from './wire.ts';

/** By then every block that the engine may still act on shows it. */
const KNOWN_AFTER_US = 60_000_000;

/** Refusals that say that the answer itself is wrong: no state of the chain excuses them. */
const NEVER: ReadonlySet<string> = new Set([
  'malformed_answer',
  'bad_payload',
  'bad_message',
  'not_one_diff',
  'wrong_tokens',
  'output_mismatch',
  'deadline_too_short',
  'bad_signature',
  'wrong_recipient',
  'past_deadline',
  'deadline_beyond_nonce',
  'contract_refused',
]);

type VenueOptions = {
  readonly findings: Findings;
  readonly chain: ChainView;
  readonly nowUs: () => number;
  readonly lies: Lies;
};

type Signed = { readonly quoteId: string; readonly nonce: string };

export type Refused = Signed & {
  readonly reason: string;
  /** The request came with several amounts, or the answer is the second after a power cut. */
  readonly isDoubled: boolean;
};

export class Venue {
  readonly #findings: Findings;
  readonly #chain: ChainView;
  readonly #nowUs: () => number;
  readonly #lies: Lies;
  /** Since when something is no longer taken, by what it is. */
  readonly #gone = new Map<string, number>();
  /** Nonces that the engine was asked to withdraw. */
  readonly #pulled = new Set<string>();

  constructor({ findings, chain, nowUs, lies }: VenueOptions) {
    this.#findings = findings;
    this.#chain = chain;
    this.#nowUs = nowUs;
    this.#lies = lies;
  }

  /** Called every second, with what was signed lately. */
  look(signed: Iterable<Signed>): void {
    const view = this.#chain.newest();
    this.#note('account', view.isLocked());
    this.#note('key', !view.hasKey());
    for (const { nonce } of signed) {
      this.#note(`nonce ${nonce}`, view.isUsed(nonce));
      this.#note(`salt ${saltOf(nonce)}`, !view.isValidSalt(saltOf(nonce)));
    }
  }

  pulled(nonce: string): void {
    this.#pulled.add(nonce);
  }

  /** A power cut may have taken that they were asked for. */
  forgetPulls(): void {
    this.#pulled.clear();
  }

  /** An answer leaves. */
  judge({ quoteId, nonce }: Signed): void {
    const rule = 'nothing is signed that the chain has not taken for long';
    for (const what of ['account', 'key', `nonce ${nonce}`, `salt ${saltOf(nonce)}`]) {
      const sinceUs = this.#gone.get(what);
      if (sinceUs === undefined) continue;
      const isLong = this.#nowUs() - sinceUs > KNOWN_AFTER_US && !this.#isContested();
      this.#findings.hold(rule, !isLong, () => `${quoteId}: ${what}`);
    }
    if (this.#pulled.size === 0) return;
    const isPulled = this.#pulled.has(nonce);
    this.#findings.hold('nothing is signed under a nonce that is being withdrawn', !isPulled, () => quoteId);
  }

  /** The relay refused an answer. @param withdrawnAtUs when balances last went by other means than settlements */
  refused({ quoteId, nonce, reason, isDoubled }: Refused, withdrawnAtUs: number): void {
    const isRecent = (sinceUs: number | undefined): boolean =>
      sinceUs === undefined || this.#nowUs() - sinceUs < KNOWN_AFTER_US || this.#isContested();
    const excuses: Readonly<Record<string, boolean>> = {
      altered_amount: isDoubled,
      duplicate_answer: isDoubled,
      unregistered_key: isRecent(this.#gone.get('key')),
      account_locked: isRecent(this.#gone.get('account')),
      wrong_salt: isRecent(this.#gone.get(`salt ${saltOf(nonce)}`)),
      reused_nonce: isRecent(this.#gone.get(`nonce ${nonce}`)),
      amount_above_balance: isRecent(withdrawnAtUs),
    };
    const isExcused = !NEVER.has(reason) && (excuses[reason] ?? true);
    this.#findings.hold(
      'the relay refuses no answer for what the engine knows',
      isExcused,
      () => `${quoteId}: ${reason}`,
    );
  }

  /** What one node says is gone, another one says is there: what is signed meanwhile may be in vain, and moves nothing. */
  #isContested(): boolean {
    return this.#lies.since(this.#nowUs() - KNOWN_AFTER_US);
  }

  #note(what: string, isGone: boolean): void {
    if (!isGone) this.#gone.delete(what);
    else if (!this.#gone.has(what)) this.#gone.set(what, this.#nowUs());
  }
}

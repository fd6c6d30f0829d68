// A model of the verifier that honours nonces, salts, deadlines and balances, and is otherwise as hostile as it may be: it
// settles any payload that was ever signed, at any time at which the contract would take it, and forgets used nonces as
// early as the contract may. Shares no code with the book.

import { BTC, EURE } from '../../contracts/assets.ts';
import type { NonceText } from '../../contracts/ids.ts';
import type { Attempt } from '../model/values.ts';

/** A payload in a stranger's hands: it lives whether or not our journal knows it. */
export type Payload = {
  readonly attempt: Attempt;
  readonly salt: string;
  readonly nonceDeadlineAtMs: number;
};

/** A withdrawal in somebody's hands. */
export type Withdrawal = {
  readonly id: string;
  readonly asset: string;
  readonly amountUnits: bigint;
  /** Used by it at most once, whether or not the engine knows it. */
  readonly nonce: NonceText;
  readonly deadlineAtMs: number;
  /** Until then the verifier remembers that the nonce was used. */
  readonly nonceDeadlineAtMs: number;
};

export type Block = {
  readonly height: number;
  readonly timeMs: number;
  readonly balances: ReadonlyMap<string, bigint>;
  /** As `is_nonce_used` would say. */
  readonly used: ReadonlySet<NonceText>;
  readonly invalidSalts: ReadonlySet<string>;
  readonly currentSalt: string;
};

export type Verdict = 'ok' | 'deadline' | 'salt' | 'nonce_deadline' | 'nonce_used' | 'insufficient_balance';

export class ModelVerifier {
  readonly payloads: Payload[] = [];
  readonly settled: Payload[] = [];
  /** Those that were published. */
  readonly withdrawals: Withdrawal[] = [];
  readonly withdrawn: Withdrawal[] = [];
  readonly blocks: Block[];
  readonly balances: Map<string, bigint>;
  /** What `is_nonce_used` says; anyone may have old ones cleaned up. */
  #used = new Map<NonceText, { readonly salt: string; readonly nonceDeadlineAtMs: number }>();
  #everUsed = new Set<NonceText>();
  #invalidSalts = new Set<string>();
  currentSalt: string;

  constructor(timeMs: number, salt: string, btc: bigint, eure: bigint) {
    this.currentSalt = salt;
    this.balances = new Map<string, bigint>([
      [BTC.id, btc],
      [EURE.id, eure],
    ]);
    this.blocks = [];
    this.#seal(timeMs);
  }

  get head(): Block {
    const last = this.blocks.at(-1);
    if (last === undefined) throw new Error('a chain has a block');
    return last;
  }

  /** Lets time pass; whatever happens next is in the new block. */
  advance(ms: number): void {
    this.#seal(this.head.timeMs + Math.max(1, ms));
  }

  #seal(timeMs: number): void {
    this.blocks.push({
      height: 1000 + this.blocks.length,
      timeMs,
      balances: new Map(this.balances),
      used: new Set(this.#used.keys()),
      invalidSalts: new Set(this.#invalidSalts),
      currentSalt: this.currentSalt,
    });
  }

  /** Takes what was done since into the newest block. */
  #reseal(): void {
    const { timeMs } = this.head;
    this.blocks.pop();
    this.#seal(timeMs);
  }

  /** What the contract would say in the newest block, in the order in which it checks. */
  judge({ attempt, salt, nonceDeadlineAtMs }: Payload): Verdict {
    const { timeMs } = this.head;
    if (attempt.deadlineAtMs < timeMs) return 'deadline';
    if (this.#invalidSalts.has(salt)) return 'salt';
    if (attempt.deadlineAtMs > nonceDeadlineAtMs) return 'nonce_deadline';
    if (this.#used.has(attempt.nonce)) return 'nonce_used';
    if ((this.balances.get(attempt.assetOut) ?? 0n) < attempt.amountOutUnits) return 'insufficient_balance';
    return 'ok';
  }

  settle(payload: Payload): Verdict {
    const verdict = this.judge(payload);
    if (verdict !== 'ok') return verdict;
    const { assetIn, assetOut, amountInUnits, amountOutUnits, nonce } = payload.attempt;
    if (this.#everUsed.has(nonce))
      throw new Error(`nonce ${nonce} settled twice: the model is wrong or a nonce came back`);
    this.balances.set(assetIn, (this.balances.get(assetIn) ?? 0n) + amountInUnits);
    this.balances.set(assetOut, (this.balances.get(assetOut) ?? 0n) - amountOutUnits);
    this.#used.set(nonce, payload);
    this.#everUsed.add(nonce);
    this.settled.push(payload);
    this.#reseal();
    return 'ok';
  }

  /** Executes an empty payload under the nonce. @returns whether it was executed */
  burn(nonce: NonceText, salt: string, nonceDeadlineAtMs: number): boolean {
    const refused = this.#invalidSalts.has(salt) || nonceDeadlineAtMs < this.head.timeMs || this.#everUsed.has(nonce);
    if (refused) return false;
    this.#used.set(nonce, { salt, nonceDeadlineAtMs });
    this.#everUsed.add(nonce);
    this.#reseal();
    return true;
  }

  /** @returns whether it was executed */
  withdraw(withdrawal: Withdrawal): boolean {
    const { asset, amountUnits, nonce } = withdrawal;
    const balance = this.balances.get(asset) ?? 0n;
    if (!this.#mayWithdraw(withdrawal) || balance < amountUnits) return false;
    this.balances.set(asset, balance - amountUnits);
    this.#used.set(nonce, { salt: '', nonceDeadlineAtMs: withdrawal.nonceDeadlineAtMs });
    this.#everUsed.add(nonce);
    this.withdrawn.push(withdrawal);
    this.#reseal();
    return true;
  }

  #mayWithdraw({ nonce, deadlineAtMs }: Withdrawal): boolean {
    return deadlineAtMs >= this.head.timeMs && !this.#everUsed.has(nonce);
  }

  /** Changes a balance from outside: a deposit, or a withdrawal that we did not make. */
  move(asset: string, delta: bigint): void {
    this.balances.set(asset, (this.balances.get(asset) ?? 0n) + delta);
    this.#reseal();
  }

  rotateSalt(salt: string): void {
    this.currentSalt = salt;
    this.#reseal();
  }

  invalidate(salt: string): void {
    if (salt === this.currentSalt) return;
    this.#invalidSalts.add(salt);
    this.#reseal();
  }

  /** Forgets every used nonce that the contract lets anyone clear. */
  cleanUp(): void {
    for (const [nonce, { salt, nonceDeadlineAtMs }] of this.#used) {
      if (nonceDeadlineAtMs < this.head.timeMs || this.#invalidSalts.has(salt)) this.#used.delete(nonce);
    }
    this.#reseal();
  }

  /** The most of an asset that payloads and withdrawals could take at the same time from the newest block on: one a nonce. */
  couldSettle(asset: string): bigint {
    const byNonce = new Map<NonceText, bigint>();
    for (const payload of this.payloads) {
      const { attempt } = payload;
      if (attempt.assetOut !== asset) continue;
      const verdict = this.judge(payload);
      if (verdict !== 'ok' && verdict !== 'insufficient_balance') continue;
      const most = byNonce.get(attempt.nonce) ?? 0n;
      if (attempt.amountOutUnits > most) byNonce.set(attempt.nonce, attempt.amountOutUnits);
    }
    for (const withdrawal of this.withdrawals) {
      if (withdrawal.asset === asset && this.#mayWithdraw(withdrawal))
        byNonce.set(withdrawal.nonce, withdrawal.amountUnits);
    }
    let sum = 0n;
    for (const units of byNonce.values()) sum += units;
    return sum;
  }
}

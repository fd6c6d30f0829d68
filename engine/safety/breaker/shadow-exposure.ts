// What would be open in shadow mode: the exposure as it is, with the shadow quotes among the live ones. It is read and never changed,
// since nothing that was not signed can be filled.

import type { NonceText } from '../../../contracts/ids.ts';
import { LargestOpen } from './largest-open.ts';
import type { OpenAndFilled } from './signing-room.ts';

export class ShadowExposure implements OpenAndFilled {
  readonly #live: OpenAndFilled;
  /** As many as a quote's lifetime has changes of nonces. */
  readonly #opens = new Map<NonceText, LargestOpen>();

  constructor(live: OpenAndFilled) {
    this.#live = live;
  }

  get minute(): OpenAndFilled['minute'] {
    return this.#live.minute;
  }

  get day(): OpenAndFilled['day'] {
    return this.#live.day;
  }

  get openE18(): bigint {
    let sum = this.#live.openE18;
    for (const [nonce, { largest }] of this.#opens) {
      const live = this.#live.openUnder(nonce);
      if (largest > live) sum += largest - live;
    }
    return sum;
  }

  get openNonces(): number {
    let count = this.#live.openNonces;
    for (const [nonce, { largest }] of this.#opens) if (largest > 0n && this.#live.openUnder(nonce) === 0n) count++;
    return count;
  }

  openUnder(nonce: NonceText): bigint {
    const live = this.#live.openUnder(nonce);
    const shadow = this.#opens.get(nonce)?.largest ?? 0n;
    return shadow > live ? shadow : live;
  }

  add(nonce: NonceText, deadlineAtMs: number, paidE18: bigint): void {
    let open = this.#opens.get(nonce);
    if (open === undefined) {
      open = new LargestOpen();
      this.#opens.set(nonce, open);
    }
    open.add(deadlineAtMs, paidE18);
  }

  /** Quotes whose deadline is before this are over. */
  endBefore(nowMs: number): void {
    for (const [nonce, open] of this.#opens) {
      open.endBefore(nowMs);
      if (open.largest === 0n) this.#opens.delete(nonce);
    }
  }

  clear(): void {
    this.#opens.clear();
  }
}

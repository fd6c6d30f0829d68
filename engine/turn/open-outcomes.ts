// Attempts whose reply will not come: they become uncertain, a bounded number a turn.

import type { QuoteId } from '../../contracts/ids.ts';
import type { ResultCode } from '../../contracts/reasons.ts';
import { moveAttempt } from './attempts.ts';
import type { TurnContext } from './context.ts';

export type Unanswered = { readonly quoteId: QuoteId; readonly code: ResultCode };

export class OpenOutcomes {
  readonly #context: TurnContext;
  /** As bounded as the answers that await a reply, from which it is filled. */
  readonly #waiting: Unanswered[] = [];

  constructor(context: TurnContext) {
    this.#context = context;
  }

  add(unanswered: Unanswered): void {
    this.#waiting.push(unanswered);
  }

  /** Makes as many uncertain as allowed; the others wait for the next call. Never throws. */
  resolve(most: number): void {
    try {
      for (let left = most; left > 0; left--) {
        // One that fails is not tried again, or it would hold up those behind it.
        const next = this.#waiting.shift();
        if (next === undefined) return;
        moveAttempt(this.#context, { quoteId: next.quoteId, to: 'uncertain', code: next.code });
      }
    } catch (error) {
      this.#context.onFault(error, 'turn');
    }
  }
}

// Attempts whose reply will not come: they become uncertain, a bounded number a turn.

import type { QuoteId } from '../../contracts/ids.ts';
import type { ResultCode, TradeState } from '../../contracts/reasons.ts';
import { moveAttempt } from './attempts.ts';
import type { TurnContext } from './context.ts';

/** Some 0.2 ms of work: a lost connection, or a relay that falls silent, does not hold up the loop. */
const LEFT_OPEN_A_TURN = 12;

export type Unanswered = { readonly quoteId: QuoteId; readonly code: ResultCode };

const isUnanswered = (state: TradeState | undefined): boolean => state === 'proposed' || state === 'submitted';

export class OpenOutcomes {
  readonly #context: TurnContext;
  /** As bounded as the answers that await a reply, from which it is filled. */
  readonly #waiting: Unanswered[] = [];
  /** Another turn is to follow. */
  #goesOn = false;

  constructor(context: TurnContext) {
    this.#context = context;
  }

  add(unanswered: Unanswered): void {
    this.#waiting.push(unanswered);
  }

  /** Makes some uncertain, and the others in the turns that follow. Never throws. */
  resolve(): void {
    if (this.#goesOn) return;
    this.#make(LEFT_OPEN_A_TURN);
    if (this.#waiting.length === 0) return;
    this.#goesOn = true;
    this.#context.later(() => {
      this.#goesOn = false;
      this.resolve();
    });
  }

  /** Makes all of them uncertain in this turn. Never throws. */
  resolveAll(): void {
    this.#make(Number.POSITIVE_INFINITY);
  }

  #make(most: number): void {
    try {
      for (let left = most; left > 0; left--) {
        // One that fails is not tried again, or it would hold up those behind it.
        const next = this.#waiting.shift();
        if (next === undefined) return;
        // Its reply may have come between two turns: then it is known what became of it.
        if (!isUnanswered(this.#context.book.attemptState(next.quoteId)?.state)) continue;
        moveAttempt(this.#context, { quoteId: next.quoteId, to: 'uncertain', code: next.code });
      }
    } catch (error) {
      this.#context.onFault(error, 'turn');
    }
  }
}

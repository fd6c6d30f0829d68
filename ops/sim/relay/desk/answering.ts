// Answers of solvers at the relay: each is read and judged against its quote, put on record with the verdict, and handed to
// its auction when it is accepted.
import type { SimChain } from '../../chain/chain.ts';
import type { SimClock } from '../../chain/clock.ts';
import { amountsOf, type Judgement, judgeAnswer, type ReadAnswer, readAnswer } from '../answer.ts';
import type { AcceptedAnswer, Auction, Auctions } from '../auction.ts';
import type { Records } from '../records.ts';
import type { RefusalReason } from '../refusals.ts';

/** `sampled` judges one answer in sixteen in full; the others, and all under `none`, are accepted as they come. */
export type JudgeMode = 'all' | 'sampled' | 'none';

export type AnswerOutcome =
  | { readonly ok: true; readonly quoteId: string }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string | null };

export type AnsweringOptions = {
  readonly chain: SimChain;
  readonly clock: SimClock;
  readonly auctions: Auctions;
  readonly records: Records;
  readonly judge: JudgeMode;
};

type Verdict = Judgement | 'unjudged';

const SAMPLE = 16;

const NOTHING_READ = { quoteHash: null, amountInUnits: null, amountOutUnits: null, nonceHex: null, deadlineNs: null };

/** What a settlement needs of an accepted answer; nothing when an unjudged one cannot be read that far. */
function acceptable(answer: ReadAnswer, auction: Auction): AcceptedAnswer | undefined {
  const { envelope, message, quoteHash } = answer;
  if (!envelope.ok || message?.ok !== true || quoteHash === undefined) return undefined;
  const amounts = amountsOf(auction.request, message.value);
  if (typeof amounts === 'string') return undefined;
  const { signerId, deadlineNs } = message.value;
  return { quoteId: answer.quoteId, quoteHash, signerId, envelope: envelope.value, amounts, deadlineNs };
}

export class Answering {
  readonly #options: AnsweringOptions;
  #received = 0;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** @param parameter the one parameter of `quote_response` @param text the frame as it came */
  take(parameter: unknown, text: string): AnswerOutcome {
    const { auctions } = this.#options;
    this.#received += 1;
    const answer = readAnswer(parameter);
    if (answer === undefined) {
      this.#recordMalformed(parameter, text);
      return { ok: false, reason: 'malformed_answer', detail: null };
    }
    const auction = auctions.get(answer.quoteId);
    const verdict = this.#judge(answer, auction);
    this.#record({ answer, auction, verdict, text });
    if (verdict !== 'unjudged' && !verdict.ok) return verdict;
    const accepted = auction === undefined ? undefined : acceptable(answer, auction);
    if (auction !== undefined && accepted !== undefined) auctions.accept(auction, accepted);
    return { ok: true, quoteId: answer.quoteId };
  }

  #judge(answer: ReadAnswer, auction: Auction | undefined): Verdict {
    const { chain, clock } = this.#options;
    if (auction === undefined || auction.state !== 'open') return { ok: false, reason: 'quote_gone', detail: null };
    const signerId = answer.message?.ok === true ? answer.message.value.signerId : undefined;
    if (signerId !== undefined && auction.answers.some((earlier) => earlier.signerId === signerId)) {
      return { ok: false, reason: 'duplicate_answer', detail: null };
    }
    return this.#isToJudge() ? judgeAnswer(chain, clock.nowMs(), auction.request, answer) : 'unjudged';
  }

  #isToJudge(): boolean {
    const { judge } = this.#options;
    return judge === 'all' || (judge === 'sampled' && this.#received % SAMPLE === 0);
  }

  #record(judged: {
    readonly answer: ReadAnswer;
    readonly auction: Auction | undefined;
    readonly verdict: Verdict;
    readonly text: string;
  }): void {
    const { answer, auction, verdict, text } = judged;
    const refusal = verdict === 'unjudged' || verdict.ok ? undefined : verdict;
    const message = answer.message?.ok === true ? answer.message.value : undefined;
    const amounts = message === undefined || auction === undefined ? undefined : amountsOf(auction.request, message);
    const known = amounts === undefined || typeof amounts === 'string' ? undefined : amounts;
    this.#options.records.answer({
      quoteId: answer.quoteId,
      receivedAtMs: this.#options.clock.nowMs(),
      text,
      verdict: verdict === 'unjudged' ? 'unjudged' : verdict.ok ? 'accepted' : 'refused',
      reason: refusal?.reason ?? null,
      detail: refusal?.detail ?? null,
      quoteHash: answer.quoteHash ?? null,
      amountInUnits: known?.inUnits ?? null,
      amountOutUnits: known?.outUnits ?? null,
      nonceHex: message?.nonceHex ?? null,
      deadlineNs: message?.deadlineNs ?? null,
    });
  }

  #recordMalformed(parameter: unknown, text: string): void {
    const quoteId: unknown =
      typeof parameter === 'object' && parameter !== null ? Reflect.get(parameter, 'quote_id') : undefined;
    this.#options.records.answer({
      quoteId: typeof quoteId === 'string' ? quoteId : '',
      receivedAtMs: this.#options.clock.nowMs(),
      text,
      verdict: 'refused',
      reason: 'malformed_answer',
      detail: null,
      ...NOTHING_READ,
    });
  }
}

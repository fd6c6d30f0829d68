// The relay without its sockets: answers come in as parsed parameters and are judged, quotes that are taken are settled
// on the chain, intents are published. What has to be told to clients goes out by the two functions it was given.
import type { PublishIntentResult, QuoteRequest, QuoteStatus } from '../../../contracts/wire/relay.ts';
import { makeAfterBlock } from '../chain/after-block.ts';
import type { SimChain } from '../chain/chain.ts';
import type { SimClock } from '../chain/clock.ts';
import type { Transaction } from '../chain/transaction.ts';
import { encodeBase58 } from '../verifier/base58.ts';
import type { Envelope } from '../verifier/envelope.ts';
import { payloadHash } from '../verifier/hashing.ts';
import { amountsOf, type Judgement, judgeAnswer, type ReadAnswer, readAnswer } from './answer.ts';
import { type AcceptedAnswer, type Auction, type Auctions, makeAuctions } from './auction.ts';
import type { Shape } from './frames.ts';
import type { Records, Settlement } from './records.ts';
import type { RefusalReason } from './refusals.ts';
import type { Taker } from './taker.ts';

/** `sampled` judges one answer in sixteen in full; the others, and all under `none`, are accepted as they come. */
export type JudgeMode = 'all' | 'sampled' | 'none';

const SAMPLE = 16;
const RELAYER_ID = 'solver-relay.near';
const PUBLISHED_MAX = 50_000;

export type DeskOptions = {
  readonly chain: SimChain;
  readonly clock: SimClock;
  readonly taker: Taker;
  readonly records: Records;
  readonly judge: JudgeMode;
  readonly tellStatus: (shape: Shape, status: QuoteStatus) => void;
  /** Whether a status waits for the block of its transaction; asked for each. It does when nothing is given. */
  readonly statusWaits?: () => boolean;
};

export type Published = {
  readonly intentHash: string;
  readonly transaction: Transaction;
  readonly publishedAtMs: number;
};

export type AnswerOutcome =
  | { readonly ok: true; readonly quoteId: string }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string | null };

export type Desk = {
  readonly auctions: Auctions;
  ask(request: QuoteRequest, shape: Shape, takeAfterMs: number | undefined): Auction;
  answer(parameter: unknown, text: string): AnswerOutcome;
  takeNow(quoteId: string): Settlement | undefined;
  /**
   * Quotes named by hash settle together with the payloads, in one batch. `OK` says that a transaction was sent, no more.
   */
  publish(quoteHashes: readonly string[], envelopes: readonly Envelope[]): PublishIntentResult;
  published(intentHash: string): Published | undefined;
  /** Forgets what is due. */
  stop(): void;
};

const NOTHING_READ = { quoteHash: null, amountInUnits: null, amountOutUnits: null, nonceHex: null, deadlineNs: null };

const hashOf = (envelope: Envelope) => encodeBase58(payloadHash(envelope));

export function makeDesk(options: DeskOptions): Desk {
  const { chain, clock, taker, records, tellStatus } = options;
  const auctions = makeAuctions(clock, settle);
  const published = new Map<string, Published>();
  const afterBlock = makeAfterBlock(chain, clock);
  const statusWaits = options.statusWaits ?? (() => true);
  let received = 0;

  function settle(auction: Auction): void {
    const best = auctions.best(auction);
    const base = { quoteId: auction.request.quote_id, settledAtMs: clock.nowMs() };
    if (best === undefined) {
      records.settlement({ ...base, ok: false, reason: 'no answer', quoteHash: null, intentHash: null, txHash: null });
      return;
    }
    const user = taker.counterpart(auction.request, best.amounts);
    const transaction = chain.execute([best.envelope, user.envelope], RELAYER_ID);
    note(user.intentHash, transaction);
    const { quoteHash } = best;
    const { intentHash } = user;
    const ok = transaction.error === undefined;
    const reason = transaction.error ?? null;
    records.settlement({ ...base, ok, reason, quoteHash, intentHash, txHash: transaction.hash });
    if (ok) tell(auction.shape, quoteHash, intentHash, transaction);
  }

  function tell(shape: Shape, quoteHash: string, intentHash: string, transaction: Transaction): void {
    const status = { quote_hash: quoteHash, intent_hash: intentHash, tx_hash: transaction.hash };
    if (statusWaits()) afterBlock.run(transaction.height, () => tellStatus(shape, status));
    else tellStatus(shape, status);
  }

  function note(intentHash: string, transaction: Transaction): void {
    published.set(intentHash, { intentHash, transaction, publishedAtMs: clock.nowMs() });
    if (published.size <= PUBLISHED_MAX) return;
    for (const oldest of published.keys()) {
      published.delete(oldest);
      return;
    }
  }

  const judgesThis = () => options.judge === 'all' || (options.judge === 'sampled' && received % SAMPLE === 0);

  function judge(answer: ReadAnswer, auction: Auction | undefined): Judgement | 'unjudged' {
    if (auction === undefined || auction.state !== 'open') return { ok: false, reason: 'quote_gone', detail: null };
    const signerId = answer.message?.ok === true ? answer.message.value.signerId : undefined;
    if (signerId !== undefined && auction.answers.some((earlier) => earlier.signerId === signerId)) {
      return { ok: false, reason: 'duplicate_answer', detail: null };
    }
    return judgesThis() ? judgeAnswer(chain, clock.nowMs(), auction.request, answer) : 'unjudged';
  }

  /** What a settlement needs of an accepted answer; nothing when an unjudged one cannot be read that far. */
  function acceptable(answer: ReadAnswer, auction: Auction): AcceptedAnswer | undefined {
    const { envelope, message, quoteHash } = answer;
    if (!envelope.ok || message?.ok !== true || quoteHash === undefined) return undefined;
    const amounts = amountsOf(auction.request, message.value);
    if (typeof amounts === 'string') return undefined;
    const { signerId, deadlineNs } = message.value;
    return { quoteId: answer.quoteId, quoteHash, signerId, envelope: envelope.value, amounts, deadlineNs };
  }

  function keep(
    answer: ReadAnswer,
    text: string,
    judgement: Judgement | 'unjudged',
    auction: Auction | undefined,
  ): void {
    const refusal = judgement === 'unjudged' || judgement.ok ? undefined : judgement;
    const message = answer.message?.ok === true ? answer.message.value : undefined;
    const amounts = message === undefined || auction === undefined ? undefined : amountsOf(auction.request, message);
    const known = amounts === undefined || typeof amounts === 'string' ? undefined : amounts;
    records.answer({
      quoteId: answer.quoteId,
      receivedAtMs: clock.nowMs(),
      text,
      verdict: judgement === 'unjudged' ? 'unjudged' : judgement.ok ? 'accepted' : 'refused',
      reason: refusal?.reason ?? null,
      detail: refusal?.detail ?? null,
      quoteHash: answer.quoteHash ?? null,
      amountInUnits: known?.inUnits ?? null,
      amountOutUnits: known?.outUnits ?? null,
      nonceHex: message?.nonceHex ?? null,
      deadlineNs: message?.deadlineNs ?? null,
    });
  }

  function keepMalformed(parameter: unknown, text: string): void {
    const quoteId: unknown =
      typeof parameter === 'object' && parameter !== null ? Reflect.get(parameter, 'quote_id') : undefined;
    records.answer({
      quoteId: typeof quoteId === 'string' ? quoteId : '',
      receivedAtMs: clock.nowMs(),
      text,
      verdict: 'refused',
      reason: 'malformed_answer',
      detail: null,
      ...NOTHING_READ,
    });
  }

  function answer(parameter: unknown, text: string): AnswerOutcome {
    received += 1;
    const read = readAnswer(parameter);
    if (read === undefined) {
      keepMalformed(parameter, text);
      return { ok: false, reason: 'malformed_answer', detail: null };
    }
    const auction = auctions.get(read.quoteId);
    const judgement = judge(read, auction);
    keep(read, text, judgement, auction);
    if (judgement !== 'unjudged' && !judgement.ok) return judgement;
    const good = auction === undefined ? undefined : acceptable(read, auction);
    if (auction !== undefined && good !== undefined) auctions.accept(auction, good);
    return { ok: true, quoteId: read.quoteId };
  }

  function publish(quoteHashes: readonly string[], envelopes: readonly Envelope[]): PublishIntentResult {
    const intentHashes = envelopes.map(hashOf);
    const intentHash = intentHashes[0] ?? '';
    if (intentHashes.some((hash) => published.get(hash)?.transaction.error === undefined && published.has(hash))) {
      return { status: 'FAILED', reason: 'already processed', intent_hash: intentHash };
    }
    const quotes: AcceptedAnswer[] = [];
    for (const quoteHash of quoteHashes) {
      const quote = auctions.byHash(quoteHash);
      if (quote === undefined) return { status: 'FAILED', reason: 'expired', intent_hash: intentHash };
      quotes.push(quote);
    }
    const batch = [...quotes.map((quote) => quote.envelope), ...envelopes];
    // A batch that fails on the newest block is not sent; one that fails only on what lies behind it fails on the chain.
    const refusal = chain.refusal(batch);
    const transaction = refusal === undefined ? chain.execute(batch, RELAYER_ID) : null;
    const reason = refusal ?? transaction?.error ?? null;
    for (const { quoteId, quoteHash } of quotes) {
      const settledAtMs = clock.nowMs();
      const txHash = transaction?.hash ?? null;
      records.settlement({ quoteId, settledAtMs, ok: reason === null, reason, quoteHash, intentHash, txHash });
    }
    if (transaction === null) return { status: 'FAILED', reason: refusal ?? '', intent_hash: intentHash };
    for (const hash of intentHashes) note(hash, transaction);
    if (transaction.error !== undefined) return { status: 'OK', intent_hash: intentHash };
    for (const quote of quotes) {
      tell(auctions.get(quote.quoteId)?.shape ?? 'event', quote.quoteHash, intentHash, transaction);
    }
    return { status: 'OK', intent_hash: intentHash };
  }

  return {
    auctions,
    ask: (request, shape, takeAfterMs) => auctions.open(request, shape, takeAfterMs),
    answer,
    takeNow(quoteId) {
      auctions.take(quoteId);
      return records.settlements().findLast((settlement) => settlement.quoteId === quoteId);
    },
    publish,
    published: (intentHash) => published.get(intentHash),
    stop() {
      afterBlock.stop();
      auctions.stop();
    },
  };
}

// Settling at the relay: batches of quotes and intents are sent to the chain, each settlement is put on record, and its
// status goes out to clients. Published intents are kept up to a bound, so that none is sent twice and each can be asked for.
import type { PublishIntentResult, QuoteRequest, QuoteStatus } from '../../../../contracts/wire/relay.ts';
import { type AfterBlock, makeAfterBlock } from '../../chain/after-block.ts';
import type { SimChain } from '../../chain/chain.ts';
import type { SimClock } from '../../chain/clock.ts';
import type { Transaction } from '../../chain/transaction.ts';
import type { Envelope } from '../../verifier/envelope.ts';
import { payloadHash } from '../../verifier/hashing.ts';
import { encodeBase58 } from '../../verifier/text/base58.ts';
import type { AcceptedAnswer } from '../auction.ts';
import type { Shape } from '../frames.ts';
import type { Records } from '../records.ts';
import type { Taker } from '../taker.ts';

const RELAYER_ID = 'solver-relay.near';
const PUBLISHED_MAX = 50_000;

export type Published = {
  readonly intentHash: string;
  readonly transaction: Transaction;
  readonly publishedAtMs: number;
};

/** An answer, and the shape in which its quote was asked. */
export type SettlingQuote = { readonly answer: AcceptedAnswer; readonly shape: Shape };

export type SettlingOptions = {
  readonly chain: SimChain;
  readonly clock: SimClock;
  readonly taker: Taker;
  readonly records: Records;
  readonly tellStatus: (shape: Shape, status: QuoteStatus) => void;
  /** Whether a status waits for the block of its transaction; asked for each. */
  readonly statusWaits: () => boolean;
};

const hashOf = (envelope: Envelope) => encodeBase58(payloadHash(envelope));

export class Settling {
  readonly #options: SettlingOptions;
  readonly #afterBlock: AfterBlock;
  readonly #published = new Map<string, Published>();

  constructor(options: SettlingOptions) {
    this.#options = options;
    this.#afterBlock = makeAfterBlock(options.chain, options.clock);
  }

  /** Settles the best answer to a request against the taker; without an answer there is a record of that alone. */
  take(request: QuoteRequest, quote: SettlingQuote | undefined): void {
    const { chain, clock, taker, records } = this.#options;
    const base = { quoteId: request.quote_id, settledAtMs: clock.nowMs() };
    if (quote === undefined) {
      records.settlement({ ...base, ok: false, reason: 'no answer', quoteHash: null, intentHash: null, txHash: null });
      return;
    }
    const { envelope, amounts, quoteHash } = quote.answer;
    const user = taker.counterpart(request, amounts);
    const transaction = chain.execute([envelope, user.envelope], RELAYER_ID);
    const { intentHash } = user;
    this.#note(intentHash, transaction);
    const ok = transaction.error === undefined;
    const reason = transaction.error ?? null;
    records.settlement({ ...base, ok, reason, quoteHash, intentHash, txHash: transaction.hash });
    if (ok) this.#tell(quote, intentHash, transaction);
  }

  /** Settles quotes together with the payloads of a consumer, in one batch. A quote that is unknown has expired. */
  publish(quotes: readonly (SettlingQuote | undefined)[], envelopes: readonly Envelope[]): PublishIntentResult {
    const intentHashes = envelopes.map(hashOf);
    const intentHash = intentHashes[0] ?? '';
    if (intentHashes.some((hash) => this.#isProcessed(hash))) {
      return { status: 'FAILED', reason: 'already processed', intent_hash: intentHash };
    }
    const known = quotes.filter((quote) => quote !== undefined);
    if (known.length < quotes.length) return { status: 'FAILED', reason: 'expired', intent_hash: intentHash };
    const { chain } = this.#options;
    const batch = [...known.map(({ answer }) => answer.envelope), ...envelopes];
    // A batch that fails on the newest block is not sent; one that fails only on what lies behind it fails on the chain.
    const refusal = chain.refusal(batch);
    const transaction = refusal === undefined ? chain.execute(batch, RELAYER_ID) : null;
    this.#recordAll(known, { intentHash, reason: refusal ?? transaction?.error ?? null, transaction });
    if (transaction === null) return { status: 'FAILED', reason: refusal ?? '', intent_hash: intentHash };
    for (const hash of intentHashes) this.#note(hash, transaction);
    if (transaction.error !== undefined) return { status: 'OK', intent_hash: intentHash };
    for (const quote of known) this.#tell(quote, intentHash, transaction);
    return { status: 'OK', intent_hash: intentHash };
  }

  published(intentHash: string): Published | undefined {
    return this.#published.get(intentHash);
  }

  /** Forgets the statuses that wait for a block. */
  stop(): void {
    this.#afterBlock.stop();
  }

  /** An intent whose transaction failed may be sent again. */
  #isProcessed(intentHash: string): boolean {
    const known = this.#published.get(intentHash);
    return known !== undefined && known.transaction.error === undefined;
  }

  #recordAll(
    quotes: readonly SettlingQuote[],
    outcome: {
      readonly intentHash: string;
      readonly reason: string | null;
      readonly transaction: Transaction | null;
    },
  ): void {
    const { clock, records } = this.#options;
    const { intentHash, reason } = outcome;
    const txHash = outcome.transaction?.hash ?? null;
    for (const { answer } of quotes) {
      const { quoteId, quoteHash } = answer;
      const settledAtMs = clock.nowMs();
      records.settlement({ quoteId, settledAtMs, ok: reason === null, reason, quoteHash, intentHash, txHash });
    }
  }

  #tell({ answer, shape }: SettlingQuote, intentHash: string, { hash, height }: Transaction): void {
    const { tellStatus, statusWaits } = this.#options;
    const status = { quote_hash: answer.quoteHash, intent_hash: intentHash, tx_hash: hash };
    if (statusWaits()) this.#afterBlock.run(height, () => tellStatus(shape, status));
    else tellStatus(shape, status);
  }

  #note(intentHash: string, transaction: Transaction): void {
    const publishedAtMs = this.#options.clock.nowMs();
    this.#published.set(intentHash, { intentHash, transaction, publishedAtMs });
    if (this.#published.size <= PUBLISHED_MAX) return;
    for (const oldest of this.#published.keys()) {
      this.#published.delete(oldest);
      return;
    }
  }
}

// The relay without its sockets: answers come in as parsed parameters and are judged, quotes that are taken are settled
// on the chain, intents are published. What clients have to know goes out by the two functions it was given.
import type { PublishIntentResult, QuoteRequest, QuoteStatus } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import type { SimClock } from '../chain/clock.ts';
import type { Envelope } from '../verifier/envelope.ts';
import { type AcceptedAnswer, type Auction, type Auctions, makeAuctions } from './auction.ts';
import { Answering, type AnswerOutcome, type JudgeMode } from './desk/answering.ts';
import { type Published, Settling, type SettlingQuote } from './desk/settling.ts';
import type { Shape } from './frames.ts';
import type { Records, Settlement } from './records.ts';
import type { Taker } from './taker.ts';

export type DeskOptions = {
  readonly chain: SimChain;
  readonly clock: SimClock;
  readonly taker: Taker;
  readonly records: Records;
  readonly judge: JudgeMode;
  readonly tellStatus: (shape: Shape, status: QuoteStatus) => void;
  /** Whether a status waits for the block of its transaction; asked for each. It does when nothing is given. */
  readonly statusWaits?: () => boolean;
  /** Whether an auction takes answers beyond its least wait; asked as each opens. It does when nothing is given. */
  readonly hasGrace?: () => boolean;
};

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

export function makeDesk(options: DeskOptions): Desk {
  const { chain, clock, taker, records, judge, tellStatus, statusWaits = () => true, hasGrace = () => true } = options;
  const settling = new Settling({ chain, clock, taker, records, tellStatus, statusWaits });
  const auctions: Auctions = makeAuctions({
    clock,
    settle: (auction) => settling.take(auction.request, settlingQuote(auctions.best(auction))),
    hasGrace,
  });
  const answering = new Answering({ chain, clock, auctions, records, judge });

  function settlingQuote(answer: AcceptedAnswer | undefined): SettlingQuote | undefined {
    if (answer === undefined) return undefined;
    return { answer, shape: auctions.get(answer.quoteId)?.shape ?? 'event' };
  }

  return {
    auctions,
    ask: (request, shape, takeAfterMs) => auctions.open(request, shape, takeAfterMs),
    answer: (parameter, text) => answering.take(parameter, text),
    takeNow(quoteId) {
      auctions.take(quoteId);
      return records.settlements().findLast((settlement) => settlement.quoteId === quoteId);
    },
    publish(quoteHashes, envelopes) {
      const quotes = quoteHashes.map((quoteHash) => settlingQuote(auctions.byHash(quoteHash)));
      return settling.publish(quotes, envelopes);
    },
    published: (intentHash) => settling.published(intentHash),
    stop() {
      settling.stop();
      auctions.stop();
    },
  };
}

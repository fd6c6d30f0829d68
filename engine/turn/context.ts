// What the turns of all kinds of frame share. A turn is synchronous: nothing in it is awaited, no timer runs and no line is logged.

import type { Units } from '../../contracts/amounts.ts';
import type { Pair } from '../../contracts/assets.ts';
import type { AssetId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { AnswerTimes } from '../executor/answer-times.ts';
import type { Executor } from '../executor/executor.ts';
import type { Replies } from '../executor/replies.ts';
import type { DecidedIds } from '../ingest/decided-ids.ts';
import type { ReplyFrame } from '../ingest/frame.ts';
import type { OtherIds } from '../ingest/other-ids.ts';
import type { PairFilter } from '../ingest/pair-filter.ts';
import type { Stream } from '../ingest/relay/subscriptions.ts';
import type { Book } from '../inventory/book.ts';
import type { Emit } from '../model/events.ts';
import type { Moment, PriceView } from '../model/values.ts';
import type { SigningRoom } from '../safety/breaker/signing-room.ts';
import type { Recorder } from './recorder.ts';
import type { Shadow } from './shadow.ts';
import type { Steering } from './steering.ts';

export type TurnContext = {
  readonly clock: Clock;
  /** Made at the start: the assets that are traded. */
  readonly pair: Pair;
  readonly recorder: Recorder;
  readonly newEventId: (nowMs: number) => string;
  readonly pairFilter: PairFilter;
  readonly otherIds: Pick<OtherIds, 'see'>;
  readonly decided: DecidedIds;
  readonly price: (now: Moment) => PriceView;
  readonly book: Book;
  /** Deposits of the asset that were under way when the newest balance was read, none of it spendable; null: unknown. */
  readonly pendingInbound: (asset: AssetId) => Units | null;
  /** What the circuit breaker and the ends of the armings leave to be signed for. */
  readonly signingRoom: SigningRoom;
  /** The same of shadow mode, in place of `book` and `signingRoom`. */
  readonly shadow: Shadow;
  readonly answerTimes: AnswerTimes;
  readonly executor: Executor;
  readonly replies: Replies;
  readonly steering: Steering;
  readonly emit: Emit;
  /** An error of our own within a turn. `frame`: nothing had been written, and the frame is a dead letter; `turn`: anything else. */
  readonly onFault: (error: unknown, lost: 'frame' | 'turn') => void;
  /** The contract that is signed for. */
  readonly verifier: string;
  readonly relay: {
    nextId(): number;
    /** False when the connection is not open. */
    send(text: string): boolean;
    /** A reply that is not to one of our answers. @returns false when it is not to a subscription either */
    onReply(reply: ReplyFrame): boolean;
    /** An event of this stream came, of whatever pair and solver. */
    heard(stream: Stream, receivedElapsedUs: number): void;
    /** An event of a stream with guaranteed delivery was taken in: what it led to is on record. */
    taken(subscriptionId: string, seq: number): void;
  };
  /** The relay wrote this time on what was read: it shows whether our clocks stood still. */
  readonly stamped: (stampAtMs: number, read: Moment) => void;
  /** Runs a function after the turn. */
  readonly later: (run: () => void) => void;
  /** quote_status named one of our quotes: poll the verifier now. */
  readonly onOurStatus: (txHash: string | null) => void;
};

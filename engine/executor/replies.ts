// Answers that the relay has not replied to yet. A reply is matched by request id; one that does not come in time, or not
// before the connection ends, leaves the outcome open: the caller makes the attempt `uncertain`. A reply that comes late over
// the same connection is still known for a while, since it says what became of the answer after all. All times are monotonic.

import type { QuoteId } from '../../contracts/ids.ts';

/** The reference solver waits as long for the relay's reply (protocols: quote_response). */
export const REPLY_TIMEOUT_MS = 5000;

/** How long after the sending a late reply is still matched; the relay forgets a quote sooner. */
export const LATE_MS = 120_000;

/** Ten times what 200 answers a second leave open within the time-out. Beyond it the oldest is overdue before its time. */
const AWAITED_MAX = 10_000;

/** Twice what 200 answers a second leave behind within LATE_MS. Beyond it the oldest is forgotten: its late reply changes nothing. */
const LATE_MAX = 50_000;

/** Moved in one call at most: some 0.2 ms of work, and 4,000 a second at four ticks. The next call goes on. */
const OVERDUE_A_CALL = 1000;

export type Awaited = {
  readonly quoteId: QuoteId;
  readonly sentUs: number;
  /** When the request arrived. */
  readonly receivedUs: number;
  /** How long the relay collects answers to it at least. */
  readonly windowMs: number;
};

export type RepliesLimits = { readonly timeoutMs: number; readonly awaitedMax: number; readonly lateMax: number };

export type Replies = {
  /** @returns what has to be taken for overdue at once, because the bound is reached; else null */
  expect(requestId: number, awaited: Awaited): Awaited | null;
  /** The answer that this request id was, once, also when its reply is late; null when it is not one of our answers. */
  take(requestId: number): Awaited | null;
  /** What was sent longer ago than the time-out, oldest first, a bounded number a call; each is returned once, and no longer counted. */
  overdue(nowUs: number): Awaited[];
  /** Everything that was not overdue; forgotten with this call, like those that were. */
  abandon(): Awaited[];
  /** Awaited and not overdue. */
  count(): number;
  /** Overdue, and kept for a late reply. */
  late(): number;
  /** Answers that a bound made overdue or forgotten before their time, since the start. */
  evicted(): number;
};

export function createReplies(limits: Partial<RepliesLimits> = {}): Replies {
  const { timeoutMs = REPLY_TIMEOUT_MS, awaitedMax = AWAITED_MAX, lateMax = LATE_MAX } = limits;
  // Both in order of sending.
  const byRequest = new Map<number, Awaited>();
  const lateByRequest = new Map<number, Awaited>();
  let evicted = 0;

  const isOlder = ({ sentUs }: Awaited, nowUs: number, ms: number): boolean => nowUs - sentUs >= ms * 1000;

  const makeLate = (requestId: number, awaited: Awaited): void => {
    byRequest.delete(requestId);
    lateByRequest.set(requestId, awaited);
    if (lateByRequest.size <= lateMax) return;
    for (const oldest of lateByRequest.keys()) {
      lateByRequest.delete(oldest);
      evicted++;
      return;
    }
  };

  return {
    expect(requestId, awaited) {
      byRequest.set(requestId, awaited);
      if (byRequest.size <= awaitedMax) return null;
      for (const [oldestId, oldest] of byRequest) {
        evicted++;
        makeLate(oldestId, oldest);
        return oldest;
      }
      return null;
    },
    take(requestId) {
      const awaited = byRequest.get(requestId) ?? lateByRequest.get(requestId);
      if (awaited === undefined) return null;
      byRequest.delete(requestId);
      lateByRequest.delete(requestId);
      return awaited;
    },
    overdue(nowUs) {
      let most = OVERDUE_A_CALL;
      for (const [requestId, awaited] of lateByRequest) {
        if (most-- <= 0 || !isOlder(awaited, nowUs, LATE_MS)) break;
        lateByRequest.delete(requestId);
      }
      const late: Awaited[] = [];
      // The first that is in time ends the search.
      for (const [requestId, awaited] of byRequest) {
        if (late.length === OVERDUE_A_CALL || !isOlder(awaited, nowUs, timeoutMs)) break;
        makeLate(requestId, awaited);
        late.push(awaited);
      }
      return late;
    },
    abandon() {
      const all = [...byRequest.values()];
      byRequest.clear();
      lateByRequest.clear();
      return all;
    },
    count: () => byRequest.size,
    late: () => lateByRequest.size,
    evicted: () => evicted,
  };
}

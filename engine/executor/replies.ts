// Answers that the relay has not replied to yet. A reply is matched by request id; one that does not come in time, or not
// before the connection ends, leaves the outcome open: the caller makes the attempt `uncertain`. A reply that comes late over
// the same connection is still known for a while, since it tells what became of the answer after all.

import type { QuoteId } from '../../contracts/ids.ts';

/** The reference solver waits as long for the relay's reply (protocols: quote_response). */
export const REPLY_TIMEOUT_MS = 5000;

/** So long after the sending a late reply is still matched; the relay forgets a quote sooner. */
const LATE_MS = 120_000;

export type Awaited = { readonly quoteId: QuoteId; readonly sentAtMs: number; readonly sentElapsedUs: number };

export type Replies = {
  expect(requestId: number, awaited: Awaited): void;
  /** The answer that this request id was, once, also when its reply is late; null when it is none of ours. */
  take(requestId: number): Awaited | null;
  /** Everything sent longer ago than the time-out; told once, and no longer counted. */
  overdue(nowMs: number): Awaited[];
  /** Everything that was not overdue; forgotten with this call, like those that were. */
  abandon(): Awaited[];
  /** Awaited and not overdue. */
  count(): number;
};

export function createReplies(timeoutMs = REPLY_TIMEOUT_MS): Replies {
  // Both in order of sending.
  const byRequest = new Map<number, Awaited>();
  const lateByRequest = new Map<number, Awaited>();

  return {
    expect(requestId, awaited) {
      byRequest.set(requestId, awaited);
    },
    take(requestId) {
      const awaited = byRequest.get(requestId) ?? lateByRequest.get(requestId);
      if (awaited === undefined) return null;
      byRequest.delete(requestId);
      lateByRequest.delete(requestId);
      return awaited;
    },
    overdue(nowMs) {
      for (const [requestId, { sentAtMs }] of lateByRequest) {
        if (nowMs - sentAtMs < LATE_MS) break;
        lateByRequest.delete(requestId);
      }
      const late: Awaited[] = [];
      // The first that is in time ends the search.
      for (const [requestId, awaited] of byRequest) {
        if (nowMs - awaited.sentAtMs < timeoutMs) break;
        byRequest.delete(requestId);
        lateByRequest.set(requestId, awaited);
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
  };
}

// Answers that the relay has not replied to yet. A reply is matched by request id; one that does not come in time, or not
// before the connection ends, leaves the outcome open: the caller makes the attempt `uncertain`.

import type { QuoteId } from '../../contracts/ids.ts';

/** The reference solver waits as long for the relay's reply (protocols: quote_response). */
export const REPLY_TIMEOUT_MS = 5000;

export type Awaited = { readonly quoteId: QuoteId; readonly sentAtMs: number; readonly sentElapsedUs: number };

export type Replies = {
  expect(requestId: number, awaited: Awaited): void;
  /** The answer that this request id was, once; null when it is none that is awaited. */
  take(requestId: number): Awaited | null;
  /** Everything sent longer ago than the time-out; forgotten with this call. */
  overdue(nowMs: number): Awaited[];
  /** Everything; forgotten with this call. */
  abandon(): Awaited[];
  count(): number;
};

export function createReplies(timeoutMs = REPLY_TIMEOUT_MS): Replies {
  const byRequest = new Map<number, Awaited>();
  return {
    expect(requestId, awaited) {
      byRequest.set(requestId, awaited);
    },
    take(requestId) {
      const awaited = byRequest.get(requestId);
      if (awaited === undefined) return null;
      byRequest.delete(requestId);
      return awaited;
    },
    overdue(nowMs) {
      const late: Awaited[] = [];
      // In order of sending: the first that is in time ends the search.
      for (const [requestId, awaited] of byRequest) {
        if (nowMs - awaited.sentAtMs < timeoutMs) break;
        byRequest.delete(requestId);
        late.push(awaited);
      }
      return late;
    },
    abandon() {
      const all = [...byRequest.values()];
      byRequest.clear();
      return all;
    },
    count: () => byRequest.size,
  };
}

// The `Retry-After` header of an HTTP answer: seconds, or a date. Total and pure.

/** Longest wait that is kept: a wrong header must not silence a source indefinitely. */
export const RETRY_AFTER_MAX_MS = 3_600_000;

const SECONDS = /^[0-9]{1,15}$/;
/** `Wed, 21 Oct 2026 07:28:00 GMT`; the two older forms of RFC 9110 are not sent any more. */
const HTTP_DATE = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;

/** Milliseconds to wait from `nowMs` on, at most RETRY_AFTER_MAX_MS; null when there is no such header or it cannot be read. */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  const waitMs = SECONDS.test(text)
    ? Number(text) * 1000
    : HTTP_DATE.test(text)
      ? Date.parse(text) - nowMs
      : Number.NaN;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(0, waitMs), RETRY_AFTER_MAX_MS);
}

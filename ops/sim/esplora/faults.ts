// Failures that any of the HTTP stand-ins can be set to have: the next requests get a status and a body of choice.
// Pure; each server asks it first.

type HttpFault = {
  /** Requests that are answered before it. */
  readonly after?: number;
  /** Requests that it still hits. */
  readonly requests: number;
  readonly status: number;
  readonly body: string;
  readonly retryAfterS?: number;
};

export type HttpFaults = {
  /** Replaces whatever was asked for before; `requests: 0` ends it. */
  fail(fault: HttpFault): void;
  /** The response of a fault that is due, or null. */
  take(): Response | null;
};

export function httpFaults(): HttpFaults {
  let due: HttpFault | null = null;
  return {
    fail(fault) {
      due = fault;
    },
    take() {
      if (due === null || due.requests <= 0) return null;
      const before = due.after ?? 0;
      if (before > 0) {
        due = { ...due, after: before - 1 };
        return null;
      }
      const { status, body, retryAfterS } = due;
      due = { ...due, requests: due.requests - 1 };
      const headers = retryAfterS === undefined ? undefined : { 'retry-after': String(retryAfterS) };
      return new Response(body, { status, ...(headers === undefined ? {} : { headers }) });
    },
  };
}

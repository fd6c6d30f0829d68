// How the control of a world answers: JSON with amounts as decimal text, or a problem body (RFC 9457).

/** Thrown by a route that turns its caller away; the control answers it as a problem. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export const problem = (status: number, detail: string): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: detail.split(':')[0], status, detail }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

/** JSON with bigints as decimal text. */
export const json = (value: unknown, status = 200): Response =>
  new Response(
    JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)),
    { status, headers: { 'content-type': 'application/json' } },
  );

/** An act of the world that throws says why: that is the caller's to read. */
export function act<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new Refusal(422, error instanceof Error ? error.message : String(error));
  }
}

// Error answers of the control API: JSON problem bodies (RFC 9457). A problem says what was wrong and how to mend it, and
// nothing of the inside.

export type FieldProblem = {
  /** JSON pointer into the body. */
  readonly field: string;
  readonly problem: string;
};

export type Problem = {
  readonly status: number;
  /** Last part of the problem's type: `urn:unrip:problem:<code>`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  /** Further members of the body, such as `until`. */
  readonly more?: Readonly<Record<string, unknown>>;
};

const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** bigints travel as decimal text. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

export function jsonResponse(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(value, plain)}\n`, {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...COMMON_HEADERS, ...headers },
  });
}

export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  const { status, code, title, detail, errors, more } = problem;
  const body = { type: `urn:unrip:problem:${code}`, title, status, detail, ...(errors && { errors }), ...more };
  return new Response(`${JSON.stringify(body, plain)}\n`, {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...COMMON_HEADERS, ...headers },
  });
}

export const PROBLEMS = {
  tokenMissing: {
    status: 401,
    code: 'token-missing',
    title: 'Bearer token wanted',
    detail: 'Send the header `Authorization: Bearer TOKEN`; the token is in STATE_DIR/control-token, or CONTROL_TOKEN.',
  },
  tokenWrong: {
    status: 401,
    code: 'token-wrong',
    title: 'Bearer token not accepted',
    detail: 'The token is not one of this process; see STATE_DIR/control-token, or CONTROL_TOKEN.',
  },
  tooManyFailures: {
    status: 429,
    code: 'too-many-failed-tokens',
    title: 'Too many failed tokens',
    detail: 'Several requests of this address with a wrong token are waiting already.',
  },
  foreignBrowser: {
    status: 403,
    code: 'foreign-origin',
    title: 'Request from another site',
    detail: 'Host or Origin name another site than this control API; call it by its own address.',
  },
  notFound: {
    status: 404,
    code: 'not-found',
    title: 'No such route',
    detail: 'The routes are listed at /openapi.',
  },
  inside: {
    status: 500,
    code: 'internal',
    title: 'Internal error',
    detail: 'The request could not be answered; the log says more.',
  },
} as const satisfies Record<string, Problem>;

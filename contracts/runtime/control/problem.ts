// Error answers of the control API: JSON problem bodies (RFC 9457). A problem says what was wrong and how to correct it, and
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
  /** Further members of the body: when the call can succeed, what recovery found. */
  readonly more?: { readonly until?: string; readonly findings?: readonly string[] };
};

/** An answer as it passes between threads: everything is text. */
export type Answer = {
  readonly status: number;
  /** Names in lower case; Content-Length and Connection are the server's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** bigints travel as decimal text. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

export function textAnswer(contentType: string, body: string): Answer {
  return { status: 200, headers: { 'content-type': contentType, ...COMMON_HEADERS }, body };
}

export function jsonAnswer(value: unknown, status = 200): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...COMMON_HEADERS };
  return { status, headers, body: `${JSON.stringify(value, plain)}\n` };
}

export function problemAnswer(problem: Problem, headers: Readonly<Record<string, string>> = {}): Answer {
  const { status, code, title, detail, errors, more } = problem;
  const body = { type: `urn:unrip:problem:${code}`, title, status, detail, ...(errors && { errors }), ...more };
  return {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...COMMON_HEADERS, ...headers },
    body: `${JSON.stringify(body, plain)}\n`,
  };
}

export const PROBLEMS = {
  tokenMissing: {
    status: 401,
    code: 'token-missing',
    title: 'Bearer token required',
    detail: 'Send the header `Authorization: Bearer TOKEN`; the token is in STATE_DIR/control-token, or CONTROL_TOKEN.',
  },
  tokenWrong: {
    status: 401,
    code: 'token-wrong',
    title: 'Bearer token not accepted',
    detail: 'The token is not one of this process; see STATE_DIR/control-token, or CONTROL_TOKEN.',
  },
  roleTooLow: {
    status: 403,
    code: 'role-too-low',
    title: 'Role too low',
    detail: 'The role of the token may not do this; x-required-role in /openapi is the lowest that may.',
  },
  otherAccount: {
    status: 403,
    code: 'other-account',
    title: 'Token of another account',
    detail:
      'CONTROL_TOKENS_FILE does not list the account of this process for the token; one that serves all accounts takes "*" alone.',
  },
  ticketRefused: {
    status: 401,
    code: 'ticket-refused',
    title: 'Ticket not accepted',
    detail: 'A ticket of POST /events/ticket is taken once, for 30 seconds, from the page that asked for it.',
  },
  upgradeRequired: {
    status: 426,
    code: 'upgrade-required',
    title: 'Websocket required',
    detail: 'Open /events as a websocket of version 13.',
  },
  tooManyFollowers: {
    status: 429,
    code: 'too-many-followers',
    title: 'Too many connections to /events',
    detail: 'As many clients follow the events as are served.',
  },
  tooManyFailures: {
    status: 429,
    code: 'too-many-failed-tokens',
    title: 'Too many failed tokens',
    detail: 'Several requests from this address with a wrong token are already waiting.',
  },
  hostMalformed: {
    status: 400,
    code: 'host-malformed',
    title: 'Host header malformed',
    detail: 'The Host header is not a name or address with an optional port.',
  },
  foreignHost: {
    status: 403,
    code: 'foreign-host',
    title: 'Host names another site',
    detail: 'Call this control API by the address in CONTROL_HOST, or by a loopback name.',
  },
  foreignOrigin: {
    status: 403,
    code: 'foreign-origin',
    title: 'Request from another site',
    detail: 'Origin names another site than Host.',
  },
  tooManyActions: {
    status: 429,
    code: 'too-many-actions',
    title: 'Too many calls of this action',
    detail: 'The action is called too often. This call changed nothing; earlier calls did.',
  },
  tooSlow: {
    status: 408,
    code: 'request-timeout',
    title: 'Request too slow',
    detail: 'The request was not complete in time.',
  },
  loopLate: {
    status: 503,
    code: 'main-loop-late',
    title: 'The process does not answer',
    detail: 'The main loop of the process did not answer in time.',
  },
  actionLate: {
    status: 504,
    code: 'action-late',
    title: 'No answer in time',
    detail: 'The action was asked for, but its outcome is not known yet: read /state.',
  },
  actionGivenUp: {
    status: 504,
    code: 'action-given-up',
    title: 'Asked for too long ago',
    detail: 'The process got the call only after it was answered that its outcome is not known. Nothing was changed.',
  },
  actionFailed: {
    status: 500,
    code: 'internal',
    title: 'Internal error',
    detail: 'The action failed and may have been done in part: read /state, and see the log of the process.',
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
    detail: 'The request could not be answered; see the log of the process.',
  },
} as const satisfies Record<string, Problem>;

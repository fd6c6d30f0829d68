// Whether a request may do what it asks for: Host and Origin, then the token or the ticket, then its role. What is refused is counted,
// wrong tokens are slowed down, and refused actions are recorded at a bounded rate.

import type { Clock } from '../../clock.ts';
import { pause } from '../../wait.ts';
import { createSlowDown, isAtLeast, type TokenCheck } from '../auth.ts';
import type { ControlBackend, RouteView } from '../message.ts';
import { type Answer, PROBLEMS, problemAnswer } from '../problem.ts';
import type { Refusals } from '../refusals.ts';
import type { Caller } from '../route.ts';
import { type Bucket, createBucket } from './bucket.ts';
import type { ControlRequest } from './connection.ts';
import type { Call } from './router.ts';
import { createSitePolicy } from './site.ts';

/** Actions without a token that may do them that are recorded a minute and kind; the rest is only counted: nobody fills the journal. */
const REFUSED_RECORDED = { perSecond: 1 / 6, burst: 10 } as const;

const SITE_PROBLEMS = {
  host_malformed: PROBLEMS.hostMalformed,
  foreign_host: PROBLEMS.foreignHost,
  foreign_origin: PROBLEMS.foreignOrigin,
} as const;

type AcceptedToken = Extract<TokenCheck, { readonly ok: true }>;
type RefusedToken = Extract<TokenCheck, { readonly ok: false }>;
type TokenProblem = { readonly status: 401 | 403; readonly title: string };

export type AccessOptions = {
  readonly routes: readonly RouteView[];
  /** CONTROL_HOST. */
  readonly host: string;
  readonly backend: Pick<ControlBackend, 'refused'>;
  readonly refusals: Refusals;
  readonly timers: Clock;
};

export type Access = {
  /** Before any route: an answer ends the request. */
  gate(call: Call): Answer | null;
  /** Of a route that is not open, and of every path without a route: an answer ends the request. */
  guard(call: Call, route: RouteView | null): Promise<Answer | null>;
};

export function createAccess({ routes, host: ownHost, backend, refusals, timers }: AccessOptions): Access {
  const site = createSitePolicy(ownHost);
  const slowDown = createSlowDown();
  const recorded = {
    missing: createBucket(REFUSED_RECORDED, timers),
    wrong: createBucket(REFUSED_RECORDED, timers),
  };
  /** By name of the token, of which the configuration bounds the number. */
  const forbidden = new Map<string, Bucket>();
  /** Answered without a token; which methods they take may be known as well. */
  const openPaths = new Set(routes.filter(({ open }) => open).map(({ path }) => path));

  const record = ({ method, path }: RouteView, caller: Caller, { status, title }: TokenProblem): void => {
    if (method !== 'GET') backend.refused({ method, path, caller, status, note: title });
  };

  /** Of an accepted token: whether it may do this. */
  const forbid = (request: ControlRequest, route: RouteView | null, { role, actor }: AcceptedToken): Answer | null => {
    if (role !== null && (route === null || isAtLeast(role, route.role))) return null;
    const { remote, path } = request;
    const problem = role === null ? PROBLEMS.otherAccount : PROBLEMS.roleTooLow;
    refusals.note(role === null ? 'other_account' : 'role_too_low', remote, `${actor} ${path}`);
    const bucket = forbidden.get(actor) ?? createBucket(REFUSED_RECORDED, timers);
    forbidden.set(actor, bucket);
    if (route !== null && bucket.take()) record(route, { actor, remote }, problem);
    return problemAnswer(problem);
  };

  const refuseToken = async (
    { remote, path }: ControlRequest,
    route: RouteView | null,
    { given, isTicket }: RefusedToken,
  ): Promise<Answer> => {
    const [kind, problem] = isTicket
      ? (['ticket_refused', PROBLEMS.ticketRefused] as const)
      : given
        ? (['token_wrong', PROBLEMS.tokenWrong] as const)
        : (['token_missing', PROBLEMS.tokenMissing] as const);
    refusals.note(kind, remote, path);
    const caller = { actor: 'unauthenticated', remote };
    if (route !== null && recorded[given ? 'wrong' : 'missing'].take()) record(route, caller, problem);
    const headers = { 'www-authenticate': 'Bearer realm="unrip"' };
    // Without a token nothing was guessed: only wrong ones are slowed down.
    if (!given) return problemAnswer(problem, headers);
    const wait = slowDown.failed(remote, timers.elapsedUs());
    if (wait === null) {
      refusals.note('token_turned_away', remote, path);
      return problemAnswer(PROBLEMS.tooManyFailures, { 'retry-after': '5' });
    }
    await pause(timers, wait.delayMs);
    wait.answered();
    return problemAnswer(problem, headers);
  };

  return {
    gate({ request: { host, origin, remote }, token }) {
      const verdict = site.judge(host, origin);
      if (verdict !== 'ours') {
        refusals.note(verdict, remote, `${host} ${origin ?? ''}`);
        return problemAnswer(SITE_PROBLEMS[verdict]);
      }
      if (token.ok) slowDown.succeeded(remote);
      return null;
    },
    async guard({ request, token }, route) {
      if (token.ok) return forbid(request, route, token);
      const isOpen = route === null && openPaths.has(request.path);
      return isOpen ? null : await refuseToken(request, route, token);
    },
  };
}

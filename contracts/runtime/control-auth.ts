// Who may call: bearer tokens compared in constant time, failures slowed down by remote address and counted, requests that
// a browser was led into by a foreign page refused. A right token is never slowed down, whatever else its address sends:
// an operator who wants to disarm must not wait for a broken script on the same host.

import { createHash, timingSafeEqual } from 'node:crypto';

/** A token and the name under which its use is recorded. */
export type ControlToken = { readonly name: string; readonly token: string };

export type TokenCheck =
  | { readonly ok: true; readonly actor: string }
  | { readonly ok: false; readonly given: boolean };

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** All tokens are compared, always over the same number of bytes, so that the time taken says nothing. */
export function createTokenCheck(tokens: readonly ControlToken[]): (authorization: string | null) => TokenCheck {
  const known = tokens.map(({ name, token }) => ({ name, digest: digest(token) }));
  return (authorization) => {
    const token = /^Bearer +([!-~]{1,1024})$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return { ok: false, given: (authorization ?? '') !== '' };
    const given = digest(token);
    let actor: string | null = null;
    for (const one of known) if (timingSafeEqual(one.digest, given)) actor = one.name;
    return actor === null ? { ok: false, given: true } : { ok: true, actor };
  };
}

const DELAY_FIRST_MS = 100;
const DELAY_MAX_MS = 5000;
/** A remote is forgotten when it has been quiet for so long. */
const FORGET_MS = 900_000;
const REMOTES_MAX = 1024;
/** Requests of one remote that may wait at a time; more are turned away at once. */
const WAITING_MAX = 8;

type Failures = { count: number; waiting: number; lastUs: number };

export type SlowDown = {
  /** Milliseconds that the answer to a failed token has to wait; null: too many are waiting, turn it away. */
  failed(remote: string, nowUs: number): number | null;
  /** The answer that waited has left. */
  answered(remote: string): void;
  succeeded(remote: string): void;
  readonly total: () => number;
};

/** 100 ms after the first failure, twice as long after each further one, at most 5 s. */
export function createSlowDown(): SlowDown {
  const byRemote = new Map<string, Failures>();
  let total = 0;
  return {
    failed(remote, nowUs) {
      total++;
      let entry = byRemote.get(remote);
      if (entry !== undefined && entry.waiting === 0 && nowUs - entry.lastUs > FORGET_MS * 1000) entry = undefined;
      if (entry === undefined) entry = { count: 0, waiting: 0, lastUs: nowUs };
      // Moved to the end: the first of the map is the one that was quiet longest.
      byRemote.delete(remote);
      byRemote.set(remote, entry);
      if (byRemote.size > REMOTES_MAX) {
        const oldest = byRemote.keys().next().value;
        if (oldest !== undefined) byRemote.delete(oldest);
      }
      entry.lastUs = nowUs;
      entry.count++;
      if (entry.waiting >= WAITING_MAX) return null;
      entry.waiting++;
      return Math.min(DELAY_MAX_MS, DELAY_FIRST_MS * 2 ** Math.min(entry.count - 1, 10));
    },
    answered(remote) {
      const entry = byRemote.get(remote);
      if (entry !== undefined) entry.waiting--;
    },
    succeeded(remote) {
      const entry = byRemote.get(remote);
      if (entry !== undefined && entry.waiting === 0) byRemote.delete(remote);
    },
    total: () => total,
  };
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare);
}

/**
 * Whether a browser was led here by a page of another site: an `Origin` that is not this address, or, when we listen on
 * loopback, a `Host` that is not a loopback name (a foreign name that was made to point here).
 */
export function isForeign(host: string, origin: string | null, onLoopback: boolean): boolean {
  const hostname = host.replace(/:\d+$/, '');
  if (onLoopback && !isLoopback(hostname)) return true;
  if (origin === null) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

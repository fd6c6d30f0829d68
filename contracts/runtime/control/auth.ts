// Who may call: bearer tokens compared in constant time, failures slowed down by remote address and counted. A right token is
// never slowed down, whatever else its address sends: an operator who needs to disarm must not wait for a broken script on the
// same host. What keeps tokens from being guessed is their length, which the configuration holds to 32 characters at least.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Role } from '../../config/control-tokens.ts';

/** A token's digest, and the name under which its use is recorded. */
export type ControlToken = {
  readonly name: string;
  readonly digest: string;
  /** null: a token of other accounts, which may do nothing here. */
  readonly role: Role | null;
};

export type TokenCheck =
  | { readonly ok: true; readonly actor: string; readonly role: Role | null }
  | {
      readonly ok: false;
      readonly given: boolean;
      /** It was a ticket for /events. */
      readonly isTicket?: boolean;
    };

const RANKS: Readonly<Record<Role, number>> = { viewer: 0, reserver: 1, operator: 2 };

/** Whether it may do what the lowest role may that is given. */
export const isAtLeast = (role: Role, lowest: Role): boolean => RANKS[role] >= RANKS[lowest];

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What the front needs of a token: the token itself stays where it was read. */
export function controlToken(name: string, token: string, role: Role = 'operator'): ControlToken {
  return { name, digest: digestOf(token).toString('hex'), role };
}

/** All tokens are compared, always over the same number of bytes, so that the time taken says nothing. */
export function createTokenCheck(tokens: readonly ControlToken[]): (authorization: string | null) => TokenCheck {
  const known = tokens.map(({ digest, ...token }) => ({ ...token, digest: Buffer.from(digest, 'hex') }));
  return (authorization) => {
    const token = /^Bearer +([!-~]{1,1024})$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return { ok: false, given: (authorization ?? '') !== '' };
    const given = digestOf(token);
    let found: (typeof known)[number] | null = null;
    for (const one of known) if (timingSafeEqual(one.digest, given)) found = one;
    return found === null ? { ok: false, given: true } : { ok: true, actor: found.name, role: found.role };
  };
}

const DELAY_FIRST_MS = 100;
const DELAY_MAX_MS = 5000;
/** A remote is forgotten when it has been quiet for so long. */
const FORGET_MS = 900_000;
/** Remotes that are remembered; the one that was quiet longest makes room. */
export const REMOTES_MAX = 1024;
/** Requests of one remote that may wait at a time; more are turned away at once. */
const WAITING_MAX = 8;

/** Counts of one remote; whoever waits holds it, so that one that was forgotten meanwhile is not counted down elsewhere. */
type Failures = { count: number; waiting: number; lastUs: number };

type Wait = {
  readonly delayMs: number;
  /** The answer that waited has left. */
  answered(): void;
};

export type SlowDown = {
  /** How long the answer to a failed token has to wait; null: too many are waiting, turn it away. */
  failed(remote: string, nowUs: number): Wait | null;
  succeeded(remote: string): void;
  readonly remotes: () => number;
};

/** 100 ms after the first failure, twice as long after each further one, at most 5 s. */
export function createSlowDown(): SlowDown {
  const byRemote = new Map<string, Failures>();
  return {
    failed(address, nowUs) {
      const remote = networkOf(address);
      let entry = byRemote.get(remote);
      if (entry !== undefined && entry.waiting === 0 && nowUs - entry.lastUs > FORGET_MS * 1000) entry = undefined;
      const failures = entry ?? { count: 0, waiting: 0, lastUs: nowUs };
      // Moved to the end: the first of the map is the one that was quiet longest.
      byRemote.delete(remote);
      byRemote.set(remote, failures);
      if (byRemote.size > REMOTES_MAX) {
        const oldest = byRemote.keys().next().value;
        if (oldest !== undefined) byRemote.delete(oldest);
      }
      failures.lastUs = nowUs;
      failures.count++;
      if (failures.waiting >= WAITING_MAX) return null;
      failures.waiting++;
      let waits = true;
      return {
        delayMs: Math.min(DELAY_MAX_MS, DELAY_FIRST_MS * 2 ** Math.min(failures.count - 1, 10)),
        answered() {
          if (waits) failures.waiting--;
          waits = false;
        },
      };
    },
    succeeded(address) {
      const remote = networkOf(address);
      if (byRemote.get(remote)?.waiting === 0) byRemote.delete(remote);
    },
    remotes: () => byRemote.size,
  };
}

/** An IPv6 client has a network of addresses (/64) to call from: they count as one. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] ?? address;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const full = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail ?? '').split(':')];
  return `${full.slice(0, 4).join(':')}::/64`;
}

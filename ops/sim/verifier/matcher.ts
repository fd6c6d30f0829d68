// What a batch moved inside the contract, per token and account, and whether it adds up: for every token what was taken
// has to equal what was given, to the unit. The pairs of sender and receiver are made by size and tell nothing about who
// traded with whom.
import { I128_MAX, U128_MAX } from './text/integer.ts';
import { compareTokenIds } from './text/token-id.ts';

export type Transfer = {
  readonly senderId: string;
  readonly receiverId: string;
  readonly tokenId: string;
  readonly units: bigint;
};

export type InvariantViolation =
  | { readonly error: 'unmatched_deltas'; readonly unmatched_deltas: Readonly<Record<string, string>> }
  | { readonly error: 'overflow' };

export type Matched =
  | { readonly ok: true; readonly transfers: readonly Transfer[] }
  | { readonly ok: false; readonly violation: InvariantViolation };

type Sides = { readonly deposits: Map<string, bigint>; readonly withdrawals: Map<string, bigint> };

export class Matcher {
  readonly #tokens = new Map<string, Sides>();

  #sides(tokenId: string): Sides {
    let sides = this.#tokens.get(tokenId);
    if (sides === undefined) {
      sides = { deposits: new Map(), withdrawals: new Map() };
      this.#tokens.set(tokenId, sides);
    }
    return sides;
  }

  /** False on overflow of 128 bits. */
  deposit(accountId: string, tokenId: string, units: bigint): boolean {
    const { deposits, withdrawals } = this.#sides(tokenId);
    return move(withdrawals, deposits, accountId, units);
  }

  /** False on overflow of 128 bits. */
  withdraw(accountId: string, tokenId: string, units: bigint): boolean {
    const { deposits, withdrawals } = this.#sides(tokenId);
    return move(deposits, withdrawals, accountId, units);
  }

  finish(): Matched {
    const transfers: Transfer[] = [];
    const unmatched: Record<string, string> = {};
    let matched = true;
    for (const tokenId of [...this.#tokens.keys()].sort(compareTokenIds)) {
      const { deposits, withdrawals } = this.#sides(tokenId);
      const left = pair(tokenId, withdrawals, deposits, transfers);
      if (left === 0n) continue;
      if (left > I128_MAX || left < -I128_MAX) return { ok: false, violation: { error: 'overflow' } };
      matched = false;
      unmatched[tokenId] = String(left);
    }
    return matched
      ? { ok: true, transfers }
      : { ok: false, violation: { error: 'unmatched_deltas', unmatched_deltas: unmatched } };
  }
}

/** Units first settle what the account has on the other side, the rest is added to this one. */
function move(from: Map<string, bigint>, to: Map<string, bigint>, accountId: string, units: bigint): boolean {
  const held = from.get(accountId) ?? 0n;
  const settled = smaller(held, units);
  if (settled > 0n) setOrDrop(from, accountId, held - settled);
  const rest = units - settled;
  if (rest === 0n) return true;
  const total = (to.get(accountId) ?? 0n) + rest;
  if (total > U128_MAX) return false;
  to.set(accountId, total);
  return true;
}

function smaller(left: bigint, right: bigint): bigint {
  if (left < right) return left;
  return right;
}

function setOrDrop(map: Map<string, bigint>, key: string, units: bigint): void {
  if (units === 0n) map.delete(key);
  else map.set(key, units);
}

/** Largest first; equal sizes in the order of their account ids, so that a run repeats. */
function bySize(side: ReadonlyMap<string, bigint>): [string, bigint][] {
  return [...side].sort(([idA, a], [idB, b]) => (a === b ? (idA < idB ? -1 : 1) : a > b ? -1 : 1));
}

/** Fills `transfers`; gives what is left over: positive when more was received than sent. */
function pair(
  tokenId: string,
  withdrawals: ReadonlyMap<string, bigint>,
  deposits: ReadonlyMap<string, bigint>,
  transfers: Transfer[],
): bigint {
  const senders = bySize(withdrawals);
  const receivers = bySize(deposits);
  let left = 0n;
  while (senders.length > 0 || receivers.length > 0) {
    const sender = senders[0];
    const receiver = receivers[0];
    if (sender === undefined || receiver === undefined) {
      for (const [, units] of senders) left -= units;
      for (const [, units] of receivers) left += units;
      return left;
    }
    const units = smaller(sender[1], receiver[1]);
    transfers.push({ senderId: sender[0], receiverId: receiver[0], tokenId, units });
    sender[1] -= units;
    receiver[1] -= units;
    if (sender[1] === 0n) senders.shift();
    if (receiver[1] === 0n) receivers.shift();
  }
  return left;
}

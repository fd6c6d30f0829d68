// What became of a payload, by the verifier itself: whether its nonce is used, at a block at which that proves something. A used nonce
// can be forgotten, once its own time is past or its salt is not valid any more; after that "unused" says nothing, and an older block is
// read, just after the deadline of the payload.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { createNearClient, type NearEndpoint } from '../../../contracts/runtime/near/client.ts';
import type { FinalBlock } from '../../../contracts/runtime/near/types.ts';
import { type NonceTerms, nonceTerms } from '../../../contracts/withdrawals/signed-payload.ts';
import { blockWithin, isMissing } from './past-block.ts';

export type NonceOutcome =
  /** The payload was executed. */
  | 'used'
  /** It was not, and never will be. */
  | 'never'
  /** The final block, or our clock, is not behind its deadline. */
  | 'open'
  /** Unused now, which proves nothing any more, and the block that would prove it is not to be had. */
  | 'forgotten';

export type NonceReader = {
  /** null: no endpoint gave a usable answer, or too few that it never will be: with two endpoints or more, two have to agree. */
  read(nonce: string, deadlineAtMs: number): Promise<NonceOutcome | null>;
  close(): void;
};

export type NonceReaderOptions = {
  readonly urls: readonly string[];
  readonly contract: string;
  readonly account: string;
  readonly clock: Clock;
};

/** Endpoints that have to say that a nonce was not used: after that an operator may pay the same a second time. */
const AGREEING = 2;
/** Behind the deadline: room to find a block, and little time for the salt to have been invalidated in. */
const WINDOW_MS = 600_000;
/** To find out that a node has no such block takes up to a hundred requests: the same is not asked again before this. */
const SEARCH_AGAIN_MS = 600_000;
/** Far more than withdrawals wait at once; of more, the oldest is searched for again. */
const FORGOTTEN_MAX = 64;

type Asked = {
  readonly account: string;
  readonly nonce: string;
  /** null: it is never forgotten. */
  readonly terms: NonceTerms | null;
  readonly deadlineAtMs: number;
  readonly nowMs: number;
};

export function createNonceReader({ urls, contract, account, clock }: NonceReaderOptions): NonceReader {
  const client = createNearClient({ urls, contract, clock });
  /** By nonce, when it was found to be forgotten. */
  const forgottenUs = new Map<string, number>();
  const isForgotten = (nonce: string): boolean => {
    const atUs = forgottenUs.get(nonce);
    return atUs !== undefined && clock.elapsedUs() - atUs < SEARCH_AGAIN_MS * 1000;
  };
  const keepForgotten = (nonce: string): void => {
    forgottenUs.delete(nonce);
    forgottenUs.set(nonce, clock.elapsedUs());
    for (const oldest of forgottenUs.keys()) if (forgottenUs.size > FORGOTTEN_MAX) forgottenUs.delete(oldest);
  };
  return {
    async read(nonce, deadlineAtMs) {
      if (isForgotten(nonce)) return 'forgotten';
      const needed = Math.min(AGREEING, client.endpoints.length);
      const asked: Asked = { account, nonce, terms: nonceTerms(nonce), deadlineAtMs, nowMs: clock.nowMs() };
      const outcomes: NonceOutcome[] = [];
      for (const endpoint of client.endpoints) {
        const outcome = await outcomeAt(endpoint, asked);
        if (outcome === null) continue;
        // Nothing is given up for this answer, so that one endpoint is enough for it.
        if (outcome === 'used') return outcome;
        outcomes.push(outcome);
        if (outcomes.filter((each) => each === 'never').length >= needed) return 'never';
      }
      const outcome = outcomes.find((each) => each !== 'never') ?? null;
      if (outcome === 'forgotten') keepForgotten(nonce);
      return outcome;
    },
    close: () => client.close(),
  };
}

async function outcomeAt(endpoint: NearEndpoint, asked: Asked): Promise<NonceOutcome | null> {
  const { terms, deadlineAtMs, nowMs } = asked;
  const final = await endpoint.finalBlock();
  if (!final.ok) return null;
  const block = final.value;
  const isUsed = await flagOf(endpoint, block, usedFlag(asked));
  if (typeof isUsed === 'string') return null;
  if (isUsed) return 'used';
  // A block from the future proves nothing: the payload can still be executed.
  if (Math.min(block.timeMs, nowMs) <= deadlineAtMs) return 'open';
  if (terms === null) return 'never';
  if (block.timeMs <= terms.untilMs) {
    const isKept = await flagOf(endpoint, block, saltFlag(terms));
    if (isKept !== false) return isKept === true ? 'never' : null;
  }
  return await outcomeBefore(endpoint, block, { ...asked, terms });
}

/** At a block at which a used nonce cannot have been forgotten yet. */
async function outcomeBefore(
  endpoint: NearEndpoint,
  newest: FinalBlock,
  asked: Asked & { readonly terms: NonceTerms },
): Promise<NonceOutcome | null> {
  const { terms, deadlineAtMs } = asked;
  const untilMs = Math.min(terms.untilMs, deadlineAtMs + WINDOW_MS);
  const block = await blockWithin(endpoint, newest, { afterMs: deadlineAtMs, untilMs });
  if (typeof block === 'string') return unreadAt(block);
  const isUsed = await flagOf(endpoint, block, usedFlag(asked));
  if (typeof isUsed === 'string') return unreadAt(isUsed);
  if (isUsed) return 'used';
  const isKept = await flagOf(endpoint, block, saltFlag(terms));
  if (typeof isKept === 'string') return unreadAt(isKept);
  return isKept ? 'never' : 'forgotten';
}

/** A node that fails may answer the next time; what it has no more it will not have again. */
const unreadAt = (why: 'missing' | 'failed'): NonceOutcome | null => (why === 'missing' ? 'forgotten' : null);

type Flag = { readonly method: string; readonly args: Readonly<Record<string, unknown>> };

const usedFlag = ({ account, nonce }: Asked): Flag => ({
  method: 'is_nonce_used',
  args: { account_id: account, nonce },
});
const saltFlag = ({ salt }: NonceTerms): Flag => ({ method: 'is_valid_salt', args: { salt } });

/** What a view says at a block. */
async function flagOf(
  endpoint: NearEndpoint,
  { height }: FinalBlock,
  flag: Flag,
): Promise<boolean | 'missing' | 'failed'> {
  const { method, args } = flag;
  const view = await endpoint.call(method, args, height);
  if (view.ok) return typeof view.value.json === 'boolean' ? view.value.json : 'failed';
  return isMissing(view.reason) ? 'missing' : 'failed';
}

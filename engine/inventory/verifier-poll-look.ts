// One look at the verifier: everything as of one final block, complete or not at all. The first thing that cannot be read
// ends the look with its name, since a balance beside nonces of another block would tell a story that never happened.

import { parseUnits, type Units } from '../../contracts/amounts.ts';
import type { AccountId, AssetId, NonceText } from '../../contracts/ids.ts';
import { isFields } from '../../contracts/json.ts';
import type { NearClient } from './near-client.ts';
import { CONTRACT_PANICKED, failed, type NearFailure, type NearResult } from './near-client-reply.ts';
import type { FinalBlock } from './observation.ts';

/** What the book needs to know of the verifier: used state of nonces, validity of salts. */
export type ToRead = { readonly nonces: readonly NonceText[]; readonly salts: readonly string[] };

export type Wanted = {
  readonly accountId: AccountId;
  readonly assets: readonly AssetId[];
  readonly toRead: ToRead;
  /** `ed25519:` and base58; asked for only when not null. */
  readonly publicKey: string | null;
};

export type Look = {
  readonly block: FinalBlock;
  readonly credited: Readonly<Record<string, Units>>;
  readonly nonces: readonly { readonly nonce: NonceText; readonly used: boolean }[];
  readonly salt: string | null;
  readonly feePips: number | null;
  readonly validSalts: readonly string[];
  readonly invalidSalts: readonly string[];
  /** null when it was not asked for. */
  readonly signer: { readonly keyRegistered: boolean; readonly accountLocked: boolean } | null;
};

/** Requests at the same time: public endpoints count them. */
const PARALLEL_MAX = 8;
const SALT = /^[0-9a-f]{8}$/;

/** Carries a named failure out of the requests that run side by side; never leaves this file. */
class LookFailed extends Error {
  readonly failure: NearFailure;
  constructor(failure: NearFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

function take<T>(result: NearResult<T>): T {
  if (!result.ok) throw new LookFailed(result);
  return result.value;
}

function creditedOf(json: unknown, assets: readonly AssetId[]): Readonly<Record<string, Units>> {
  if (!Array.isArray(json) || json.length !== assets.length) {
    throw new LookFailed(failed('balance_malformed', `mt_batch_balance_of returned ${JSON.stringify(json)}`));
  }
  const credited: Record<string, Units> = {};
  for (const [index, asset] of assets.entries()) {
    const units = parseUnits(json[index]);
    if (units === null) throw new LookFailed(failed('balance_malformed', `${asset}: ${JSON.stringify(json[index])}`));
    credited[asset] = units;
  }
  return credited;
}

function stateOf(json: unknown): { readonly salt: string; readonly feePips: number } {
  const state = isFields(json) ? json['state'] : undefined;
  const { fee, current_salt: salt } = isFields(state) ? state : {};
  if (typeof fee !== 'number' || !Number.isInteger(fee) || typeof salt !== 'string' || !SALT.test(salt)) {
    throw new LookFailed(failed('reply_malformed', 'simulate_intents names no fee or no salt'));
  }
  return { salt, feePips: fee };
}

/** Runs the tasks, at most `PARALLEL_MAX` at a time, in order; a failure ends it and no further task begins. */
async function inParallel(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  let isFailed = false;
  async function worker(): Promise<void> {
    for (let task = tasks[next]; task !== undefined && !isFailed; task = tasks[next]) {
      next += 1;
      try {
        await task();
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL_MAX, tasks.length) }, worker));
}

export async function lookAtVerifier(client: NearClient, wanted: Wanted): Promise<NearResult<Look>> {
  const { accountId, assets, publicKey, toRead } = wanted;

  async function look(): Promise<Look> {
    const block = take(await client.finalBlock());

    async function view(method: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
      const value = take(await client.call(method, args, { blockHeight: block.height }));
      if (value.blockHash === block.hash) return value.json;
      throw new LookFailed(failed('other_block', `block ${block.height} is ${block.hash} and ${value.blockHash}`));
    }
    async function isTrue(method: string, args: Readonly<Record<string, unknown>>): Promise<boolean> {
      const json = await view(method, args);
      if (typeof json === 'boolean') return json;
      throw new LookFailed(failed('reply_malformed', `${method} returned ${JSON.stringify(json)}`));
    }
    /** A paused contract refuses to simulate; its balances and nonces can still be read. */
    async function currentState(): Promise<{ readonly salt: string | null; readonly feePips: number | null }> {
      const simulated = await client.call('simulate_intents', { signed: [] }, { blockHeight: block.height });
      if (!simulated.ok && simulated.reason === CONTRACT_PANICKED) return { salt: null, feePips: null };
      return stateOf(take(simulated).json);
    }

    const used = new Map<NonceText, boolean>();
    const holding = new Map<string, boolean>();
    let credited: Readonly<Record<string, Units>> = {};
    let state: { readonly salt: string | null; readonly feePips: number | null } = { salt: null, feePips: null };
    let keyRegistered = false;
    let accountLocked = false;
    const tasks: (() => Promise<void>)[] = [
      async () => {
        const args = { account_id: accountId, token_ids: assets };
        credited = creditedOf(await view('mt_batch_balance_of', args), assets);
      },
      async () => {
        state = await currentState();
      },
      ...toRead.nonces.map((nonce) => async () => {
        used.set(nonce, await isTrue('is_nonce_used', { account_id: accountId, nonce }));
      }),
      ...toRead.salts.map((salt) => async () => {
        holding.set(salt, await isTrue('is_valid_salt', { salt }));
      }),
    ];
    if (publicKey !== null) {
      tasks.push(
        async () => {
          keyRegistered = await isTrue('has_public_key', { account_id: accountId, public_key: publicKey });
        },
        async () => {
          accountLocked = await isTrue('is_account_locked', { account_id: accountId });
        },
      );
    }
    await inParallel(tasks);

    if (state.salt !== null) holding.set(state.salt, true);
    const saltsThat = (holds: boolean): readonly string[] =>
      [...holding].filter(([, valid]) => valid === holds).map(([salt]) => salt);
    return {
      block,
      credited,
      nonces: toRead.nonces.map((nonce) => ({ nonce, used: used.get(nonce) === true })),
      ...state,
      validSalts: saltsThat(true),
      invalidSalts: saltsThat(false),
      signer: publicKey === null ? null : { keyRegistered, accountLocked },
    };
  }

  try {
    return { ok: true, value: await look() };
  } catch (error) {
    if (error instanceof LookFailed) return error.failure;
    throw error;
  }
}

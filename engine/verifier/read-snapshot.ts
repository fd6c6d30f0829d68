// One snapshot of the verifier: everything as of one final block of one endpoint, complete or not at all. The first thing that
// cannot be read ends it with its name, since a balance next to nonces of another block would describe what never was.

import { parseUnits, type Units } from '../../contracts/amounts.ts';
import type { AccountId, AssetId, NonceText } from '../../contracts/ids.ts';
import { isFields } from '../../contracts/json.ts';
import type { NearEndpoint } from '../../contracts/runtime/near/client.ts';
import { CONTRACT_PANICKED, failed, type NearFailure, type NearResult } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';

/** What the ledger needs to know of the verifier: used state of nonces, validity of salts. */
export type ToRead = {
  readonly nonces: readonly NonceText[];
  readonly salts: readonly string[];
  /**
   * Where a later block time alone would free capital, if the nonce is unused then: deadlines of quotes and withdrawals, or a bound
   * after a crash. The nonce of a withdrawal may not be known.
   */
  readonly timeFrees: readonly { readonly nonce: NonceText | null; readonly fromMs: number }[];
};

export type Wanted = {
  readonly accountId: AccountId;
  readonly assets: readonly AssetId[];
  /** Read with them, for operators to see; nothing depends on their balances. */
  readonly otherAssets: readonly AssetId[];
  readonly toRead: ToRead;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
};

export type VerifierSnapshot = {
  readonly block: FinalBlock;
  readonly credited: Readonly<Record<string, Units>>;
  /** Of the other assets, as far as the endpoint gave them. */
  readonly stranded: Readonly<Record<string, Units>>;
  readonly nonces: readonly { readonly nonce: NonceText; readonly used: boolean }[];
  readonly salt: string | null;
  readonly feePips: number | null;
  readonly invalidSalts: readonly string[];
  readonly keyRegistered: boolean;
  readonly accountLocked: boolean;
};

/**
 * Requests at the same time: usually one snapshot in one round, so that a slow endpoint costs two answers (block, then this)
 * and not more; public endpoints count connections.
 */
const PARALLEL_MAX = 24;
const SALT = /^[0-9a-f]{8}$/;
/** The fee is in millionths of the amount. */
const FEE_PIPS_MAX = 1_000_000;

/** Carries a named failure out of requests that run at the same time; never leaves this file. */
class SnapshotFailed extends Error {
  readonly failure: NearFailure;
  constructor(failure: NearFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

function take<T>(result: NearResult<T>): T {
  if (!result.ok) throw new SnapshotFailed(result);
  return result.value;
}

function balancesOf(json: unknown, count: number): readonly unknown[] {
  if (Array.isArray(json) && json.length === count) return json;
  throw new SnapshotFailed(failed('balance_malformed', `mt_batch_balance_of returned ${JSON.stringify(json)}`));
}

function creditedOf(balances: readonly unknown[], assets: readonly AssetId[]): Readonly<Record<string, Units>> {
  const credited: Record<string, Units> = {};
  for (const [index, asset] of assets.entries()) {
    const units = parseUnits(balances[index]);
    if (units === null)
      throw new SnapshotFailed(failed('balance_malformed', `${asset}: ${JSON.stringify(balances[index])}`));
    credited[asset] = units;
  }
  return credited;
}

/** A balance that cannot be read is left out: nothing depends on it, so it must not cost the snapshot. */
function readableOf(balances: readonly unknown[], assets: readonly AssetId[]): Readonly<Record<string, Units>> {
  const readable: Record<string, Units> = {};
  for (const [index, asset] of assets.entries()) {
    const units = parseUnits(balances[index]);
    if (units !== null) readable[asset] = units;
  }
  return readable;
}

function stateOf(json: unknown): { readonly salt: string; readonly feePips: number } {
  const state = isFields(json) ? json['state'] : undefined;
  const { fee, current_salt: salt } = isFields(state) ? state : {};
  if (typeof fee !== 'number' || !Number.isInteger(fee) || fee < 0 || fee > FEE_PIPS_MAX) {
    throw new SnapshotFailed(failed('reply_malformed', 'simulate_intents names no fee'));
  }
  if (typeof salt !== 'string' || !SALT.test(salt)) {
    throw new SnapshotFailed(failed('reply_malformed', 'simulate_intents names no salt'));
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

/** Views of one endpoint at one block; an answer of another block, or of another kind than asked for, is a failure. */
function viewsAt(endpoint: NearEndpoint, block: FinalBlock) {
  async function view(method: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const value = take(await endpoint.call(method, args, block.height));
    if (value.blockHash === block.hash) return value.json;
    throw new SnapshotFailed(failed('other_block', `block ${block.height} is ${block.hash} and ${value.blockHash}`));
  }
  return {
    async isTrue(method: string, args: Readonly<Record<string, unknown>>): Promise<boolean> {
      const json = await view(method, args);
      if (typeof json === 'boolean') return json;
      throw new SnapshotFailed(failed('reply_malformed', `${method} returned ${JSON.stringify(json)}`));
    },
    async balances(accountId: AccountId, assets: readonly AssetId[]): Promise<readonly unknown[]> {
      const json = await view('mt_batch_balance_of', { account_id: accountId, token_ids: assets });
      return balancesOf(json, assets.length);
    },
    /** A paused contract refuses to simulate; its balances and nonces can still be read. */
    async currentState(): Promise<{ readonly salt: string | null; readonly feePips: number | null }> {
      const simulated = await endpoint.call('simulate_intents', { signed: [] }, block.height);
      if (!simulated.ok && simulated.reason === CONTRACT_PANICKED) return { salt: null, feePips: null };
      const value = take(simulated);
      if (value.blockHash === block.hash) return stateOf(value.json);
      throw new SnapshotFailed(failed('other_block', `block ${block.height} is ${block.hash} and ${value.blockHash}`));
    },
  };
}

async function orFailure<T>(run: () => Promise<T>): Promise<NearResult<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    if (error instanceof SnapshotFailed) return error.failure;
    throw error;
  }
}

export function takeSnapshot(
  endpoint: NearEndpoint,
  block: FinalBlock,
  wanted: Wanted,
): Promise<NearResult<VerifierSnapshot>> {
  const { accountId, assets, otherAssets, publicKey } = wanted;
  const nonces = [...new Set(wanted.toRead.nonces)];
  const views = viewsAt(endpoint, block);
  return orFailure(async () => {
    const used = new Map<NonceText, boolean>();
    const validity = new Map<string, boolean>();
    let credited: Readonly<Record<string, Units>> = {};
    let stranded: Readonly<Record<string, Units>> = {};
    let state: { readonly salt: string | null; readonly feePips: number | null } = { salt: null, feePips: null };
    let keyRegistered = false;
    let accountLocked = true;
    await inParallel([
      async () => {
        const balances = await views.balances(accountId, [...assets, ...otherAssets]);
        credited = creditedOf(balances, assets);
        stranded = readableOf(balances.slice(assets.length), otherAssets);
      },
      async () => {
        state = await views.currentState();
      },
      async () => {
        keyRegistered = await views.isTrue('has_public_key', { account_id: accountId, public_key: publicKey });
      },
      async () => {
        accountLocked = await views.isTrue('is_account_locked', { account_id: accountId });
      },
      ...nonces.map((nonce) => async () => {
        used.set(nonce, await views.isTrue('is_nonce_used', { account_id: accountId, nonce }));
      }),
      ...[...new Set(wanted.toRead.salts)].map((salt) => async () => {
        validity.set(salt, await views.isTrue('is_valid_salt', { salt }));
      }),
    ]);
    if (state.salt !== null) validity.set(state.salt, true);
    return {
      block,
      credited,
      stranded,
      nonces: nonces.map((nonce) => ({ nonce, used: used.get(nonce) === true })),
      ...state,
      invalidSalts: [...validity].filter(([, isValid]) => !isValid).map(([salt]) => salt),
      keyRegistered,
      accountLocked,
    };
  });
}

/** Parts of a snapshot that free capital. */
export type Freeing = {
  readonly usedNonces: readonly NonceText[];
  /** If they are unused, something under them is over by the block's time, or a balance has moved by other means. */
  readonly unusedNonces: readonly NonceText[];
  readonly invalidSalts: readonly string[];
  /** The current one, where it is another than was heard before; null: it is not. */
  readonly salt: string | null;
  /** Assets whose balance must not be lower than the snapshot says. */
  readonly assets: readonly AssetId[];
  /** It must not be higher either. */
  readonly isExact: boolean;
};

/** What a snapshot of one endpoint says that would free capital of the account. */
export type Claim = {
  readonly snapshot: VerifierSnapshot;
  readonly freeing: Freeing;
  readonly accountId: AccountId;
};

/** Whether another endpoint, asked at the same block, has the same block and says the same of what frees capital. */
export function saysTheSame(
  endpoint: NearEndpoint,
  { snapshot, freeing, accountId }: Claim,
): Promise<NearResult<boolean>> {
  const views = viewsAt(endpoint, snapshot.block);
  return orFailure(async () => {
    let isSame = true;
    await inParallel([
      ...[...freeing.usedNonces, ...freeing.unusedNonces].map((nonce, index) => async () => {
        const used = await views.isTrue('is_nonce_used', { account_id: accountId, nonce });
        if (used !== index < freeing.usedNonces.length) isSame = false;
      }),
      ...freeing.invalidSalts.map((salt) => async () => {
        if (await views.isTrue('is_valid_salt', { salt })) isSame = false;
      }),
      ...(freeing.assets.length === 0 ? [] : [freeing.assets]).map((assets) => async () => {
        const credited = creditedOf(await views.balances(accountId, assets), assets);
        for (const asset of assets) {
          const [said, claimed] = [credited[asset] ?? 0n, snapshot.credited[asset] ?? 0n];
          if (said < claimed || (freeing.isExact && said > claimed)) isSame = false;
        }
      }),
      ...(freeing.salt === null ? [] : [freeing.salt]).map((salt) => async () => {
        if ((await views.currentState()).salt !== salt) isSame = false;
      }),
    ]);
    return isSame;
  });
}

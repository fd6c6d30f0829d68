// The POA bridge over its JSON-RPC: it credits `*.omft.near`.

import { isDeepStrictEqual } from 'node:util';
import type { Asset } from '../../../../contracts/assets.ts';
import type { Clock } from '../../../../contracts/runtime/clock.ts';
import { poaBridgeReviver } from '../../../../contracts/wire/poa-bridge.ts';
import { askBridge, bridgeFailure } from '../ask.ts';
import { type Bridge, type BridgeDeposit, type BridgeResult, chainsOf, type DepositsRead } from '../bridge.ts';
import { numbered, readDepositAddress, readDeposits, readResult, readTerms } from './reply.ts';
import { isNotFoundYet, readCost, readWithdrawal } from './withdrawal-reply.ts';

export type PoaOptions = {
  /** POA_BRIDGE_URL */
  readonly url: string;
  readonly account: string;
  /** Of the treasury; those of other bridges are left out. */
  readonly assets: readonly Asset[];
  readonly clock: Pick<Clock, 'after' | 'nowMs'>;
};

/** The bridge's own maximum. */
const PAGE_ITEMS = 100;
/** Their order is not documented, so older ones are read as well, up to this: years of deposits of one account. */
const PAGES_MAX = 3;
const LIST_TRIES = 3;

export function createPoaBridge({ url, account, assets: treasury, clock }: PoaOptions): Bridge {
  const closing = new AbortController();
  const assets = treasury.filter(({ bridge }) => bridge === 'poa');

  async function ask(method: string, parameter: unknown): Promise<BridgeResult<unknown>> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'unrip', method, params: [parameter] });
    const answer = await askBridge({ url, body, clock, signal: closing.signal, reviver: poaBridgeReviver });
    return answer.ok ? readResult(answer.value) : answer;
  }

  async function deposits(chain: string): Promise<BridgeResult<DepositsRead>> {
    for (let tries = 0; tries < LIST_TRIES; tries++) {
      const read = await readPages(chain);
      if (!read.ok) return read;
      if (read.value !== null) return { ok: true, value: read.value };
    }
    return bridgeFailure('malformed', 'recent_deposits changed each time while its pages were read');
  }

  /** null: the list has changed between two of its pages, so that a deposit may be on both of them, or on none. */
  async function readPages(chain: string): Promise<BridgeResult<DepositsRead | null>> {
    const found: BridgeDeposit[] = [];
    let unread = 0;
    let total: number | null = null;
    let left = 0;
    let offset = 0;
    let before: readonly BridgeDeposit[] = [];
    for (let page = 0; page < PAGES_MAX; page++) {
      const result = await ask('recent_deposits', { account_id: account, chain, limit: PAGE_ITEMS, offset });
      const read = result.ok ? readDeposits(result.value, chain, account) : result;
      if (!read.ok) return read;
      if (total !== null && read.value.total !== total) return { ok: true, value: null };
      // One that knows no offset gives its first page each time, which would be as many deposits again.
      if (read.value.deposits.length > 0 && isDeepStrictEqual(read.value.deposits, before)) break;
      before = read.value.deposits;
      total = read.value.total;
      found.push(...read.value.deposits);
      unread += read.value.unread;
      // A bridge may give fewer than were asked for: the list ends with its total, or with a page of nothing.
      offset += read.value.items;
      left = read.value.items === 0 ? 0 : Math.max(0, total - offset);
      if (left === 0) break;
    }
    return { ok: true, value: { deposits: numbered(found), unread: unread + left, failure: null } };
  }

  return {
    name: 'poa',
    host: new URL(url).host,
    assets,
    async terms() {
      const result = await ask('supported_tokens', { chains: chainsOf({ assets }) });
      return result.ok ? readTerms(result.value, assets) : result;
    },
    async depositAddress(chain) {
      const result = await ask('deposit_address', { account_id: account, chain });
      return result.ok ? readDepositAddress(result.value, chain) : result;
    },
    deposits,
    async withdrawalCost(asset, _amountUnits, destination) {
      const { chain, nearToken } = asset;
      const [tokens, estimate] = await Promise.all([
        ask('supported_tokens', { chains: [chain] }),
        ask('withdrawal_estimate', { chain, token: nearToken, address: destination }),
      ]);
      const terms = tokens.ok ? readTerms(tokens.value, [asset]) : tokens;
      if (!terms.ok) return terms;
      return estimate.ok ? readCost(estimate.value, asset, terms.value) : estimate;
    },
    async withdrawal(asset, nearTxHash, sent) {
      const result = await ask('withdrawal_status', { withdrawal_hash: nearTxHash });
      if (result.ok) return readWithdrawal(result.value, { asset, nearTxHash, account, ...sent });
      return isNotFoundYet(result) ? { ok: true, value: null } : result;
    },
    close: () => closing.abort(),
  };
}

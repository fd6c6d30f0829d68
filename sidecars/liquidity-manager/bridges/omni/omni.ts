// The Omni bridge: it credits nBTC. An address belongs to an order that names the account inside the verifier. The API knows the order
// and gives the address; the connector's contract is asked for the address of the same order, since coins that are paid to an address
// of another order are credited to somebody else.

import type { Asset } from '../../../../contracts/assets.ts';
import type { Clock } from '../../../../contracts/runtime/clock.ts';
import { createNearClient, type NearClient } from '../../../../contracts/runtime/near/client.ts';
import { depositMessage, OMNI_ACCOUNT, OMNI_CONNECTOR, OMNI_PATHS } from '../../../../contracts/wire/omni-bridge.ts';
import { askBridge, bridgeFailure } from '../ask.ts';
import type { Bridge, BridgeResult, KnownTransfer } from '../bridge.ts';
import { createLookUps } from './look-ups.ts';
import {
  readMinimum,
  readOk,
  readOmniAddress,
  readOmniCost,
  readOmniDeposit,
  readOmniStorage,
  readOmniWithdrawal,
} from './reply.ts';

export type OmniOptions = {
  /** OMNI_BRIDGE_URL */
  readonly url: string;
  readonly nearRpcUrls: readonly string[];
  /** INTENTS_CONTRACT */
  readonly verifier: string;
  readonly account: string;
  /** Of the treasury; those of other bridges are left out. */
  readonly assets: readonly Asset[];
  readonly clock: Clock;
};

export function createOmniBridge({
  url,
  nearRpcUrls,
  verifier,
  account,
  assets: treasury,
  clock,
}: OmniOptions): Bridge {
  const closing = new AbortController();
  const connector = createNearClient({ urls: nearRpcUrls, contract: OMNI_CONNECTOR, clock });
  const bridgeAccount = createNearClient({ urls: nearRpcUrls, contract: OMNI_ACCOUNT, clock });
  const assets = treasury.filter(({ bridge }) => bridge === 'omni');
  const order = depositMessage(verifier, account);

  async function askAny(path: string, query: Readonly<Record<string, string>> | null, body: unknown = null) {
    const search = query === null ? '' : `?${new URLSearchParams(query)}`;
    const text = body === null ? null : JSON.stringify(body);
    return await askBridge({ url: `${url}${path}${search}`, body: text, clock, signal: closing.signal });
  }

  async function ask(...asked: Parameters<typeof askAny>): Promise<BridgeResult<unknown>> {
    const answer = await askAny(...asked);
    return answer.ok ? readOk(answer.value) : answer;
  }

  /** 404: the bridge knows nothing of it yet. */
  async function transfersOf(query: Readonly<Record<string, string>>): Promise<BridgeResult<unknown>> {
    const answer = await askAny(OMNI_PATHS.transfer, query);
    if (answer.ok && answer.value.status === 404) return { ok: true, value: { transfers: [] } };
    return answer.ok ? readOk(answer.value) : answer;
  }

  const lookUps = createLookUps();

  return {
    name: 'omni',
    host: new URL(url).host,
    assets,
    async terms() {
      const config = await view(connector, 'get_config', {});
      const minimum = config.ok ? readMinimum(config.value) : config;
      if (!minimum.ok) return minimum;
      const unknown = { minWithdrawalUnits: null, withdrawalFeeUnits: null };
      return { ok: true, value: assets.map(({ id }) => ({ assetId: id, minDepositUnits: minimum.value, ...unknown })) };
    },
    async depositAddress(chain) {
      if (!assets.some((asset) => asset.chain === chain))
        return bridgeFailure('chain_unsupported', `no asset of the treasury is on ${chain}`);
      const { recipient_id: recipient, ...more } = order;
      const given = await ask(OMNI_PATHS.depositAddress, null, { chain: 'btc', recipient, ...more });
      const address = given.ok ? readOmniAddress(given.value, chain) : given;
      if (!address.ok) return address;
      const own = await view(connector, 'get_user_deposit_address', { deposit_msg: order });
      if (!own.ok) return own;
      return own.value === address.value
        ? address
        : bridgeFailure(
            'refused',
            "the bridge gave an address that is not the connector's for our order: it is not paid",
          );
    },
    async deposits(chain, transfers) {
      const asset = assets.find((each) => each.chain === chain);
      if (asset === undefined) return { ok: true, value: { deposits: [], unread: 0, failure: null } };
      return await lookUps(transfers, async (known) => {
        const json = await transfersOf(lookUpOf(known));
        return json.ok ? readOmniDeposit(json.value, known, { asset, nowMs: clock.nowMs() }) : json;
      });
    },
    async withdrawalCost(asset, amountUnits, destination) {
      const [json, storage] = await Promise.all([
        ask(OMNI_PATHS.fee, {
          sender: `near:${verifier}`,
          recipient: `btc:${destination}`,
          token: `near:${asset.nearToken}`,
          amount: String(amountUnits),
        }),
        view(bridgeAccount, 'storage_balance_of', { account_id: verifier }),
      ]);
      const cost = json.ok ? readOmniCost(json.value) : json;
      const lack = storage.ok ? readOmniStorage(storage.value) : storage;
      if (!cost.ok) return cost;
      if (!lack.ok) return lack;
      return { ok: true, value: { ...cost.value, problem: lack.value ?? cost.value.problem } };
    },
    async withdrawal(_asset, nearTxHash, sent) {
      const json = await transfersOf({ transaction_hash: nearTxHash });
      return json.ok ? readOmniWithdrawal(json.value, sent) : json;
    },
    close() {
      closing.abort();
      connector.close();
      bridgeAccount.close();
    },
  };
}

/** By its output where that is known. */
const lookUpOf = ({ txHash, outputIndex }: KnownTransfer): Readonly<Record<string, string>> =>
  outputIndex === null
    ? { transaction_hash: txHash }
    : { utxo_chain: 'Btc', utxo_tx_hash: txHash, utxo_vout: String(outputIndex) };

/** Of the first endpoint that answers. */
async function view(
  { endpoints }: NearClient,
  method: string,
  args: Readonly<Record<string, unknown>>,
): Promise<BridgeResult<unknown>> {
  let why = 'no endpoint of NEAR_RPC_URL';
  for (const endpoint of endpoints) {
    const block = await endpoint.finalBlock();
    const answer = block.ok ? await endpoint.call(method, args, block.value.height) : block;
    if (answer.ok) return { ok: true, value: answer.value.json };
    why = `${endpoint.host}: ${answer.reason}: ${answer.detail}`;
  }
  return bridgeFailure('unreachable', `${method}: ${why}`);
}

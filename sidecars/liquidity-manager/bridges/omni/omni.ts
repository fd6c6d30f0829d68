// The Omni bridge: it credits nBTC. An address belongs to an order that names the account inside the verifier. The API knows the order
// and gives the address; the connector's contract is asked for the address of the same order, since coins that are paid to an address
// of another order are credited to somebody else.

import type { Asset } from '../../../../contracts/assets.ts';
import type { Clock } from '../../../../contracts/runtime/clock.ts';
import { createNearClient } from '../../../../contracts/runtime/near/client.ts';
import { depositMessage, OMNI_CONNECTOR, OMNI_PATHS } from '../../../../contracts/wire/omni-bridge.ts';
import { askBridge, bridgeFailure } from '../ask.ts';
import type { Bridge, BridgeDeposit, BridgeResult } from '../bridge.ts';
import { readMinimum, readOk, readOmniAddress, readOmniCost, readOmniDeposit, readOmniWithdrawal } from './reply.ts';

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
  const assets = treasury.filter(({ bridge }) => bridge === 'omni');
  const order = depositMessage(verifier, account);

  async function ask(path: string, query: Readonly<Record<string, string>> | null, body: unknown = null) {
    const search = query === null ? '' : `?${new URLSearchParams(query)}`;
    const text = body === null ? null : JSON.stringify(body);
    const answer = await askBridge({ url: `${url}${path}${search}`, body: text, clock, signal: closing.signal });
    return answer.ok ? readOk(answer.value) : answer;
  }

  /** Of the first endpoint that answers. */
  async function view(method: string, args: Readonly<Record<string, unknown>>): Promise<BridgeResult<unknown>> {
    let why = 'no endpoint of NEAR_RPC_URL';
    for (const endpoint of connector.endpoints) {
      const block = await endpoint.finalBlock();
      const answer = block.ok ? await endpoint.call(method, args, block.value.height) : block;
      if (answer.ok) return { ok: true, value: answer.value.json };
      why = `${endpoint.host}: ${answer.reason}: ${answer.detail}`;
    }
    return bridgeFailure('unreachable', `${method} of ${OMNI_CONNECTOR}: ${why}`);
  }

  const transfersOf = (transaction: string) => ask(OMNI_PATHS.transfer, { transaction_hash: transaction });

  return {
    name: 'omni',
    host: new URL(url).host,
    assets,
    async terms() {
      const config = await view('get_config', {});
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
      const own = await view('get_user_deposit_address', { deposit_msg: order });
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
      const deposits: BridgeDeposit[] = [];
      if (asset === undefined) return { ok: true, value: { deposits, unread: 0 } };
      // The API is asked by transaction: it has no list of an account's deposits.
      for (const known of transfers) {
        const json = await transfersOf(known.txHash);
        if (!json.ok && json.reason !== 'refused') return json;
        const deposit = json.ok ? readOmniDeposit(json.value, known, { asset, nowMs: clock.nowMs() }) : null;
        if (deposit !== null) deposits.push(deposit);
      }
      return { ok: true, value: { deposits, unread: 0 } };
    },
    async withdrawalCost(asset, amountUnits, destination) {
      const json = await ask(OMNI_PATHS.fee, {
        sender: `near:${verifier}`,
        recipient: `btc:${destination}`,
        token: `near:${asset.nearToken}`,
        amount: String(amountUnits),
      });
      return json.ok ? readOmniCost(json.value) : json;
    },
    async withdrawal(asset, nearTxHash, sent) {
      const json = await transfersOf(nearTxHash);
      if (json.ok) return { ok: true, value: readOmniWithdrawal(json.value, asset, sent) };
      return json.reason === 'refused' ? { ok: true, value: null } : json;
    },
    close() {
      closing.abort();
      connector.close();
    },
  };
}

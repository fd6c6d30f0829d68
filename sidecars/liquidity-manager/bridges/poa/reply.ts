// Replies of the POA bridge to values. Total: every body gives a value or a named failure. Of a list, items that cannot be read are
// passed over and counted, so that one of them does not hide the others.

import { Value } from '@sinclair/typebox/value';
import { readAddress } from '../../../../contracts/addresses/address.ts';
import { parseUnits } from '../../../../contracts/amounts.ts';
import type { Asset } from '../../../../contracts/assets.ts';
import { isFields } from '../../../../contracts/json.ts';
import { isPlausibleTime } from '../../../../contracts/time.ts';
import { PoaDeposit, PoaDepositAddress, PoaReply, PoaToken } from '../../../../contracts/wire/poa-bridge.ts';
import { type BridgeAnswer, bridgeFailure } from '../ask.ts';
import type { AssetTerms, BridgeDeposit, BridgeFailure, BridgeResult, DepositsRead } from '../bridge.ts';

/** Lists are cut there: nothing that is asked for has more. */
const ITEMS_MAX = 500;
/** Of texts that become part of records. */
const TEXT_MAX = 128;

/** The `result` of a JSON-RPC reply. */
export function readResult({ status, json, retryAfterMs }: BridgeAnswer): BridgeResult<unknown> {
  // What a status other than 200 means is not documented: a reply counts whatever its status.
  if (!Value.Check(PoaReply, json)) {
    const isUp = status >= 200 && status < 300;
    return bridgeFailure(
      isUp ? 'malformed' : 'unreachable',
      isUp ? 'the answer is no JSON-RPC reply' : `HTTP status ${status}`,
      retryAfterMs,
    );
  }
  const { error, result } = json;
  if (error === undefined || error === null) {
    return result === undefined
      ? bridgeFailure('malformed', 'the answer has neither a result nor an error', retryAfterMs)
      : { ok: true, value: result };
  }
  const text = (typeof error === 'string' ? error : error.message) ?? 'an error without a text';
  return bridgeFailure(refusalOf(text), text, retryAfterMs);
}

function refusalOf(text: string): BridgeFailure['reason'] {
  if (/unsupported chain/i.test(text)) return 'chain_unsupported';
  return /unsupported (?:token|asset)/i.test(text) ? 'asset_unsupported' : 'refused';
}

/** Terms of the assets that it serves; one with other decimals than the verifier's counts in units that are not ours. */
export function readTerms(result: unknown, assets: readonly Asset[]): BridgeResult<readonly AssetTerms[]> {
  const tokens = isFields(result) ? result['tokens'] : undefined;
  if (!Array.isArray(tokens)) return bridgeFailure('malformed', 'supported_tokens gave no list of tokens');
  const read: AssetTerms[] = [];
  for (const token of tokens.slice(0, ITEMS_MAX)) {
    if (!Value.Check(PoaToken, token)) continue;
    const asset = assets.find(({ nearToken }) => nearToken === token.near_token_id);
    if (asset === undefined || asset.decimals !== token.decimals) continue;
    read.push({
      assetId: asset.id,
      minDepositUnits: parseUnits(token.min_deposit_amount),
      minWithdrawalUnits: parseUnits(token.min_withdrawal_amount),
      withdrawalFeeUnits: parseUnits(token.withdrawal_fee),
    });
  }
  return { ok: true, value: read };
}

export function readDepositAddress(result: unknown, chain: string): BridgeResult<string> {
  if (!Value.Check(PoaDepositAddress, result)) return bridgeFailure('malformed', 'deposit_address gave no address');
  if (result.chain !== chain)
    return bridgeFailure('malformed', `asked for an address on ${chain}, got another chain's`);
  // Whoever pays without it pays into somebody else's pocket; none of our chains has it.
  if (result.memo !== undefined && result.memo !== null && result.memo !== '')
    return bridgeFailure('refused', 'the address needs a memo, which transfers to it would not have');
  const read = readAddress(chain, result.address);
  if (!read.ok) return bridgeFailure('malformed', `the address that the bridge gave ${read.problem}`);
  return { ok: true, value: read.address };
}

export type DepositsPage = Omit<DepositsRead, 'failure'> & { readonly total: number; readonly items: number };

export function readDeposits(result: unknown, chain: string, accountId: string): BridgeResult<DepositsPage> {
  const items = isFields(result) ? result['deposits'] : undefined;
  if (!isFields(result) || !Array.isArray(items)) {
    return bridgeFailure('malformed', 'recent_deposits gave no list of deposits');
  }
  const deposits: BridgeDeposit[] = [];
  let unread = 0;
  for (const item of items.slice(0, ITEMS_MAX)) {
    const deposit = readDeposit(item, chain, accountId);
    if (deposit === null) unread++;
    else deposits.push(deposit);
  }
  const total = result['total'];
  return {
    ok: true,
    value: { deposits, unread, items: items.length, total: typeof total === 'number' ? total : items.length },
  };
}

const OUTCOMES: Readonly<Record<string, BridgeDeposit['outcome']>> = {
  // Which of the two means what is not documented; the balance of the verifier decides.
  CREDITED: 'credited',
  COMPLETED: 'credited',
  FAILED: 'failed',
};

function readDeposit(item: unknown, chain: string, accountId: string): BridgeDeposit | null {
  if (!Value.Check(PoaDeposit, item) || item.chain !== chain || item.account_id !== accountId) return null;
  const address = readAddress(chain, item.address);
  const amountUnits = parseUnits(item.amount);
  const atMs = Date.parse(item.created_at);
  const { tx_hash: txHash = null, mint_tx_hash: creditTxHash = null, from = null } = item;
  const texts = [txHash, creditTxHash, item.status, item.near_token_id];
  const isEvm = chain.startsWith('eth:');
  const isSound = texts.every((text) => text === null || (text !== '' && text.length <= TEXT_MAX));
  if (!address.ok || amountUnits === null || !isPlausibleTime(atMs) || !isSound) return null;
  return {
    // There is no id of a deposit. What is not in its first report is no part of this one: the transaction is on EVM chains alone.
    creditId: [chain, address.address, item.near_token_id, amountUnits, atMs, isEvm ? (txHash ?? '') : ''].join(' '),
    chain,
    address: address.address,
    assetId: `nep141:${item.near_token_id}`,
    amountUnits,
    sender: from !== null && from !== '' && from.length <= TEXT_MAX ? from : null,
    txHash,
    creditTxHash,
    bridgeStatus: item.status,
    outcome: Object.hasOwn(OUTCOMES, item.status) ? (OUTCOMES[item.status] ?? 'pending') : 'pending',
    atMs,
  };
}

/** Deposits that are equal in all that identifies them are distinguished by their number among each other. */
export function numbered(deposits: readonly BridgeDeposit[]): readonly BridgeDeposit[] {
  const seen = new Map<string, number>();
  return deposits.map((deposit) => {
    const before = seen.get(deposit.creditId) ?? 0;
    seen.set(deposit.creditId, before + 1);
    return before === 0 ? deposit : { ...deposit, creditId: `${deposit.creditId} #${before + 1}` };
  });
}

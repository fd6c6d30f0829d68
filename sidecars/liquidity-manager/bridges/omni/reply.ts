// Answers of the Omni bridge to values. Total: every body gives a value or a named failure; of a list, items that cannot be read are
// passed over.

import { Value } from '@sinclair/typebox/value';
import { readAddress } from '../../../../contracts/addresses/address.ts';
import { parseUnits } from '../../../../contracts/amounts.ts';
import type { Asset } from '../../../../contracts/assets.ts';
import { OmniAddress, OmniConfig, OmniFee, OmniTransfer } from '../../../../contracts/wire/omni-bridge.ts';
import { type BridgeAnswer, bridgeFailure } from '../ask.ts';
import type {
  BridgeDeposit,
  BridgeResult,
  BridgeWithdrawal,
  KnownTransfer,
  SentWithdrawal,
  WithdrawalCost,
} from '../bridge.ts';

/** Outputs of one transaction that pay to the bridge; far fewer are ours. */
const ITEMS_MAX = 200;
const TEXT_MAX = 128;

/** A status other than 200 is no answer of the API: 404 where nothing is known yet. */
export function readOk({ status, json, retryAfterMs }: BridgeAnswer): BridgeResult<unknown> {
  if (status === 200 && json !== undefined) return { ok: true, value: json };
  if (status === 200) return bridgeFailure('malformed', 'the answer is no JSON');
  const reason = status >= 400 && status < 500 && status !== 429 ? 'refused' : 'unreachable';
  return bridgeFailure(reason, `HTTP status ${status}`, retryAfterMs);
}

/** Both forms of an amount; null: no amount. */
const unitsOf = (amount: string | number | null | undefined): bigint | null =>
  typeof amount === 'number' ? (Number.isSafeInteger(amount) ? parseUnits(String(amount)) : null) : parseUnits(amount);

export function readOmniAddress(json: unknown, chain: string): BridgeResult<string> {
  if (!Value.Check(OmniAddress, json)) return bridgeFailure('malformed', 'the bridge gave no address');
  const read = readAddress(chain, json.address);
  return read.ok
    ? { ok: true, value: read.address }
    : bridgeFailure('malformed', `the address that the bridge gave ${read.problem}`);
}

/** Minimum of a deposit, by the connector's own word. */
export function readMinimum(json: unknown): BridgeResult<bigint> {
  const units = Value.Check(OmniConfig, json) ? unitsOf(json.min_deposit_amount) : null;
  return units === null ? bridgeFailure('malformed', 'get_config names no minimum') : { ok: true, value: units };
}

export function readOmniCost(json: unknown): BridgeResult<WithdrawalCost> {
  const fee = Value.Check(OmniFee, json) ? json : null;
  const [gas, protocol, minimumUnits] = [fee?.gas_fee, fee?.protocol_fee, fee?.min_amount].map(unitsOf);
  if (fee === null || gas == null || protocol == null || minimumUnits == null)
    return bridgeFailure('malformed', 'the bridge names no fee or no minimum');
  const problem = fee.insufficient_utxo === true ? 'the bridge has too few coins for it now (insufficient_utxo)' : null;
  return { ok: true, value: { feeUnits: gas + protocol, minimumUnits, problem } };
}

const transfersIn = (json: unknown): readonly OmniTransfer[] =>
  (Array.isArray(json) ? json.slice(0, ITEMS_MAX) : []).filter((item) => Value.Check(OmniTransfer, item));

const isShort = (text: string): boolean => text !== '' && text.length <= TEXT_MAX;

/** What the bridge knows of one transfer that was seen on the chain; null: nothing yet. */
export function readOmniDeposit(
  json: unknown,
  known: KnownTransfer,
  { asset, nowMs }: { readonly asset: Asset; readonly nowMs: number },
): BridgeDeposit | null {
  const { txHash, address, amountUnits } = known;
  const found = transfersIn(json).find(({ id, utxo_transfer: transfer }) => {
    const units = unitsOf(transfer?.amount);
    return id?.kind.Utxo?.tx_hash === txHash && (units === null || units === amountUnits);
  });
  if (found === undefined) return null;
  const receipt = found.finalised_on_near?.NearReceipt;
  const creditTxHash = receipt !== undefined && isShort(receipt.transaction_hash) ? receipt.transaction_hash : null;
  return {
    creditId: ['omni', txHash, found.id?.kind.Utxo?.vout ?? 0].join(' '),
    chain: asset.chain,
    address,
    assetId: asset.id,
    amountUnits,
    sender: null,
    txHash,
    creditTxHash,
    bridgeStatus: creditTxHash === null ? 'Initialized' : 'FinalisedOnNear',
    outcome: creditTxHash === null ? 'pending' : 'credited',
    atMs: nowMs,
  };
}

/** A withdrawal by the transaction that took it from the verifier; null: the bridge does not know it yet. */
export function readOmniWithdrawal(
  json: unknown,
  asset: Asset,
  { destination }: Pick<SentWithdrawal, 'destination'>,
): BridgeWithdrawal | null {
  // The transaction may have withdrawals of others in it, and of this account to other addresses.
  const isOurs = (recipient: string): boolean => recipient.slice(recipient.indexOf(':') + 1) === destination;
  const found = transfersIn(json).find(
    ({ transfer_message: message }) => message?.token === `near:${asset.nearToken}` && isOurs(message.recipient),
  );
  if (found === undefined) return null;
  const hash = found.finalised?.UtxoLog?.transaction_hash ?? '';
  return isShort(hash)
    ? { bridgeStatus: 'Finalised', outcome: 'completed', txHash: hash, arrivesUnits: null }
    : { bridgeStatus: 'Initialized', outcome: 'pending', txHash: null, arrivesUnits: null };
}

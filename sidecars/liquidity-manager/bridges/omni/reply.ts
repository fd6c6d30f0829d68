// Answers of the Omni bridge to values. Total: every body gives a value or a named failure; of a list, items that cannot be read are
// passed over and counted.

import { Value } from '@sinclair/typebox/value';
import { readAddress } from '../../../../contracts/addresses/address.ts';
import { parseUnits } from '../../../../contracts/amounts.ts';
import type { Asset } from '../../../../contracts/assets.ts';
import {
  OMNI_ACCOUNT,
  OMNI_STORAGE_MIN,
  OmniAddress,
  OmniConfig,
  OmniFee,
  OmniStorage,
  OmniTransfer,
  OmniTransfers,
} from '../../../../contracts/wire/omni-bridge.ts';
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

/** A status other than 200 is no answer of the API. */
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
  if (!Value.Check(OmniFee, json)) return bridgeFailure('malformed', 'the bridge gave no fees');
  const { native_token_fee: native, gas_fee, protocol_fee, min_amount, insufficient_utxo: isShortOfCoins } = json;
  const [nativeUnits, gas, protocol, minimumUnits] = [native, gas_fee, protocol_fee, min_amount].map(unitsOf);
  // None of them is ever 0: an answer that says so is about another transfer.
  if (nativeUnits == null || !gas || !protocol || !minimumUnits)
    return bridgeFailure('malformed', 'the bridge names no fee or no minimum');
  const problem = problemOf(nativeUnits, isShortOfCoins);
  return { ok: true, value: { feeUnits: gas + protocol, apartUnits: protocol, minimumUnits, problem } };
}

function problemOf(nativeUnits: bigint, isShortOfCoins: boolean): string | null {
  if (isShortOfCoins) return 'the bridge has too few coins for it now (insufficient_utxo)';
  return nativeUnits > 0n
    ? `the bridge asks for ${nativeUnits} yoctoNEAR apart from the amount (native_token_fee), which a withdrawal does not pay: it would get stuck`
    : null;
}

/** Whether a withdrawal that fails would come back; null: it would. */
export function readOmniStorage(json: unknown): BridgeResult<string | null> {
  if (!Value.Check(OmniStorage, json)) return bridgeFailure('malformed', 'storage_balance_of gave no balance');
  const available = json === null ? 0n : unitsOf(json.available);
  if (available === null) return bridgeFailure('malformed', 'storage_balance_of gave no amount');
  return {
    ok: true,
    value:
      available > OMNI_STORAGE_MIN
        ? null
        : `the verifier has ${available} yoctoNEAR of storage left at ${OMNI_ACCOUNT}, of more than ${OMNI_STORAGE_MIN}: what fails would not come back`,
  };
}

type Transfers = { readonly transfers: readonly OmniTransfer[]; readonly unread: number };

/** null: the answer is no list, so that it says nothing of what the bridge knows. */
function transfersIn(json: unknown): Transfers | null {
  if (!Value.Check(OmniTransfers, json)) return null;
  const items = json.transfers.slice(0, ITEMS_MAX);
  const transfers = items.filter((item): item is OmniTransfer => Value.Check(OmniTransfer, item));
  return { transfers, unread: items.length - transfers.length };
}

const NO_LIST = 'the bridge gave no list of transfers';

const isShort = (text: string | null | undefined): text is string =>
  typeof text === 'string' && text !== '' && text.length <= TEXT_MAX;

/** The word of the bridge; it has one for every transfer. */
const statusOf = ({ status }: OmniTransfer): string => (isShort(status) ? status : 'unnamed');

/** What pays a transfer to Bitcoin out is no deposit, although it is an output. */
const PAID_OUT_OF = 'Near';

/** The transfer of an output. @returns null: the bridge does not know it yet */
function transferOf(transfers: readonly OmniTransfer[], known: KnownTransfer): OmniTransfer | null {
  const { txHash, outputIndex, amountUnits } = known;
  const own = transfers.filter(
    ({ transfer_id: id }) => id?.type === 'utxo' && id.tx_hash === txHash && id.chain !== PAID_OUT_OF,
  );
  if (outputIndex !== null) return own.find(({ transfer_id: id }) => id?.vout === outputIndex) ?? null;
  const equal = own.filter(({ amount }) => unitsOf(amount) === amountUnits);
  // Of several that could be it nobody knows which it is.
  return (own.length === 1 ? own[0] : equal.length === 1 ? equal[0] : null) ?? null;
}

/** What the bridge knows of one transfer that was seen on the chain; null: nothing yet. */
export function readOmniDeposit(
  json: unknown,
  known: KnownTransfer,
  { asset, nowMs }: { readonly asset: Asset; readonly nowMs: number },
): BridgeResult<{ readonly deposit: BridgeDeposit | null; readonly unread: number }> {
  const read = transfersIn(json);
  if (read === null) return bridgeFailure('malformed', NO_LIST);
  const { unread } = read;
  const found = transferOf(read.transfers, known);
  if (found === null) return { ok: true, value: { deposit: null, unread } };
  const hash = found.finalised_on_near?.transaction_hash;
  const creditTxHash = isShort(hash) ? hash : null;
  const outputIndex = known.outputIndex ?? found.transfer_id?.vout ?? 0;
  const deposit: BridgeDeposit = {
    creditId: ['omni', known.txHash, outputIndex].join(' '),
    chain: asset.chain,
    address: known.address,
    assetId: asset.id,
    amountUnits: countedOf(found, known.amountUnits),
    sender: null,
    txHash: known.txHash,
    creditTxHash,
    bridgeStatus: statusOf(found),
    outcome: creditTxHash === null ? 'pending' : 'credited',
    atMs: nowMs,
    outputIndex,
  };
  return { ok: true, value: { deposit, unread } };
}

/** The bridge may count less than was sent, since it keeps a fee, and never more. */
function countedOf({ amount }: OmniTransfer, sentUnits: bigint): bigint {
  const units = unitsOf(amount);
  return units !== null && units > 0n && units < sentUnits ? units : sentUnits;
}

/** A withdrawal by the transaction that took it from the verifier; null: the bridge does not know it yet. */
export function readOmniWithdrawal(json: unknown, sent: SentWithdrawal): BridgeResult<BridgeWithdrawal | null> {
  const read = transfersIn(json);
  if (read === null) return bridgeFailure('malformed', NO_LIST);
  // The transaction may have withdrawals of others in it, and of this account to other addresses.
  const own = read.transfers.filter(
    ({ recipient }) => recipient?.slice(recipient.indexOf(':') + 1) === sent.destination,
  );
  const found = own.find(({ amount }) => unitsOf(amount) === sent.amountUnits) ?? own[0];
  if (found === undefined)
    return read.unread === 0
      ? { ok: true, value: null }
      : bridgeFailure('malformed', 'the bridge gave a transfer that cannot be read');
  const hash = found.finalised?.transaction_hash;
  const isPaid = isShort(hash);
  const outcome = isPaid ? 'completed' : 'pending';
  return {
    ok: true,
    value: { bridgeStatus: statusOf(found), outcome, txHash: isPaid ? hash : null, arrivesUnits: null },
  };
}

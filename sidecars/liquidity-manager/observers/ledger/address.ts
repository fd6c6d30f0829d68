// The spelling by which addresses and transactions of a chain are compared: upper and lower case of a bech32 or an EVM address are one
// address, those of base58 are not. Pure.

import { UNITS_MAX } from '../../../../contracts/amounts.ts';
import { cutUtf8 } from '../../../../contracts/text.ts';
import { isPlausibleTime } from '../../../../contracts/time.ts';
import type { BridgeCredit, ObservedChain } from '../types.ts';

const BECH32 = /^(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{6,87}$/i;

export function comparableAddress(chain: ObservedChain, address: string): string {
  return chain === 'eth:100' || BECH32.test(address) ? address.toLowerCase() : address;
}

export function comparableTxHash(chain: ObservedChain, txHash: string): string {
  const digits = txHash.trim().toLowerCase().replace(/^0x/, '');
  return chain === 'eth:100' ? `0x${digits}` : digits;
}

/** Of a record, and of the state file: what is longer is none of a chain. */
const TEXT_CHARS_MAX = 128;
const ID_CHARS_MAX = 1024;

const isShort = (text: string | null): boolean => text === null || (text !== '' && text.length <= TEXT_CHARS_MAX);

/** null: a field is out of every range, so that nothing of it could be recorded. */
export function comparableCredit(credit: BridgeCredit, chain: ObservedChain): BridgeCredit | null {
  const { creditId, address, txHash, creditTxHash, amountUnits, bridgeStatus, atMs } = credit;
  if (creditId.length > ID_CHARS_MAX || ![address, txHash, creditTxHash].every(isShort)) return null;
  if (amountUnits < 0n || amountUnits > UNITS_MAX || !isPlausibleTime(atMs)) return null;
  return {
    ...credit,
    address: comparableAddress(chain, address),
    txHash: txHash === null ? null : comparableTxHash(chain, txHash),
    bridgeStatus: cutUtf8(bridgeStatus, TEXT_CHARS_MAX).text,
  };
}

// Event lines as the contract logs them: `EVENT_JSON:` and one object with standard, version, event and data. Amounts
// are decimal strings; what is not there is left out.

import type { Intent } from './intents.ts';
import type { Transfer } from './matcher.ts';
import { encodeBase58 } from './text/base58.ts';

const VERSION_OF = { dip4: '0.4.3', nep245: '1.0.0' } as const;

export function eventLine(standard: 'dip4' | 'nep245', event: string, data: unknown, version?: string): string {
  return `EVENT_JSON:${JSON.stringify({ standard, version: version ?? VERSION_OF[standard], event, data })}`;
}

/** bigint and map become text and object; `undefined` is dropped by the encoder. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

function plainFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}

/** Event of one intent; `extra` is appended to its fields. */
export function intentEvent(
  signerId: string,
  hash: Uint8Array,
  { intent, ...fields }: Intent,
  extra: Readonly<Record<string, unknown>> = {},
): string {
  const data = { intent_hash: encodeBase58(hash), account_id: signerId, ...plainFields(fields), ...plainFields(extra) };
  switch (intent) {
    case 'add_public_key':
      return eventLine('dip4', 'public_key_added', data);
    case 'remove_public_key':
      return eventLine('dip4', 'public_key_removed', data);
    case 'set_auth_by_predecessor_id':
      return eventLine('dip4', intent, data);
    default:
      return eventLine('dip4', intent, [data]);
  }
}

export type Executed = { readonly hash: Uint8Array; readonly signerId: string; readonly nonceHex: string };

export function executedData(executed: readonly Executed[]) {
  return executed.map(({ hash, signerId, nonceHex }) => ({
    intent_hash: encodeBase58(hash),
    account_id: signerId,
    nonce: Buffer.from(nonceHex, 'hex').toString('base64'),
  }));
}

export function executedEvent(executed: readonly Executed[]): string {
  return eventLine('dip4', 'intents_executed', executedData(executed));
}

type Grouped = { readonly token_ids: string[]; readonly amounts: string[] };

/** One item for each pair of sender and receiver. */
export function transferEvent(transfers: readonly Transfer[]): string {
  const pairs = new Map<string, Grouped & { readonly old_owner_id: string; readonly new_owner_id: string }>();
  for (const { senderId, receiverId, tokenId, units } of transfers) {
    const key = `${senderId} ${receiverId}`;
    let pair = pairs.get(key);
    if (pair === undefined) {
      pair = { old_owner_id: senderId, new_owner_id: receiverId, token_ids: [], amounts: [] };
      pairs.set(key, pair);
    }
    pair.token_ids.push(tokenId);
    pair.amounts.push(String(units));
  }
  return eventLine('nep245', 'mt_transfer', [...pairs.values()]);
}

export function ownedEvent(
  event: 'mt_mint' | 'mt_burn',
  ownerId: string,
  tokens: readonly (readonly [tokenId: string, units: bigint])[],
  memo: string,
): string {
  const data = {
    owner_id: ownerId,
    token_ids: tokens.map(([tokenId]) => tokenId),
    amounts: tokens.map(([, units]) => String(units)),
    memo,
  };
  return eventLine('nep245', event, [data]);
}

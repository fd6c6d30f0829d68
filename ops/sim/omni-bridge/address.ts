// The deposit address of an order: it hashes the whole order, so that two orders never share one. Pure.

import { encodeSegwit } from '../esplora/bech32.ts';

export type Order = { readonly recipientId: string; readonly safeDepositMsg: string | null };

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** An order as the contract takes it; null: it is none. */
export function orderOf(message: unknown): Order | null {
  const { recipient_id: recipientId, safe_deposit: safe } = fieldsOf(message);
  if (typeof recipientId !== 'string') return null;
  const { msg } = fieldsOf(safe);
  return { recipientId, safeDepositMsg: typeof msg === 'string' ? msg : null };
}

export function addressOf({ recipientId, safeDepositMsg }: Order): string {
  const text = JSON.stringify(['order of the omni bridge', recipientId, safeDepositMsg]);
  return encodeSegwit(new Uint8Array(new Bun.CryptoHasher('sha256').update(text).digest()).slice(0, 20));
}

// The Omni bridge as this project uses it: its HTTP API for orders, fees and transfers, two views of its Bitcoin connector on NEAR, and
// one of its own account there. Pure. Amounts are decimal text in smallest units, in places JSON numbers: both are taken. What has no
// value is absent, or null.

import { type Static, Type } from '@sinclair/typebox';
import { Missing } from './missing.ts';

export const OMNI_CONNECTOR = 'btc-connector.bridge.near';
export const OMNI_ACCOUNT = 'omni.bridge.near';
/**
 * In yoctoNEAR: a withdrawal over the bridge needs more storage than this at its account, paid for by the verifier. With less the
 * transfer fails, and what it was of comes back to the verifier's own account, not to whoever withdrew.
 */
export const OMNI_STORAGE_MIN = 500_000_000_000_000_000_000_000n;

export const OMNI_PATHS = {
  depositAddress: '/api/v3/utxo/get_user_deposit_address',
  fee: '/api/v3/transfer-fee',
  transfer: '/api/v4/transfers/transfer',
} as const;

const Amount = Type.Union([Type.String(), Type.Number()]);

/** The order behind a deposit address; the address is a hash of all of it. */
export type DepositMessage = { readonly recipient_id: string; readonly safe_deposit: { readonly msg: string } };

/** Credited to the account inside the verifier. */
export const depositMessage = (verifier: string, account: string): DepositMessage => ({
  recipient_id: verifier,
  safe_deposit: { msg: account },
});

export const OmniAddress = Type.Object({ address: Type.String() });

/** `get_config` of the connector. */
export const OmniConfig = Type.Object({ min_deposit_amount: Amount });

/** Fees of a withdrawal; `native_token_fee` is in yoctoNEAR, and paid apart from the amount. */
export const OmniFee = Type.Object({
  native_token_fee: Amount,
  gas_fee: Missing(Amount),
  protocol_fee: Missing(Amount),
  min_amount: Missing(Amount),
  insufficient_utxo: Type.Boolean(),
});
export type OmniFee = Static<typeof OmniFee>;

/** `storage_balance_of` of the bridge's account; null: nothing was paid. */
export const OmniStorage = Type.Union([Type.Null(), Type.Object({ available: Amount })]);

/** A transaction that brought a transfer forward, on whatever chain. */
const OmniTransaction = Type.Object({ transaction_hash: Type.String() });

/**
 * A transfer in either direction. One from Bitcoin is named by its output; what pays one to Bitcoin out can be named by an output as
 * well, of the chain `Near`. The list of `status` is open.
 */
export const OmniTransfer = Type.Object({
  transfer_id: Missing(
    Type.Object({
      type: Type.String(),
      chain: Missing(Type.String()),
      tx_hash: Missing(Type.String()),
      vout: Missing(Type.Integer({ minimum: 0 })),
    }),
  ),
  recipient: Missing(Type.String()),
  amount: Missing(Amount),
  status: Missing(Type.String()),
  finalised_on_near: Missing(OmniTransaction),
  finalised: Missing(OmniTransaction),
});
export type OmniTransfer = Static<typeof OmniTransfer>;

/** The answer to a transaction, or to an output. */
export const OmniTransfers = Type.Object({ transfers: Type.Array(Type.Unknown()) });

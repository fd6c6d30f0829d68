// The Omni bridge as this project uses it: its HTTP API for orders, fees and transfers, and two views of its Bitcoin connector on
// NEAR. Pure. Amounts are decimal text in smallest units, in places JSON numbers: both are taken.

import { type Static, Type } from '@sinclair/typebox';

export const OMNI_CONNECTOR = 'btc-connector.bridge.near';
export const OMNI_PATHS = {
  depositAddress: '/api/v3/utxo/get_user_deposit_address',
  fee: '/api/v3/transfer-fee',
  transfer: '/api/v3/transfers/transfer',
} as const;

const Amount = Type.Union([Type.String(), Type.Number()]);
const Missing = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

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

export const OmniFee = Type.Object({
  gas_fee: Missing(Amount),
  protocol_fee: Missing(Amount),
  min_amount: Missing(Amount),
  insufficient_utxo: Missing(Type.Boolean()),
});
export type OmniFee = Static<typeof OmniFee>;

const OmniTransaction = Type.Object({
  NearReceipt: Type.Optional(Type.Object({ transaction_hash: Type.String(), block_timestamp_seconds: Type.Number() })),
  UtxoLog: Type.Optional(Type.Object({ transaction_hash: Type.String() })),
});

export const OmniTransfer = Type.Object({
  id: Missing(
    Type.Object({
      kind: Type.Object({ Utxo: Type.Optional(Type.Object({ tx_hash: Type.String(), vout: Type.Integer() })) }),
    }),
  ),
  finalised_on_near: Missing(OmniTransaction),
  finalised: Missing(OmniTransaction),
  utxo_transfer: Missing(Type.Object({ amount: Amount, recipient: Type.String() })),
  transfer_message: Missing(Type.Object({ token: Type.String(), recipient: Type.String(), amount: Amount })),
});
export type OmniTransfer = Static<typeof OmniTransfer>;

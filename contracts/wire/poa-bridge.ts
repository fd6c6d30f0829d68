// The POA bridge's JSON-RPC: methods, parameters (an array holding one object) and results that this project uses.
// `amount` fields are JSON numbers in base units and exceed 2^53 for EURe: parse with `poaBridgeReviver`, after which
// they are decimal text like every other amount. Pure. Statuses are an open list at the venue: unknown means pending. A field on which
// the bridge's documentation and its clients do not agree, or which nobody here needs, may be missing.

import { type Static, Type } from '@sinclair/typebox';
import { Missing } from './missing.ts';

/** The bridge's names of the chains that the pair lives on. */
export const POA_CHAINS = { btc: 'btc:mainnet', gnosis: 'eth:100' } as const;

/** Text of the error for a withdrawal whose burn is not indexed yet; it goes away by itself. */
export const POA_WITHDRAWALS_NOT_FOUND = 'Withdrawals not found';

/**
 * Reviver for `JSON.parse`: `amount` numbers become the text that stood in the body. From 1,000 EURe on a JavaScript server writes them
 * with an exponent, `1e+21`: those become the digits of the whole number.
 */
export function poaBridgeReviver(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return key === 'amount' && typeof value === 'number' ? wholeDigits(context?.source ?? String(value)) : value;
}

const WITH_EXPONENT = /^([1-9])(?:\.([0-9]{1,20}))?[eE]\+?([0-9]{1,2})$/;

/** What is no whole number written so stays as it is, and is refused by the shape. */
function wholeDigits(text: string): string {
  const [, first, fraction = '', exponent = '0'] = WITH_EXPONENT.exec(text) ?? [];
  const zeros = Number(exponent) - fraction.length;
  return first === undefined || zeros < 0 ? text : first + fraction + '0'.repeat(zeros);
}

const Units = Type.String({ pattern: '^[0-9]+$' });

/** JSON-RPC reply; the error comes as an object or as a bare string. */
export const PoaReply = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  id: Type.Union([Type.String(), Type.Number(), Type.Null()]),
  result: Type.Optional(Type.Unknown()),
  error: Missing(
    Type.Union([Type.String(), Type.Object({ code: Type.Optional(Type.Number()), message: Missing(Type.String()) })]),
  ),
});
export type PoaReply = Static<typeof PoaReply>;

/** A token of `supported_tokens`: minima and fee in base units, as text. */
export const PoaToken = Type.Object({
  defuse_asset_identifier: Missing(Type.String()),
  near_token_id: Type.String(),
  decimals: Type.Integer(),
  asset_name: Missing(Type.String()),
  min_deposit_amount: Type.String(),
  min_withdrawal_amount: Type.String(),
  withdrawal_fee: Type.String(),
  standard: Missing(Type.String()),
  intents_token_id: Missing(Type.String()),
});
export type PoaToken = Static<typeof PoaToken>;

export const PoaSupportedTokens = Type.Object({ tokens: Type.Array(PoaToken) });
export type PoaSupportedTokens = Static<typeof PoaSupportedTokens>;

export const PoaDepositAddress = Type.Object({
  address: Type.String(),
  chain: Type.String(),
  memo: Missing(Type.String()),
});
export type PoaDepositAddress = Static<typeof PoaDepositAddress>;

/** `tx_hash` is promised for EVM chains only; there is no id of a deposit. */
export const PoaDeposit = Type.Object({
  tx_hash: Missing(Type.String()),
  mint_tx_hash: Missing(Type.String()),
  chain: Type.String(),
  defuse_asset_identifier: Missing(Type.String()),
  near_token_id: Type.String(),
  decimals: Missing(Type.Integer()),
  amount: Units,
  account_id: Type.String(),
  address: Type.String(),
  /** PENDING, CREDITED, COMPLETED or FAILED; both of the middle two count as credited. */
  status: Type.String(),
  created_at: Type.String(),
  from: Missing(Type.String()),
});

export const PoaRecentDeposits = Type.Object({
  deposits: Type.Array(PoaDeposit),
  total: Type.Integer(),
  limit: Type.Integer(),
  offset: Type.Integer(),
});
export type PoaRecentDeposits = Static<typeof PoaRecentDeposits>;

/** What `token` is differs between the documentation and the bridge's own client. */
export const PoaWithdrawalEstimate = Type.Object({
  tokenAddress: Missing(Type.String()),
  userAddress: Missing(Type.String()),
  withdrawalFee: Type.String(),
  withdrawalFeeDecimals: Type.Integer(),
  token: Type.Optional(Type.Unknown()),
});
export type PoaWithdrawalEstimate = Static<typeof PoaWithdrawalEstimate>;

/**
 * One withdrawal; `tx_hash` is the NEAR transaction that burnt, `transfer_tx_hash` the one on the other chain. `address` is that of the
 * token by the documentation, and nobody's word in the client.
 */
export const PoaWithdrawal = Type.Object({
  status: Type.String(),
  data: Type.Object({
    tx_hash: Missing(Type.String()),
    transfer_tx_hash: Missing(Type.String()),
    chain: Missing(Type.String()),
    defuse_asset_identifier: Missing(Type.String()),
    near_token_id: Type.String(),
    decimals: Missing(Type.Integer()),
    amount: Missing(Units),
    account_id: Missing(Type.String()),
    address: Missing(Type.String()),
    created_at: Missing(Type.String()),
    created: Missing(Type.String()),
    withdrawal_fee: Missing(Type.String()),
    withdraw_amount: Missing(Type.String()),
  }),
});

/** `withdrawal_status` answers with one withdrawal (the documentation's form) or with a list (the production client's). */
export const PoaWithdrawalStatus = Type.Union([PoaWithdrawal, Type.Object({ withdrawals: Type.Array(PoaWithdrawal) })]);
export type PoaWithdrawalStatus = Static<typeof PoaWithdrawalStatus>;

export const PoaRecentWithdrawals = Type.Object({ withdrawals: Type.Array(PoaWithdrawal) });
export type PoaRecentWithdrawals = Static<typeof PoaRecentWithdrawals>;

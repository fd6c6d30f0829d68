// What the liquidity-manager is asked for a withdrawal with, and what it answers. Amounts are smallest units as decimal text.

import { type Static, Type } from '@sinclair/typebox';
import { nullable, UnitsText } from '../envelope.ts';
import { ASSET_ID_PATTERN } from '../pair-filter.ts';
import { OpsLiquidityAction } from '../topics/ops-liquidity-action.ts';
import { SignedPayload } from '../wire/intents.ts';
import { ASKED_UNITS_PATTERN, AskedTime } from './asked.ts';
import { described, list, shape, Text } from './shapes.ts';

const PositiveUnits = Type.String({ pattern: ASKED_UNITS_PATTERN });

/** A payload that the account's key has signed, and what is not in its text. */
export const SignedWithdrawal = Type.Object(
  {
    deadline: described(AskedTime, 'of the payload, such as 2026-01-01T00:00:00.000Z'),
    nonce: Type.String({ pattern: '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$', description: '32 bytes in base64' }),
    intent_hash: Type.String({
      pattern: '^[1-9A-HJ-NP-Za-km-z]{32,44}$',
      description: 'NEP-413 hash of the payload in base58',
    }),
    signed_data: SignedPayload,
  },
  { additionalProperties: false },
);
export type SignedWithdrawal = Static<typeof SignedWithdrawal>;

export const WithdrawalBody = Type.Object(
  {
    withdrawal_id: Type.String({
      pattern: '^[A-Za-z0-9-]{8,64}$',
      description: 'unique; a repeat is the same withdrawal',
    }),
    asset: Type.String({ pattern: ASSET_ID_PATTERN, description: 'asset id, such as nep141:btc.omft.near' }),
    amount: described(PositiveUnits, 'smallest units that leave the verifier, fees included'),
    destination: Type.String({ minLength: 1, maxLength: 100, description: 'address on the chain of the asset' }),
    max_fee: described(UnitsText, 'most that the bridge may keep, in smallest units'),
    again: Type.Optional(
      Type.Boolean({ description: 'pay although a withdrawal of the same amount to the same address is not over' }),
    ),
    signed: described(
      nullable(SignedWithdrawal),
      'null: the withdrawal is checked and nothing else; else it is reserved, published and followed',
    ),
  },
  { additionalProperties: false },
);
export type WithdrawalBody = Static<typeof WithdrawalBody>;

/** What a withdrawal costs, as the bridge says now. */
export const WithdrawalQuote = shape({
  fee: described(UnitsText, 'smallest units that the bridge keeps, at most'),
  minimum: described(UnitsText, 'minimum of a withdrawal'),
  arrives: described(UnitsText, 'smallest units that arrive on the other chain, at least'),
});
export type WithdrawalQuote = Static<typeof WithdrawalQuote>;

export const WithdrawalAnswer = shape({
  withdrawal_id: Text,
  quote: WithdrawalQuote,
  action: described(nullable(OpsLiquidityAction), 'null: it was checked and nothing else'),
});
export type WithdrawalAnswer = Static<typeof WithdrawalAnswer>;

export const WithdrawalsView = shape({
  withdrawals: described(list(OpsLiquidityAction), 'the newest 200, newest first'),
});

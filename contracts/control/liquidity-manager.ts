// What the liquidity-manager is asked with, and what it shows of itself at /state. Amounts are smallest units as decimal text, times
// ISO 8601. Nothing in here is spendable but what `credited` names, and that only once the verifier's balance has it.

import { type Static, Type } from '@sinclair/typebox';
import { CHAINS } from '../addresses/address.ts';
import { BRIDGE_TEXT } from '../codes/funding.ts';
import { IsoTime, nullable, oneOf, oneOfCodes, UnitsText } from '../envelope.ts';
import { OpsLiquidityAction } from '../topics/ops-liquidity-action.ts';
import { FundingState } from './funding-state.ts';
import { Count, described, Flag, list, shape, Text } from './shapes.ts';

export const DepositAddressBody = Type.Object(
  {
    chain: described(oneOf(CHAINS), 'the name that the bridges have for the chain'),
    bridge: Type.Optional(
      described(oneOfCodes(BRIDGE_TEXT), 'the bridge that is asked; by default each that serves the chain'),
    ),
  },
  { additionalProperties: false },
);

const DepositAddress = shape({
  liquidity_action_id: Text,
  bridge: oneOfCodes(BRIDGE_TEXT),
  chain: Text,
  address: described(nullable(Text), 'null: the bridge has given none yet'),
  status: described(oneOf(['requested', 'active', 'retired', 'failed']), 'as in ops.liquidity_action'),
  reason_code: nullable(Text),
  detail: Text,
  requested_at: nullable(IsoTime),
});

export const DepositAddresses = list(DepositAddress);
export type DepositAddresses = Static<typeof DepositAddresses>;

export const FreezeView = shape({
  frozen: described(Flag, 'new withdrawals and moves between chains are refused'),
  since: nullable(IsoTime),
  by: described(nullable(Text), 'name of the token'),
});
export type FreezeView = Static<typeof FreezeView>;

const Terms = shape({
  asset_id: Text,
  min_deposit: nullable(UnitsText),
  min_withdrawal: nullable(UnitsText),
  withdrawal_fee: nullable(UnitsText),
});

const BridgeState = shape({
  bridge: oneOfCodes(BRIDGE_TEXT),
  host: Text,
  paused: Flag,
  rounds: described(Count, 'polls since the start'),
  failures: Count,
  failures_in_row: Count,
  last_failure: nullable(Text),
  last_failure_at: nullable(IsoTime),
  last_success_at: nullable(IsoTime),
  unread_reports: described(Count, 'reports of the last poll that could not be read'),
  terms: described(list(Terms), 'as the bridge said last'),
});

export const LiquidityManagerState = shape({
  paused: described(Flag, 'the bridges are not polled'),
  draining: Flag,
  withdrawals: FreezeView,
  bridges: list(BridgeState),
  deposit_addresses: described(DepositAddresses, 'all that were ever given; only `active` ones are to be paid'),
  recent_funding: described(list(OpsLiquidityAction), 'deposits, whatever their state, the newest 50'),
  pending_credits: described(list(OpsLiquidityAction), 'deposits on their way, which are not liquidity; the newest 50'),
  credited_deposits: described(list(OpsLiquidityAction), 'the newest 50'),
  recent_withdrawals: described(list(OpsLiquidityAction), 'the newest 50'),
  rebalance_state: shape({
    frozen: described(Flag, 'a freeze of withdrawals refuses moves between chains as well'),
    under_way: described(
      list(OpsLiquidityAction),
      'both sides of moves between chains, a withdrawal and a deposit with one id; the newest 50',
    ),
  }),
  records: shape({
    waiting: described(Count, 'records that Kafka has not acknowledged'),
    published: described(Count, 'records that Kafka has acknowledged since the start'),
    refused_actions: described(Count, 'actions that were left out since too many are open'),
  }),
  ...FundingState.properties,
});
export type LiquidityManagerState = Static<typeof LiquidityManagerState>;

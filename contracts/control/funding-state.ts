// What the liquidity-manager shows of the chain observers and of what they see. Nothing in here is spendable: it is what is on its way to
// the deposit addresses, before the verifier's balance has it. Amounts are smallest units as decimal text, times ISO 8601.

import { type Static, Type } from '@sinclair/typebox';
import { FUNDING_SOURCE_TEXT, FUNDING_STATUS_TEXT } from '../codes/funding.ts';
import { FUNDING_REASON_TEXT } from '../codes/liquidity.ts';
import { IsoTime, nullable, oneOf, oneOfCodes, UnitsText } from '../envelope.ts';
import { Codes, Count, described, Flag, list, shape, Text } from './shapes.ts';

const FundingObservationView = shape({
  funding_observation_id: Text,
  tx_hash: Text,
  output_index: Count,
  asset_id: Text,
  amount: UnitsText,
  status: oneOfCodes(FUNDING_STATUS_TEXT),
  reason_code: nullable(oneOfCodes(FUNDING_REASON_TEXT)),
  detail: Text,
  confirmations: Count,
  confirmations_required: Count,
  block_height: nullable(Count),
  replaced_by_tx_hash: nullable(Text),
  replaces_tx_hash: nullable(Text),
  bridge_status: nullable(Text),
  credited_amount: nullable(UnitsText),
  bridge_deposit_tx_hash: nullable(Text),
  first_seen_at: IsoTime,
  last_seen_at: IsoTime,
  confirmed_at: nullable(IsoTime),
  credited_at: nullable(IsoTime),
});

const HandleView = shape({
  chain: Text,
  active: described(Flag, 'false: a newer address replaces it'),
  observations: described(list(FundingObservationView), 'The newest 20; the history has all.'),
});

const ObservationLink = shape({
  funding_observation_id: Text,
  tx_hash: Text,
  bridge_deposit_tx_hash: nullable(Text),
  credited_at: IsoTime,
});

const UnmatchedCredit = shape({
  chain: Text,
  funding_handle: Text,
  tx_hash: nullable(Text),
  bridge_deposit_tx_hash: nullable(Text),
  amount: UnitsText,
  bridge_status: Text,
  at: IsoTime,
});

export const FundingObserverState = shape({
  chain: Text,
  source: oneOfCodes(FUNDING_SOURCE_TEXT),
  healthy: Flag,
  reasons: Codes,
  notes: Codes,
  paused: Flag,
  status: described(
    oneOf(['starting', 'current', 'catching_up', 'paused', 'lagging', 'silent']),
    '`lagging`: the nodes answer, from behind; `silent`: none has given a usable answer for too long.',
  ),
  host: described(Text, 'Whom it asks now.'),
  tip_height: described(nullable(Count), 'Height of the chain that the last reading was judged by.'),
  cursor_height: described(nullable(Count), 'Height up to which every block has been read; null: none yet.'),
  lag_blocks: described(nullable(Count), 'Blocks known to exist that are not read yet.'),
  last_reading_at: nullable(IsoTime),
  last_reading_age_ms: described(nullable(Count), 'Since the last usable reading; null: none since the start.'),
  readings: Count,
  requests: Count,
  failures: described(Count, 'Readings that gave nothing usable.'),
  failures_in_row: Count,
  last_failure: nullable(Text),
  last_failure_at: nullable(IsoTime),
  lookups_failing: described(
    list(Text),
    'Transactions without a usable answer when they were looked up last, and why.',
  ),
  addresses: Count,
  followed: described(Count, 'Transfers that are not over.'),
  refused: described(Count, 'Transfers that were not kept because too many are followed.'),
  ignored: described(Count, 'Transfers of nothing, and those that could not be read.'),
  records_waiting: described(Count, 'Records that are not published yet.'),
});
export type FundingObserverState = Static<typeof FundingObserverState>;

/** The fields of /state that the observers fill, over all chains. */
export const FundingState = shape({
  funding_observations_by_handle: Type.Record(Text, HandleView),
  latest_funding_observation_at: described(nullable(IsoTime), 'When an observation changed last.'),
  uncredited_funding_total_by_asset: described(
    Type.Record(Text, UnitsText),
    'Seen on a chain and not credited: on its way, never spendable.',
  ),
  credit_correlation: shape({
    credited: described(Count, 'Transfers that are kept and that a bridge has credited.'),
    waiting: described(Count, 'Transfers that are confirmed and not credited.'),
    latest: nullable(ObservationLink),
    unmatched_credits: described(list(UnmatchedCredit), 'Reports of a bridge for which no chain shows a transfer.'),
  }),
  funding_observers: list(FundingObserverState),
});
export type FundingState = Static<typeof FundingState>;

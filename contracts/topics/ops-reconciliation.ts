// ops.reconciliation: what a comparison of the venue with the records found. A `run` record ends every comparison, so that its absence
// shows that none is made; a `finding` record is one change of one difference, distinguished by `finding_seq` from 1. Findings that
// are open are published again by each run that still finds them.

import { type Static, Type } from '@sinclair/typebox';
import { FINDING_TEXT, RECONCILIATION_KIND_TEXT, RECONCILIATION_KINDS } from '../codes/findings.ts';
import { AssetText, IsoTime, Millis, nullable, oneOf, oneOfCodes, ShortText, SignedUnitsText } from '../envelope.ts';
import { TRADE_STATES } from '../reasons.ts';

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Value = Type.String({ maxLength: 1000 });

export const OpsReconciliation = Type.Object(
  {
    reconciliation_id: { ...ShortText, description: 'the run' },
    account_id: ShortText,
    kind: oneOfCodes(RECONCILIATION_KIND_TEXT),
    status: oneOfCodes({ ...RECONCILIATION_KINDS.run, ...RECONCILIATION_KINDS.finding }),
    detail: Type.String({ maxLength: 2000, description: 'a sentence with the numbers; may be empty' }),
    started_at: { ...IsoTime, description: 'when the run began' },
    at: IsoTime,
    duration_ms: nullable({ ...Millis, description: 'of the run; null: a finding' }),
    compared_from: nullable({
      ...IsoTime,
      description: 'beginning of the records that were compared; null: all, or a finding',
    }),
    compared: nullable({ ...Count, description: 'records and balances that were compared; null: a finding' }),
    open_findings: nullable({ ...Count, description: 'findings that are open after the run; null: a finding' }),
    block_height: nullable({ ...Count, description: 'final block at which the venue was read; null: not read' }),
    finding_id: nullable({ ...ShortText, description: 'the same for as long as the difference lasts; null: a run' }),
    finding_seq: nullable(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    finding_code: nullable(oneOfCodes(FINDING_TEXT)),
    first_found_at: nullable(IsoTime),
    resolved_at: nullable(IsoTime),
    asset_id: nullable(AssetText),
    quote_id: nullable(ShortText),
    command_id: nullable(Type.String({ minLength: 1, maxLength: 160 })),
    nonce: nullable(ShortText),
    tx_hash: nullable(ShortText),
    liquidity_action_id: nullable(ShortText),
    recorded: nullable({ ...Value, description: 'what the records say' }),
    observed: nullable({ ...Value, description: 'what the venue shows' }),
    difference: nullable({ ...SignedUnitsText, description: 'smallest units: observed less recorded' }),
    proposed_status: nullable({
      ...oneOf(TRADE_STATES),
      description: 'state of the trade that the venue shows; the engine verifies it itself before it records anything',
    }),
  },
  { additionalProperties: false },
);
export type OpsReconciliation = Static<typeof OpsReconciliation>;

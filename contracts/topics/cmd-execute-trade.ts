// cmd.execute_trade: an actionable decision, handed from the strategy to the executor. Amounts are the ones to be signed.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, Millis, UnitsText } from '../envelope.ts';
import { RecordedMode } from '../executor-mode.ts';

export const CmdExecuteTrade = Type.Object(
  {
    command_id: Type.String(),
    idempotency_key: Type.String(),
    execution_key: Type.String(),
    quote_id: Type.String(),
    decision_id: Type.String(),
    asset_in: Type.String(),
    asset_out: Type.String(),
    amount_in: UnitsText,
    amount_out: UnitsText,
    min_deadline_ms: Millis,
    reason: Type.String({ description: 'the reason of the decision, as a sentence' }),
    issued_at: IsoTime,
    mode: Type.Optional(RecordedMode),
  },
  { additionalProperties: false },
);
export type CmdExecuteTrade = Static<typeof CmdExecuteTrade>;

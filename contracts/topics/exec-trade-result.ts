// exec.trade_result: one transition of one attempt, distinguished by `transition_seq` from 1. Carries what was signed (message
// and hash, never the signature) and what came back.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, Millis, nullable, oneOf, SignedUnitsText, UnitsText } from '../envelope.ts';
import { RecordedMode } from '../executor-mode.ts';
import { RESULT_CODES, TRADE_STATES } from '../reasons.ts';

export const SettlementFacts = Type.Object(
  {
    tx_hash: nullable(Type.String()),
    intent_hash: nullable(Type.String({ description: "hash of the requester's published intent" })),
    block_height: Type.Integer(),
    block_time: IsoTime,
    balance_change: Type.Record(Type.String(), SignedUnitsText, {
      description:
        'smallest units by asset: the share of the balance change that is attributed to this record, so that a sum over records counts no change twice; empty: none',
    }),
    candidates: Type.Array(Type.String(), {
      description: 'quote ids that could explain the balance change, where there are several',
    }),
    shared_with: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'quote ids that settled with the same balance change, which is attributed to the record of one of them; absent before 0.2',
      }),
    ),
  },
  { additionalProperties: false },
);
export type SettlementFacts = Static<typeof SettlementFacts>;

export const ExecTradeResult = Type.Object(
  {
    command_id: Type.String(),
    idempotency_key: Type.String(),
    execution_key: Type.String(),
    quote_id: Type.String(),
    decision_id: Type.String(),
    execution_id: Type.String(),
    transition_seq: Type.Integer({ minimum: 1 }),
    previous_status: oneOf(TRADE_STATES),
    status: oneOf(TRADE_STATES),
    result_code: oneOf(RESULT_CODES),
    note: Type.String(),
    recovered: Type.Boolean(),
    asset_in: Type.String(),
    asset_out: Type.String(),
    amount_in: UnitsText,
    amount_out: UnitsText,
    quote_hash: nullable(Type.String()),
    lane: nullable(Type.Integer()),
    nonce: nullable(Type.String()),
    deadline: nullable(IsoTime),
    signed_message: nullable(Type.String()),
    public_key: nullable(Type.String()),
    at: IsoTime,
    since_received_us: nullable(
      Type.Integer({ description: 'time since the arrival of the request, in microseconds' }),
    ),
    reply_after_ms: nullable(Millis),
    venue_reply: nullable(
      Type.String({
        description: 'text of the frame that caused this transition; cut after 64 KiB, with a note at its end',
      }),
    ),
    settlement: nullable(SettlementFacts),
    mode: Type.Optional(RecordedMode),
  },
  { additionalProperties: false },
);
export type ExecTradeResult = Static<typeof ExecTradeResult>;

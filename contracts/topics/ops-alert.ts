// ops.alert: an alert was raised or cleared. An alert is one code, account and subject; an episode of it reaches from a raise to the
// next clear. Within an episode, a change of severity or reason is a further `raised` record. The times:
//
// - `condition_since`: when the condition was first found to hold in this episode, before the pending time of its rule.
// - `first_raised_at`: when this episode was raised first. Every record of the episode has it, also after a restart.
// - `raised_at`: when the severity and reason of this record were raised; equal to `first_raised_at` in the first record.
// - `cleared_at`: when the episode ended; null while it lasts.
// - `last_evaluated_at`: the evaluation that led to this record.

import { type Static, Type } from '@sinclair/typebox';
import { ALERT_CAUSE_TEXT, ALERT_SEVERITY_TEXT, ALERT_STATUS_TEXT, ALERT_TEXT } from '../codes/alerts.ts';
import { AssetText, IsoTime, nullable, oneOfCodes, ShortText } from '../envelope.ts';

/** Places in a record for what a rule has evaluated, and for ids; no rule has a tenth of them. */
const ENTRIES_MAX = 64;

const Scalar = Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean(), Type.Null()]);

export const OpsAlert = Type.Object(
  {
    alert_event_id: { ...ShortText, description: 'id of this transition' },
    alert_key: Type.String({ minLength: 1, maxLength: 512, description: '`alert_code:account_id:subject`' }),
    alert_code: oneOfCodes(ALERT_TEXT),
    account_id: Type.String({ maxLength: 128, description: 'empty: of no single account' }),
    subject: Type.String({
      maxLength: 256,
      description: 'what of several it is about: an observation, an action, a service, a topic; empty: there is one',
    }),
    status: oneOfCodes(ALERT_STATUS_TEXT),
    cause: oneOfCodes(ALERT_CAUSE_TEXT),
    severity: oneOfCodes(ALERT_SEVERITY_TEXT),
    reason: Type.String({ minLength: 1, maxLength: 2000, description: 'a sentence with the numbers that led to it' }),
    service_scope: { ...ShortText, description: 'process it is about, with its part: engine.reference' },
    pair: nullable(ShortText),
    asset_id: nullable(AssetText),
    tx_hash: nullable(ShortText),
    correlation_ids: Type.Record(ShortText, Type.String({ maxLength: 256 }), {
      maxProperties: ENTRIES_MAX,
      description: 'by name: quote_id, command_id, liquidity_action_id, funding_observation_id, ...',
    }),
    runbook: { ...ShortText, description: 'path of the instructions, in the repository' },
    condition_since: IsoTime,
    first_raised_at: IsoTime,
    raised_at: IsoTime,
    cleared_at: nullable(IsoTime),
    last_evaluated_at: IsoTime,
    details: Type.Record(ShortText, Scalar, {
      maxProperties: ENTRIES_MAX,
      description: 'values that the rule has evaluated, and its windows',
    }),
  },
  { additionalProperties: false },
);
export type OpsAlert = Static<typeof OpsAlert>;

// What the ops-sentinel tells about itself at /state and /alerts: what is raised, what was cleared lately, and when each rule was
// evaluated last.

import type { Static } from '@sinclair/typebox';
import { ALERT_CAUSE_TEXT, ALERT_CODES, ALERT_SEVERITY_TEXT } from '../codes/alerts.ts';
import { IsoTime, nullable, oneOf, oneOfCodes } from '../envelope.ts';
import { OpsAlert } from '../topics/ops-alert.ts';
import { Count, Counts, described, Flag, list, shape, Text } from './shapes.ts';

const Alert = {
  alert_key: Text,
  alert_code: oneOf(ALERT_CODES),
  subject: described(Text, 'Which of several it is about; empty: there is one.'),
  severity: oneOfCodes(ALERT_SEVERITY_TEXT),
  cause: oneOfCodes(ALERT_CAUSE_TEXT),
  reason: described(Text, 'As found at the last evaluation.'),
  service_scope: Text,
  correlation_ids: OpsAlert.properties.correlation_ids,
  details: OpsAlert.properties.details,
  runbook: described(Text, 'Path of the instructions, in the repository.'),
  condition_since: IsoTime,
  last_evaluated_at: IsoTime,
};

const ActiveAlert = shape({
  ...Alert,
  phase: described(oneOf(['raised', 'recovering']), '`recovering`: the condition is absent, not for long enough yet.'),
  unknown: described(Flag, 'At the last evaluation it was not known whether the condition holds.'),
  first_raised_at: IsoTime,
  raised_at: IsoTime,
});
export type ActiveAlert = Static<typeof ActiveAlert>;

const PendingAlert = shape({
  ...Alert,
  pending_for_ms: described(Count, 'Since the condition was found.'),
  pending_ms: described(Count, 'How long it has to hold.'),
});
export type PendingAlert = Static<typeof PendingAlert>;

const RuleState = shape({
  alert_code: oneOf(ALERT_CODES),
  severity: oneOfCodes(ALERT_SEVERITY_TEXT),
  meaning: Text,
  subject: described(Text, 'By what its alerts differ; empty: there is one.'),
  reads: described(list(Text), 'Topics.'),
  pending_ms: Count,
  keep_ms: Count,
  outcome: described(
    oneOf(['not_evaluated', 'evaluated', 'no_data', 'failed']),
    '`no_data`: nothing was known, so that its alerts neither began nor ended.',
  ),
  last_evaluated_at: nullable(IsoTime),
  raised: Count,
  pending: Count,
});

export const AlertsBody = shape({
  paused: described(Flag, 'Nothing is evaluated, so that nothing is raised or cleared.'),
  last_evaluated_at: nullable(IsoTime),
  active: list(ActiveAlert),
  pending: list(PendingAlert),
  cleared: described(list(OpsAlert), 'The newest 100, the last one first.'),
  rules: list(RuleState),
});
export type AlertsBody = Static<typeof AlertsBody>;

const Receiver = described(
  nullable(shape({ delivered: Count, failed: Count, failures_in_row: Count, problem: nullable(Text) })),
  'null: not configured.',
);

export const OpsSentinelState = shape({
  paused: Flag,
  draining: Flag,
  others: described(list(Text), 'Instances of other ops-sentinels of the account that run now; there should be none.'),
  last_evaluated_at: nullable(IsoTime),
  blind_ms: described(nullable(Count), 'For how long nothing could be read; null: what is known is of now.'),
  active: described(Counts, 'Alerts that are raised, by severity.'),
  pending: Count,
  raised_since_start: Count,
  cleared_since_start: Count,
  unsent: described(shape({ kafka: Count, webhook: Count, dropped: Count }), 'Records that were not handed over yet.'),
  state_file: described(shape({ problem: nullable(Text) }), 'null: it was written the last time.'),
  alertmanager: Receiver,
  webhook: Receiver,
  topics: list(
    shape({
      topic: Text,
      records: described(Counts, 'Since the start: taken, of another account, or refused, by reason.'),
      last_read_at: IsoTime,
    }),
  ),
});
export type OpsSentinelState = Static<typeof OpsSentinelState>;

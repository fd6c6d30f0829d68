// What the websocket /events carries: one JSON object a message. No signature is in any of it.

import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { DIRECTIONS } from '../assets.ts';
import { DecimalText, IsoTime, nullable, oneOf, UnitsText } from '../envelope.ts';
import { EXECUTOR_MODES } from '../executor-mode.ts';
import { DECISION_REASONS, RESULT_CODES, STOP_CODES, TRADE_STATES } from '../reasons.ts';
import { OpsControlAction } from '../topics/ops-control-action.ts';
import { Codes, Count, described, Flag, shape, Text } from './shapes.ts';

const event = <const Name extends string, Fields extends TProperties>(type: Name, fields: Fields) =>
  shape({ type: Type.Literal(type), at: IsoTime, ...fields });

const Decision = event('decision', {
  quote_id: Text,
  direction: nullable(oneOf(DIRECTIONS)),
  decision: oneOf(['accepted', 'rejected']),
  reason: oneOf(DECISION_REASONS),
  amount_in: nullable(UnitsText),
  amount_out: nullable(UnitsText),
  gross_edge_pct: nullable(DecimalText),
  decide_us: Count,
  mode: described(oneOf(EXECUTOR_MODES), 'shadow: nothing is signed and nothing sent.'),
  lane: described(nullable(Count), 'Lane of the answer, or of the one that shadow mode did not sign; else null.'),
  quote_hash: described(nullable(Text), 'null when nothing was signed.'),
  answered_after_us: nullable(Count),
  refusal: described(nullable(oneOf(RESULT_CODES)), 'Why the executor did not sign an accepted decision.'),
});

const Result = event('result', {
  quote_id: Text,
  command_id: Text,
  transition_seq: Count,
  from: oneOf(TRADE_STATES),
  state: oneOf(TRADE_STATES),
  result_code: oneOf(RESULT_CODES),
  note: Text,
  recovered: Flag,
  reply_after_ms: nullable(Count),
  tx_hash: nullable(Text),
});

const Action = event('action', { action: OpsControlAction });
const Health = event('health', { healthy: Flag, reasons: Codes, notes: Codes });
const Stopped = event('stopped', {
  code: described(oneOf(STOP_CODES), 'Why the engine disarmed its executor.'),
  detail: Text,
});

/** What a process makes events of. */
const EVENT_VALUES = [Decision, Result, Action, Health, Stopped] as const;
export type EventValue = Static<(typeof EVENT_VALUES)[number]>;

const Hello = event('hello', { service: Text, actor: described(Text, 'name of the token'), heartbeat_ms: Count });
const Heartbeat = event('heartbeat', {
  events: described(Count, 'number of events that this connection was sent'),
  process_silent_ms: described(Count, 'time since the main loop of the process was last heard of'),
});
const Dropped = event('dropped', { count: described(Count, 'events that were lost: there were too many at once') });

export const EventMessage = Type.Union([...EVENT_VALUES, Hello, Heartbeat, Dropped]);
export type EventMessage = Static<typeof EventMessage>;

export const TicketBody = shape({
  ticket: described(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }), '256 bits; for /events?ticket=, once'),
  expires_in_ms: Count,
});

// The bodies that every control API answers with, whatever its process: described in OpenAPI by these very schemas.

import { type TSchema, Type } from '@sinclair/typebox';
import { INTERNAL_FIELDS } from '../../control/internal-health.ts';
import { Codes, Count, described, Flag, list, shape, Text } from '../../control/shapes.ts';
import { IsoTime, nullable, oneOf } from '../../envelope.ts';
import { SERVICES } from '../../topics/ops-control-action.ts';
import { REFUSAL_KINDS, type RefusalKind } from './message.ts';

export const LivezBody = shape({ alive: Type.Literal(true) });

export const PartHealthBody = shape({
  healthy: Flag,
  reasons: described(Codes, 'codes of the faults; empty when healthy'),
  notes: described(Codes, 'codes of what is no fault but worth knowing, such as disarmed or paused'),
});

export const HealthBody = shape({
  ...PartHealthBody.properties,
  trading: Type.Optional(described(Flag, 'engine only: whether a small request received now would be answered')),
  not_trading: Type.Optional(described(Codes, 'codes of the reasons why not; empty when trading')),
  since: Type.Optional(described(IsoTime, 'when the health last changed; on a loopback address only')),
});

const Milliseconds = Type.Number({ minimum: 0 });
const refused = Object.fromEntries(REFUSAL_KINDS.map((kind) => [kind, Count])) as Record<RefusalKind, typeof Count>;

export const InternalHealthBody = shape({
  service: oneOf(SERVICES),
  healthy: Flag,
  since: IsoTime,
  reasons: Codes,
  notes: Codes,
  parts: Type.Record(Type.String(), PartHealthBody),
  loop_delay: shape({ p50_ms: Milliseconds, p99_ms: Milliseconds, max_ms: Milliseconds, samples: Count }),
  control: shape({
    failed_tokens: Count,
    refused: described(nullable(shape(refused)), 'requests refused before they reached a route, by kind'),
  }),
  ...INTERNAL_FIELDS,
});

/** RFC 9457. Some problems have more members: until when, which findings. */
export const ProblemBody = Type.Object(
  {
    type: Type.String({ pattern: '^urn:unrip:problem:[a-z]+(-[a-z]+)*$' }),
    title: Text,
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: described(Text, 'what was wrong, and how to correct it'),
    errors: Type.Optional(list(shape({ field: described(Text, 'JSON pointer into the body'), problem: Text }))),
    until: Type.Optional(described(IsoTime, 'time from which the call can succeed')),
    findings: Type.Optional(described(list(Text), 'contradictions that recovery found in the journal')),
  },
  { additionalProperties: false },
);

export const OpenApiBody = Type.Object({
  openapi: Type.Literal('3.1.0'),
  info: Type.Record(Type.String(), Type.Unknown()),
  paths: Type.Record(Type.String(), Type.Unknown()),
});

/** What an action that was done answers with. */
export const doneBody = (route: {
  readonly part: string;
  readonly action: string;
  readonly from: TSchema;
  readonly to: TSchema;
}) =>
  shape({
    part: Type.Literal(route.part),
    action: Type.Literal(route.action),
    from: described(route.from, 'what it was'),
    to: described(route.to, 'what it is now'),
    note: Type.Optional(Text),
  });

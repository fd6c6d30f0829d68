// ops.service_health: at each change and every five seconds, from every process.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, Millis, nullable, oneOf } from '../envelope.ts';
import { SERVICES } from './ops-control-action.ts';

export const OpsServiceHealth = Type.Object(
  {
    service: oneOf(SERVICES),
    instance_id: Type.String(),
    healthy: Type.Boolean(),
    reasons: Type.Array(Type.String()),
    notes: Type.Array(Type.String(), {
      description: 'codes of what is no fault but worth knowing, such as disarmed or paused',
    }),
    since: IsoTime,
    started_at: IsoTime,
    at: IsoTime,
    version: Type.String(),
    writing: nullable(Type.Boolean({ description: 'history-writer only: rows are being written' })),
    lag_ms: nullable(Millis),
    parts: Type.Record(
      Type.String(),
      Type.Object({ healthy: Type.Boolean(), reasons: Type.Array(Type.String()) }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
);
export type OpsServiceHealth = Static<typeof OpsServiceHealth>;

// ops.control_action: who changed what on a control route, when, from what to what, refused attempts included.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, oneOf } from '../envelope.ts';

export const SERVICES = ['engine', 'history-writer', 'liquidity-manager', 'ops-sentinel', 'reconciler'] as const;
export type ServiceName = (typeof SERVICES)[number];

export const OpsControlAction = Type.Object(
  {
    action_id: Type.String(),
    service: oneOf(SERVICES),
    part: Type.String({ description: 'strategy, executor, ingest, ...; the service itself for routes at its root' }),
    action: Type.String(),
    actor: Type.String({ description: 'name of the token that was used, never the token itself' }),
    remote: Type.String(),
    from: Type.Unknown(),
    to: Type.Unknown(),
    outcome: oneOf(['done', 'refused'] as const),
    http_status: Type.Integer(),
    note: Type.String(),
    at: IsoTime,
  },
  { additionalProperties: false },
);
export type OpsControlAction = Static<typeof OpsControlAction>;

// dlq.unrip: a message that could not be taken, with what it was and why, so that nothing is swallowed.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, nullable, oneOf } from '../envelope.ts';
import { DEAD_LETTER_REASONS } from '../reasons.ts';

export const DlqUnrip = Type.Object(
  {
    service: Type.String(),
    origin: Type.String({ description: 'the topic, or `relay` for a frame' }),
    partition: nullable(Type.Integer()),
    offset: nullable(Type.String()),
    key: nullable(Type.String()),
    reason: oneOf(DEAD_LETTER_REASONS),
    detail: Type.String(),
    value: nullable(Type.String({ description: 'text of the message; cut after 64 KiB, with a note at its end' })),
    value_bytes: Type.Integer(),
    at: IsoTime,
  },
  { additionalProperties: false },
);
export type DlqUnrip = Static<typeof DlqUnrip>;

// Withdrawing live quotes: what the calls take, and what the engine tells of the pulls that are under way and of the last ones.

import { type Static, Type } from '@sinclair/typebox';
import { DecimalText, IsoTime, nullable, oneOf } from '../envelope.ts';
import { PULL_CAUSES } from '../reasons.ts';
import { Count, Counts, described, Flag, list, shape, Text } from './shapes.ts';

const closed = { additionalProperties: false } as const;

export const PullBody = Type.Object(
  {
    asset: Type.Optional(
      Type.Union([Type.Literal('BTC'), Type.Literal('EURe')], {
        description: 'only quotes that pay this asset; absent: all quotes',
      }),
    ),
  },
  closed,
);
export type PullBody = Static<typeof PullBody>;

export const DisarmExecutorBody = Type.Object(
  {
    pull: Type.Optional(
      Type.Boolean({
        description: 'true: also withdraws all live quotes, which could settle until their deadline otherwise',
      }),
    ),
  },
  closed,
);

/** One lane whose quotes are being withdrawn. */
const PulledLane = shape({ asset: Text, lane: Count, nonce: Text, live_quotes: Count });

/** What a call came to. */
export const PullAnswer = shape({
  begun: described(list(PulledLane), 'Lanes whose quotes are withdrawn by this call; empty: nothing could settle.'),
  under_way: described(Count, 'Lanes of which that was begun before.'),
});
export type PullAnswer = Static<typeof PullAnswer>;

const LastSend = shape({
  result: described(
    oneOf(['taken', 'refused', 'unknown']),
    'What the venue answered; `unknown`: no answer that tells.',
  ),
  reason: Text,
  detail: Text,
  at: IsoTime,
});

const PULL_FIELDS = {
  asset: Text,
  lane: Count,
  nonce: Text,
  cause: oneOf(PULL_CAUSES),
  detail: described(Text, 'Who asked for it, or the figures that led to it.'),
  began_at: IsoTime,
  sends: described(Count, 'Times that the payload was sent since the start of the process.'),
  last_send: nullable(LastSend),
};

export const PullsState = shape({
  via: oneOf(['relay', 'near']),
  distance_pct: described(
    DecimalText,
    'Adverse move of the fair price that withdraws the quotes of a lane; 0: none does.',
  ),
  under_way: described(
    list(
      shape({
        ...PULL_FIELDS,
        live_quotes: Count,
        used: described(Flag, 'A final block shows the nonce used; only who used it is not known yet.'),
        failing: described(Flag, 'Sent several times, and the nonce is still unused.'),
      }),
    ),
    'Lanes whose quotes are being withdrawn. Their capital stays reserved until a final block shows the nonce used.',
  ),
  recent: described(
    list(
      shape({
        ...PULL_FIELDS,
        outcome: described(
          oneOf(['pulled', 'settled', 'burned', 'unattributed', 'expired', 'not_sent']),
          '`settled`: a quote was settled first; `burned`: a payload that is not known used the nonce; `expired`: every quote was over before; `not_sent`: the journal failed before the pull was on record, and the quotes are live until their deadlines.',
        ),
        pulled_quotes: Count,
        ended_at: IsoTime,
      }),
    ),
    'The last ones that ended since the start, at most 20, newest first.',
  ),
  begun_by_cause: Counts,
});
export type PullsState = Static<typeof PullsState>;

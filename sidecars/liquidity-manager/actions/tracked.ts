// What is kept of one treasury action: its newest record, which is what was published of it, and what a record does not have. Pure.

import { type Static, Type } from '@sinclair/typebox';
import { described } from '../../../contracts/control/shapes.ts';
import { SignedWithdrawal } from '../../../contracts/control/withdrawals.ts';
import { nullable, UnitsText } from '../../../contracts/envelope.ts';
import { isoTime } from '../../../contracts/time.ts';
import { LIQUIDITY_ACTION_ENDS, OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';

export type Action = OpsLiquidityAction;
export type Kind = Action['kind'];
export type Status = Action['status'];

const Notes = Type.Object(
  {
    credit_id: Type.Optional(
      nullable(Type.String({ maxLength: 1024, description: 'of the report of the bridge that this deposit is' })),
    ),
    signed: Type.Optional(
      described(nullable(SignedWithdrawal), 'of a withdrawal, until it is known to have been executed or never to be'),
    ),
    output_index: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        description: 'of a deposit, which output of its transaction it is',
      }),
    ),
    reported_at_ms: Type.Optional(
      Type.Integer({ description: 'of a deposit that the bridge reported first, when the bridge says that it began' }),
    ),
    earliest_report_ms: Type.Optional(
      Type.Integer({
        description:
          'of a deposit that was seen on its chain first: a report of the bridge from before is about another one',
      }),
    ),
    is_reserved: Type.Optional(Type.Boolean()),
    is_published: Type.Optional(Type.Boolean()),
    max_fee: Type.Optional(
      described(
        nullable(UnitsText),
        'of a withdrawal, most that the bridge may keep, until its fee was held against that before the first publication',
      ),
    ),
    waited_ms: Type.Integer({ minimum: 0, description: 'for the next step, over all runs of the process' }),
  },
  { additionalProperties: true },
);
export type Notes = Static<typeof Notes>;

export const Tracked = Type.Object({ action: OpsLiquidityAction, notes: Notes });
export type Tracked = Static<typeof Tracked>;

export const isOver = ({ kind, status }: Pick<Action, 'kind' | 'status'>): boolean =>
  LIQUIDITY_ACTION_ENDS[kind].includes(status);

/** An expected deposit of which neither a chain nor the bridge has shown anything: it may be late by now, which is no sign of it. */
export const isUnseen = ({ first_seen_at, funding_observation_id, bridge_status }: Action): boolean =>
  first_seen_at === null && funding_observation_id === null && bridge_status === null;

/** A move between chains is a withdrawal and a deposit of one id. */
export const keyOf = ({ kind, liquidity_action_id: id }: Pick<Action, 'kind' | 'liquidity_action_id'>): string =>
  `${kind}:${id}`;

/** The same for the same parts, so that what is seen again after the state was lost is known for what it is. */
export function actionId(...parts: readonly string[]): string {
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify(parts)).digest('hex');
  return `liq-${hash.slice(0, 32)}`;
}

const EMPTY: Omit<Action, 'liquidity_action_id' | 'account_id' | 'kind' | 'status' | 'bridge' | 'chain' | 'at'> = {
  transition_seq: 1,
  rebalance: false,
  previous_status: null,
  reason_code: null,
  detail: '',
  bridge_status: null,
  asset_id: null,
  funding_handle: null,
  external_wallet: null,
  destination: null,
  amount: null,
  credited_amount: null,
  fee: null,
  tx_hash: null,
  near_tx_hash: null,
  intent_hash: null,
  reservation_id: null,
  funding_observation_id: null,
  confirmations: null,
  confirmations_required: null,
  requested_at: null,
  first_seen_at: null,
  credited_at: null,
  completed_at: null,
};

type Born = Pick<Action, 'liquidity_action_id' | 'account_id' | 'kind' | 'status' | 'bridge' | 'chain'>;

/** Of a record: a longer one would be refused by every reader, and by the next start of this process. */
const DETAIL_CHARS_MAX = 2_000;

/** What others say in it may be as long as they like. */
const fitting = <Facts extends { readonly detail?: string | undefined }>(facts: Facts): Facts =>
  (facts.detail?.length ?? 0) > DETAIL_CHARS_MAX
    ? { ...facts, detail: facts.detail?.slice(0, DETAIL_CHARS_MAX) }
    : facts;

/** The first record of an action. */
export function begun(facts: Born & Partial<Action>, nowMs: number, notes: Partial<Notes> = {}): Tracked {
  return { action: { ...EMPTY, ...fitting(facts), at: isoTime(nowMs) }, notes: { waited_ms: 0, ...notes } };
}

type Moved = Partial<Omit<Action, 'transition_seq' | 'previous_status' | 'at'>>;

/** The next record of an action; the same object when nothing of it changes, of which there is no record then. */
export function moved(tracked: Tracked, given: Moved, nowMs: number): Tracked {
  const { action, notes } = tracked;
  const changes = fitting(given);
  const isSame = (Object.keys(changes) as (keyof Moved)[]).every((key) => changes[key] === action[key]);
  if (isSame) return tracked;
  const isNext = changes.status !== undefined && changes.status !== action.status;
  return {
    action: {
      ...action,
      ...changes,
      previous_status: action.status,
      transition_seq: action.transition_seq + 1,
      at: isoTime(nowMs),
    },
    notes: isNext ? { ...notes, waited_ms: 0 } : notes,
  };
}

/** Published again as it is, as the topic asks of what is not over. */
export const repeated = ({ action, notes }: Tracked, nowMs: number): Tracked => ({
  action: {
    ...action,
    previous_status: action.status,
    transition_seq: action.transition_seq + 1,
    at: isoTime(nowMs),
  },
  notes,
});

/** The same object when nothing changes: who goes on as long as something changes must come to an end. */
export function noted(tracked: Tracked, changes: Partial<Notes>): Tracked {
  const { action, notes } = tracked;
  const isSame = (Object.keys(changes) as (keyof Notes)[]).every((key) => changes[key] === notes[key]);
  return isSame ? tracked : { action, notes: { ...notes, ...changes } };
}

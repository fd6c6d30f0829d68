// Bodies that the engine's control routes take. Their answers are in engine-state.ts.

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ENGINE_VARIABLES } from '../config/engine.ts';
import type { DecimalVariable } from '../config/shapes.ts';
import { oneOf } from '../envelope.ts';
import { EXECUTOR_MODES, type ExecutorMode } from '../executor-mode.ts';
import { ASSET_ID_PATTERN, PAIRS_MAX, type PairFilterSetting } from '../pair-filter.ts';
import { exactlyOne } from './shapes.ts';

const closed = { additionalProperties: false } as const;

/** Longest time that an arming may be asked for: a week. */
export const ARM_MINUTES_MAX = 10_080;
/** Most trades that an arming may end with. */
export const ARM_TRADES_MAX = 1_000_000;

/** Of an end at 0 EUR nothing could be quoted: it would take the place of an arming that trades, and be called armed. */
const ABOVE_ZERO = '^(?=.*[1-9])';

/** What an operator vouches for when the executor is armed; on record with the arming. */
export const Vouched = {
  accept_recovery_findings: Type.Optional(
    Type.Boolean({
      description: 'executor only: true confirms that you have checked the recovery_findings of /executor/state',
    }),
  ),
  fresh_account: Type.Optional(
    Type.Boolean({
      description:
        'executor only: true confirms that no quote signed under an older journal of this account can still settle',
    }),
  ),
};

const ArmFields = Type.Object(
  {
    for_minutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: ARM_MINUTES_MAX,
        description: `whole minutes after which it disarms by itself, 1 to ${ARM_MINUTES_MAX}`,
      }),
    ),
    forever: Type.Optional(
      Type.Literal(true, { description: 'true: armed until it is disarmed; instead of for_minutes' }),
    ),
    max_eur: Type.Optional(
      Type.String({
        pattern: ENGINE_VARIABLES.breakerDayE18.pattern.replace('^', ABOVE_ZERO),
        description: `value in EUR, above 0, after which it disarms by itself, or below it when too little is left for a quote, in addition: ${ENGINE_VARIABLES.breakerDayE18.shape}`,
      }),
    ),
    max_trades: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: ARM_TRADES_MAX,
        description: `number of settled quotes after which it disarms by itself, in addition, 1 to ${ARM_TRADES_MAX}`,
      }),
    ),
    ...Vouched,
  },
  closed,
);
/** An arming without an end is asked for by name. */
export const ArmBody = exactlyOne(
  ArmFields,
  ['for_minutes', 'forever'],
  'either {"for_minutes":60} or {"forever":true}',
);
export type ArmBody = Static<typeof ArmBody>;

export const RefreshInventoryBody = Type.Object(
  {
    accept_new_chain: Type.Optional(
      Type.Boolean({
        description:
          'true: if the chain is at an older block than the newest recorded balance, discards the recorded balances, nonces and quotes and accepts the next balance; refused while a quote can still settle',
      }),
    ),
  },
  closed,
);

const AssetText = Type.String({ pattern: ASSET_ID_PATTERN, description: 'asset id, such as nep141:btc.omft.near' });

export const PairFilterBody = Type.Object(
  {
    enabled: Type.Boolean({ description: 'false: requests of every pair are kept' }),
    pairs: Type.Array(
      Type.Object({ asset_in: AssetText, asset_out: AssetText }, { ...closed, description: 'one direction' }),
      { maxItems: PAIRS_MAX, description: `at most ${PAIRS_MAX} directions that pass` },
    ),
  },
  closed,
);
export type PairFilterBody = Static<typeof PairFilterBody>;

export const pairFilterBody = ({ enabled, pairs }: PairFilterSetting): PairFilterBody => ({
  enabled,
  pairs: pairs.map(({ assetIn, assetOut }) => ({ asset_in: assetIn, asset_out: assetOut })),
});

export const pairFilterSetting = ({ enabled, pairs }: PairFilterBody): PairFilterSetting => ({
  enabled,
  pairs: pairs.map(({ asset_in, asset_out }) => ({ assetIn: asset_in, assetOut: asset_out })),
});

/** A value that should be a body; null: it is none. */
export const readPairFilter = (value: unknown): PairFilterSetting | null =>
  Value.Check(PairFilterBody, value) ? pairFilterSetting(value) : null;

/** Names of the actions in records: a restart finds the filter in them again. */
export const PAIR_FILTER_ACTIONS = { set: 'pair-filter', reset: 'pair-filter-reset' } as const;

/** The text of a setting that can be configured too. */
const settingText = ({ pattern, shape }: DecimalVariable) => Type.String({ pattern, description: shape });

export const ThresholdBody = Type.Object({ min_edge_pct: settingText(ENGINE_VARIABLES.minEdgePctE4) }, closed);

export const ModeBody = Type.Object(
  { mode: Type.Unsafe<ExecutorMode>({ ...oneOf(EXECUTOR_MODES), description: 'live or shadow' }) },
  closed,
);

export const LimitsBody = Type.Object({ max_notional_eur: settingText(ENGINE_VARIABLES.maxNotionalEurE18) }, closed);

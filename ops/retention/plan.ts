// Which partitions of the history are old enough to be dropped, and which are kept all the same. Pure.

import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';

export type Partition = {
  readonly table: string;
  readonly name: string;
  /** First day that it can hold, `2026-01-01`. */
  readonly fromDay: string;
  /** Day after the last one. */
  readonly toDay: string;
  /** Disk space with indexes. */
  readonly bytes: number;
  /** As the server estimates; null: it does not know. */
  readonly rows: number | null;
  /** It has the newest record of an alert that is raised. */
  readonly hasActiveAlerts: boolean;
};

export type Retention = {
  /** What ended before or on this day is old. */
  readonly cutoffDay: string;
  /** Null: all. */
  readonly tables: readonly string[] | null;
  /** What is kept otherwise as well. */
  readonly withTrades: boolean;
};

export type RetentionPlan = {
  readonly drop: readonly Partition[];
  /** Old, and kept because nobody said `--trades`. */
  readonly keep: readonly Partition[];
  /** Old, and kept because of an alert that is still raised: from the first of its records on, so that no clear is lost either. */
  readonly active: readonly Partition[];
};

/**
 * What a quote was decided on, what was promised for it, and what came of it; which money came in and went out; and who ordered what.
 * Few rows next to the others, and nothing else says it any more.
 */
export const KEPT_TABLES: readonly string[] = [
  TABLES['decision.trade_decision'].name,
  TABLES['cmd.execute_trade'].name,
  TABLES['exec.trade_result'].name,
  TABLES['ops.liquidity_action'].name,
  TABLES['ops.funding_observation'].name,
  TABLES['ops.control_action'].name,
];

const ALERTS = TABLES['ops.alert'].name;

export const HISTORY_TABLES: readonly string[] = Object.values(TABLES).map(({ name }) => name);

export function planRetention(partitions: readonly Partition[], retention: Retention): RetentionPlan {
  const { cutoffDay, tables, withTrades } = retention;
  const old = partitions
    .filter(
      ({ table, toDay }) => toDay <= cutoffDay && HISTORY_TABLES.includes(table) && tables?.includes(table) !== false,
    )
    .sort((left, right) => (left.fromDay === right.fromDay ? 0 : left.fromDay < right.fromDay ? -1 : 1));
  const isKept = ({ table }: Partition): boolean => !withTrades && KEPT_TABLES.includes(table);
  const alerts = old.filter(({ table }) => table === ALERTS);
  const firstActive = alerts.findIndex(({ hasActiveAlerts }) => hasActiveAlerts);
  const active = firstActive < 0 ? [] : alerts.slice(firstActive);
  return {
    drop: old.filter((partition) => !isKept(partition) && !active.includes(partition)),
    keep: old.filter(isKept),
    active,
  };
}

// `./unrip retention`: drops old partitions of the history as a whole. Shows what it would drop, unless it is asked to do it.

import { parseArgs } from 'node:util';
import { MIGRATE_VARIABLES } from '../../contracts/config/database.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { explainDatabase, openDatabase, troubleOf } from '../../contracts/runtime/postgres/database.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { cutoffDayOf, dropPartition, LOCK_NOT_AVAILABLE, readPartitions } from '../retention/partitions.ts';
import { HISTORY_TABLES, KEPT_TABLES, type Partition, planRetention } from '../retention/plan.ts';
import type { Command } from './command.ts';
import { ownerUrlOf } from './migrate.ts';

const HELP = `./unrip retention --keep-months N [--tables A,B] [--trades] [--apply]

Lists the partitions of the history that ended more than N months ago, and drops them with --apply, one after the other, each in a
transaction that records it in dropped_partitions. A partition holds a calendar quarter. Trades, money
that was moved, and actions of operators are kept unless --trades is given; alerts from the oldest one on that is still
raised. What was dropped is gone: back it up first.

  --keep-months N   whole months that are kept before the current one, at least 6
  --tables A,B      of these tables only
  --trades          also of ${KEPT_TABLES.join(', ')}
  --apply           drop them; without it nothing is changed

${helpText(MIGRATE_VARIABLES)}`;

export const command: Command = {
  name: 'retention',
  summary: 'drop old partitions of the history; shows them unless --apply is given',
  help: HELP,
  run,
};

/** Less would reach the quarter that is being written, and records that come late. */
const KEEP_MONTHS_MIN = 6;
const KEEP_MONTHS_MAX = 1200;

type Request = {
  readonly keepMonths: number;
  readonly tables: readonly string[] | null;
  readonly withTrades: boolean;
  readonly isApplied: boolean;
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    process.stderr.write(`unrip retention: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  const owner = ownerUrlOf('retention');
  if (owner === null) return EXIT.config;
  const sql = openDatabase(owner.url, { name: 'unrip-retention', connections: 1, statementTimeoutMs: null });
  try {
    const cutoffDay = await cutoffDayOf(sql, request.keepMonths);
    const { drop, keep, active } = planRetention(await readPartitions(sql), { ...request, cutoffDay });
    for (const partition of keep) say(`kept (--trades drops it): ${describe(partition)}`);
    for (const partition of active)
      say(`kept (an alert that was raised then or before is not cleared): ${describe(partition)}`);
    for (const partition of drop) {
      if (!request.isApplied) {
        say(`would be dropped: ${describe(partition)}`);
        continue;
      }
      const rows = await dropPartition(sql, partition);
      say(`dropped: ${partition.name}, ${rows} rows`);
    }
    say(summaryOf(request, drop, cutoffDay));
    return EXIT.ok;
  } catch (error) {
    const text =
      troubleOf(error).code === LOCK_NOT_AVAILABLE
        ? 'a query or the history-writer is using the table; what was named above is dropped, the rest is there: run it again'
        : explainDatabase(error, owner);
    process.stderr.write(`unrip retention: ${text}\n`);
    return EXIT.failure;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** What is to be done, or what is wrong with the arguments. */
export function parse(args: readonly string[]): Request | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'keep-months': { type: 'string' },
        tables: { type: 'string' },
        trades: { type: 'boolean', default: false },
        apply: { type: 'boolean', default: false },
      },
    });
    const months = values['keep-months'];
    if (months === undefined) return 'give --keep-months';
    const keepMonths = /^[0-9]{1,4}$/.test(months) ? Number(months) : Number.NaN;
    if (!(keepMonths >= KEEP_MONTHS_MIN && keepMonths <= KEEP_MONTHS_MAX)) {
      return `--keep-months must be a whole number from ${KEEP_MONTHS_MIN} to ${KEEP_MONTHS_MAX}`;
    }
    const tables = values.tables?.split(',').map((name) => name.trim()) ?? null;
    const unknown = tables?.filter((name) => !HISTORY_TABLES.includes(name)) ?? [];
    if (unknown.length > 0) return `${unknown.join(', ')}: no table of history; they are ${HISTORY_TABLES.join(', ')}`;
    const trades = tables?.filter((name) => KEPT_TABLES.includes(name)) ?? [];
    if (trades.length > 0 && !values.trades) return `${trades.join(', ')}: dropped with --trades only`;
    return { keepMonths, tables, withTrades: values.trades, isApplied: values.apply };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const MIB = 1_048_576;

function describe({ name, fromDay, toDay, rows, bytes }: Partition): string {
  const count = rows === null ? 'an unknown number of rows' : `about ${rows} rows`;
  return `${name}, from ${fromDay} to before ${toDay}, ${count}, ${Math.ceil(bytes / MIB)} MiB`;
}

function summaryOf({ isApplied }: Request, drop: readonly Partition[], cutoffDay: string): string {
  const found = `${drop.length} partitions ended before ${cutoffDay}`;
  if (drop.length === 0) return `no partition to drop: none ended before ${cutoffDay}, or they are kept`;
  return isApplied ? `${found} and were dropped` : `${found}; nothing was changed: --apply drops them`;
}

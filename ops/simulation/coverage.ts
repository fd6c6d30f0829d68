// What a soak has to reach: each fault often, each rule of the model as often as it says, each reason of a decision, each step of a
// trade, each result code. What cannot be reached with the engine's core alone is listed with the reason.

import { DECISION_REASONS, RESULT_CODES } from '../../contracts/reasons.ts';
import { FAULTS } from './faults/table.ts';
import { STEPS } from './model/lifecycle.ts';
import { minimumIn, RULE_NAMES, type Rule } from './model/rules.ts';
import type { RunReport } from './run.ts';

type Counts = Readonly<Record<string, number>>;

type Group = {
  readonly name: string;
  readonly items: readonly string[];
  /** So often at least. */
  readonly least: number;
  readonly of: (report: RunReport) => Counts;
  /** Not reached, and why. */
  readonly without: Readonly<Record<string, string>>;
};

const FAULT_LEAST = 100;

const GROUPS: readonly Group[] = [
  {
    name: 'fault',
    items: FAULTS.map(({ name }) => name),
    least: FAULT_LEAST,
    of: ({ faults }) => faults,
    without: {},
  },
  {
    name: 'decision reason',
    items: DECISION_REASONS,
    least: 1,
    of: ({ reasons }) => reasons,
    without: {
      edge_below_min: 'a request of the relay leaves one side open, which is priced at the minimum edge or above',
      quote_ids_full: 'takes some millions of quotes in a day: engine/ingest/signed-ids.test.ts',
    },
  },
  {
    name: 'step of a trade',
    items: STEPS,
    least: 1,
    of: ({ transitions }) => transitions,
    without: {
      'submitted failed': 'an answer fails before it is sent, or not at all',
      'submitted expired': 'a reply that is missing for five seconds makes it uncertain before',
      'failed settled': 'what has failed has not left, so that nobody holds it',
    },
  },
  {
    name: 'result code',
    items: RESULT_CODES,
    least: 1,
    of: ({ codes }) => codes,
    without: {
      executor_draining: 'a drain disarms the strategy at once, so that no command follows',
      inventory_drift: 'the inventory is read twice in one turn, in which nothing else runs',
      books_breached: 'takes an error of the ledger: engine/loop.test.ts',
      relay_late: 'of earlier versions',
      chain_replaced: 'takes another chain: engine/inventory/chain-watch.test.ts',
    },
  },
];

export type Row = {
  readonly group: string;
  readonly item: string;
  readonly count: number;
  readonly least: number;
  /** Why it need not be reached; null: it has to be. */
  readonly excuse: string | null;
};

const sumOf = (reports: readonly RunReport[], of: (report: RunReport) => number): number =>
  reports.reduce((sum, report) => sum + of(report), 0);

/** How often each rule was tested, and how often runs of that length have to. */
export function rulesTested(reports: readonly RunReport[]): Row[] {
  const minutes = sumOf(reports, ({ simulatedMs }) => simulatedMs) / 60_000;
  return RULE_NAMES.map((rule: Rule) => ({
    group: 'rule',
    item: rule,
    count: sumOf(reports, ({ judged }) => judged[rule] ?? 0),
    least: minimumIn(rule, minutes),
    excuse: null,
  }));
}

export function coverageOf(reports: readonly RunReport[]): Row[] {
  const rows = GROUPS.flatMap(({ name, items, least, of, without }) =>
    items.map((item) => ({
      group: name,
      item,
      count: sumOf(reports, (report) => of(report)[item] ?? 0),
      least,
      excuse: without[item] ?? null,
    })),
  );
  return [...rows, ...rulesTested(reports)];
}

export const missingOf = (rows: readonly Row[]): Row[] =>
  rows.filter(({ count, least, excuse }) => excuse === null && count < least);

export const tableOf = (rows: readonly Row[]): string =>
  rows
    .map(({ group, item, count, excuse }) => {
      const why = excuse === null ? '' : `  not reached here: ${excuse}`;
      return `${group.padEnd(16)}${item.padEnd(34)}${String(count).padStart(8)}${why}`;
    })
    .join('\n');

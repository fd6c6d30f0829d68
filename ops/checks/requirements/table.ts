// What unrip has to do, part by part, each with the test that proves it: requirements.test.ts fails when the test is missing or
// does not run. What nothing proves yet is in lists of its own, with what is missing; those lists may only become shorter.

import { findTest, hasLiteral } from '../faults/find-test.ts';
import type { Source } from '../sources.ts';
import { CONTROL, CONTROL_OPEN } from './control.ts';
import { EXECUTOR } from './executor.ts';
import { FAILURES, FAILURES_OPEN } from './failures.ts';
import { GUARANTEES, GUARANTEES_OPEN } from './guarantees.ts';
import { HISTORY } from './history.ts';
import { INGEST, INGEST_OPEN } from './ingest.ts';
import { INVENTORY, INVENTORY_OPEN } from './inventory.ts';
import { LOGGING, LOGGING_OPEN } from './logging.ts';
import { PULLS } from './pulls.ts';
import { RECORDS, RECORDS_OPEN } from './records.ts';
import { REFERENCE, REFERENCE_OPEN } from './reference.ts';
import type { OpenRequirement, Requirement } from './requirement.ts';
import { SIDECARS, SIDECARS_OPEN } from './sidecars.ts';
import { STRATEGY, STRATEGY_OPEN } from './strategy.ts';

/** How many requirements of what is built have no proof, and of sidecars that are not built. Neither number may be raised. */
export const OPEN_MAX = { built: 2, sidecars: 8 } as const;

export const PROVED: readonly Requirement[] = [
  ...INGEST,
  ...REFERENCE,
  ...INVENTORY,
  ...STRATEGY,
  ...EXECUTOR,
  ...PULLS,
  ...RECORDS,
  ...HISTORY,
  ...CONTROL,
  ...LOGGING,
  ...FAILURES,
  ...GUARANTEES,
  ...SIDECARS,
];

export const OPEN: { readonly [Group in keyof typeof OPEN_MAX]: readonly OpenRequirement[] } = {
  built: [
    ...INGEST_OPEN,
    ...REFERENCE_OPEN,
    ...INVENTORY_OPEN,
    ...STRATEGY_OPEN,
    ...RECORDS_OPEN,
    ...CONTROL_OPEN,
    ...LOGGING_OPEN,
    ...FAILURES_OPEN,
    ...GUARANTEES_OPEN,
  ],
  sidecars: SIDECARS_OPEN,
};

/** Rows whose test is missing or does not run. */
export function unproved(requirements: readonly Requirement[], sources: readonly Source[]): string[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  return requirements.flatMap(({ sentence, test: [file, title, item] }) => {
    const text = texts.get(file);
    if (text === undefined) return [`${file}, which proves "${sentence}", does not exist`];
    const found = findTest(text, title);
    if (found === 'missing') return [`${file} has no test "${title}", which proves "${sentence}"`];
    if (found === 'skipped') return [`${file} does not always run "${title}", which proves "${sentence}"`];
    if (item !== undefined && !hasLiteral(text, item)) {
      return [`${file} has no case "${item}" of "${title}", which proves "${sentence}"`];
    }
    return [];
  });
}

/** Sentences that are in the table more than once. */
export function repeated(rows: readonly { readonly sentence: string }[]): string[] {
  const seen = new Set<string>();
  return rows.flatMap(({ sentence }) => {
    if (seen.has(sentence)) return [sentence];
    seen.add(sentence);
    return [];
  });
}

/** What is to be done about the number of open rows; null: nothing. */
export function ratchet(open: number, most: number): string | null {
  if (open > most)
    return `${open} requirements are open, ${most} at most: prove what is new, and leave no row without a test`;
  if (open < most)
    return `${open} requirements are open: lower OPEN_MAX in ops/checks/requirements/table.ts from ${most}`;
  return null;
}

// Faults that were found in use, each with the test that holds its remedy. A row states in one plain sentence what came in
// and what must happen; faults.test.ts fails when the named test is missing, so that a remedy cannot lose its test unnoticed.
// That no test is skipped is held by tidy.ts.

import { BREAKER_FAULTS } from './faults/breaker.ts';
import { CONTROL_FAULTS } from './faults/control.ts';
import type { Fault } from './faults/fault.ts';
import { findTest } from './faults/find-test.ts';
import { HISTORY_FAULTS } from './faults/history.ts';
import { LEDGER_FAULTS } from './faults/ledger.ts';
import { MESSAGES_FAULTS } from './faults/messages.ts';
import { OPERATIONS_FAULTS } from './faults/operations.ts';
import { OUTSIDE_DATA_FAULTS } from './faults/outside-data.ts';
import { PROCESSES_FAULTS } from './faults/processes.ts';
import { PULLS_FAULTS } from './faults/pulls.ts';
import { RECORDS_FAULTS } from './faults/records.ts';
import { SECRETS_FAULTS } from './faults/secrets.ts';
import { STAND_IN_FAULTS } from './faults/stand-ins.ts';
import { TRADING_FAULTS } from './faults/trading.ts';
import type { Source } from './sources.ts';

export const FAULTS: readonly Fault[] = [
  ...SECRETS_FAULTS,
  ...CONTROL_FAULTS,
  ...MESSAGES_FAULTS,
  ...OUTSIDE_DATA_FAULTS,
  ...STAND_IN_FAULTS,
  ...OPERATIONS_FAULTS,
  ...RECORDS_FAULTS,
  ...HISTORY_FAULTS,
  ...LEDGER_FAULTS,
  ...TRADING_FAULTS,
  ...BREAKER_FAULTS,
  ...PROCESSES_FAULTS,
  ...PULLS_FAULTS,
];

/** Rows whose test cannot be found, and rows that say the same as another. */
export function brokenRows(faults: readonly Fault[], sources: readonly Source[]): string[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const sentences = new Set<string>();
  return faults.flatMap(({ sentence, file, test }) => {
    const problems: string[] = [];
    if (sentences.has(sentence)) problems.push(`"${sentence}" is listed twice`);
    sentences.add(sentence);
    const text = texts.get(file);
    if (text === undefined) problems.push(`${file}, which holds "${sentence}", does not exist`);
    else if (findTest(text, test) === 'missing') {
      problems.push(`${file} has no test "${test}", which holds "${sentence}"`);
    }
    return problems;
  });
}

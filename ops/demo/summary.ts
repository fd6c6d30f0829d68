// The summary at the end of a demo, as lines. Pure.

import { DECISION_REASON_TEXT, RESULT_CODE_TEXT } from '../../contracts/reasons.ts';
import type { EngineFigures } from './figures.ts';
import type { Count, SettledQuote } from './history.ts';
import { DIRECTIONS, KINDS } from './verdict.ts';

export type SummaryInput = {
  readonly engine: EngineFigures;
  readonly rejectedByReason: readonly Count[];
  readonly resultsByCode: readonly Count[];
  readonly settled: readonly SettledQuote[];
  readonly rows: readonly Count[];
};

/** What a reason or a code means, one sentence; empty when it is of another version. */
const MEANINGS: Readonly<Record<string, string>> = { ...DECISION_REASON_TEXT, ...RESULT_CODE_TEXT };

/** Codes of commands that were never signed: the executor's reasons not to answer. */
const NOT_SIGNED = new Set([
  'executor_paused',
  'executor_disarmed',
  'executor_draining',
  'signer_unauthorized',
  'inventory_drift',
  'books_breached',
  'relay_not_connected',
]);

/** States in which an answer ends, in the order in which they are shown. */
const ENDS = ['settled', 'voided', 'expired', 'late', 'failed', 'uncertain', 'pulled'] as const;

const sum = (counts: readonly Count[]): number => counts.reduce((total, { count }) => total + count, 0);
const ms = (us: number): string => `${(us / 1000).toFixed(2)} ms`;

function table(counts: readonly Count[], indent: string, meaning: (name: string) => string): string[] {
  const width = Math.max(...counts.map(({ name }) => name.length));
  const digits = Math.max(...counts.map(({ count }) => String(count).length));
  return counts.map(({ name, count }) =>
    `${indent}${name.padEnd(width)}  ${String(count).padStart(digits)}  ${meaning(name)}`.trimEnd(),
  );
}

export function summaryLines(input: SummaryInput): readonly string[] {
  const { engine, rejectedByReason, resultsByCode, settled, rows } = input;
  const { frames } = engine.ingest;
  const { decisions, accepted } = engine.strategy;
  const { answer_latency: latency, results_by_state: states } = engine.executor;
  const notSigned = resultsByCode.filter(({ name }) => NOT_SIGNED.has(name));
  const notAnswered = [...rejectedByReason, ...notSigned].toSorted((a, b) => b.count - a.count);
  const passedOver = [
    ...(frames.quotes_of_other_pairs > 0 ? [`${frames.quotes_of_other_pairs} of other pairs skipped`] : []),
    ...(frames.quotes_repeated > 0 ? [`${frames.quotes_repeated} heard twice`] : []),
    ...(frames.bad > 0 ? [`${frames.bad} damaged`] : []),
  ];
  // A command that was not signed is `rejected` as well: of those, only what the relay said counts here.
  const refusedByRelay = resultsByCode.find(({ name }) => name === 'relay_rejected')?.count ?? 0;
  const fates = [
    ...ENDS.map((state) => [state, states[state] ?? 0] as const),
    ['rejected by the relay', refusedByRelay] as const,
    ['still open', engine.executor.open] as const,
  ].filter(([, count]) => count > 0);
  const bySide = DIRECTIONS.map((direction) => {
    const kinds = KINDS.map(
      (kind) => `${kind} ${settled.filter((quote) => quote.direction === direction && quote.kind === kind).length}`,
    );
    return `${direction}: ${kinds.join(', ')}`;
  });
  return [
    `quotes heard   ${decisions}${passedOver.length === 0 ? '' : `  (in addition: ${passedOver.join(', ')})`}`,
    `answered       ${latency.count} of ${accepted} that passed every gate`,
    `not answered   ${sum(notAnswered)}${notAnswered.length === 0 ? '' : ', because'}`,
    ...(notAnswered.length === 0 ? [] : table(notAnswered, '    ', (name) => MEANINGS[name] ?? '')),
    `settled        ${settled.length}  (${bySide.join('; ')})`,
    `of the answers ${fates.map(([fate, count]) => `${fate} ${count}`).join(', ')}`,
    `latency        p50 ${ms(latency.p50_us)}, p90 ${ms(latency.p90_us)}, p99 ${ms(latency.p99_us)}, p99.9 ${ms(latency.p999_us)}`,
    '               from the arrival of a request to the sending of its signed answer, measured by the engine',
    `rows written   ${sum(rows)} to PostgreSQL`,
    ...table(rows, '    ', () => ''),
  ];
}

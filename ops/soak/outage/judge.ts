// What outages come to, by their figures and by what is on record. Pure.

import type { History } from '../kill/history.ts';
import type { Asked } from './rig.ts';

export type KafkaOutage = {
  /** While Kafka was away. */
  readonly asked: Asked;
  /** Resident memory at most, over that before. */
  readonly grownBytes: number;
  readonly journalBytes: number;
  /** From Kafka's return until the engine was healthy. */
  readonly recoveredMs: number;
  /** What does not hold of the records. */
  readonly violations: readonly string[];
};

export type PostgresOutage = {
  /** From the end of PostgreSQL until the engine said that it was not ready to trade. */
  readonly notReadyMs: { readonly degrade: number; readonly strict: number };
  readonly violations: readonly string[];
};

/** Asked while nothing may be signed. */
export type Blocked = Asked;

const MEMORY_MAX_BYTES = 150 * 1_048_576;
const JOURNAL_MAX_BYTES = 1024 ** 3;
const ANSWERED_MIN = 0.9;
const NOT_READY_MAX_MS = 10_000;

const RESIDENT = /^process_resident_memory_bytes(?:\{[^}]*\})? ([0-9.e+]+)$/m;

/** @throws Error when the metrics do not say it */
export function residentIn(metrics: string): number {
  const bytes = Number(RESIDENT.exec(metrics)?.[1] ?? Number.NaN);
  if (!Number.isFinite(bytes)) throw new Error('the metrics have no resident memory');
  return bytes;
}

/** What holds on any machine. */
export function excessesOf({ grownBytes, journalBytes }: Pick<KafkaOutage, 'grownBytes' | 'journalBytes'>): string[] {
  return [
    ...(grownBytes < MEMORY_MAX_BYTES ? [] : [`resident memory grew by ${grownBytes} bytes without Kafka`]),
    ...(journalBytes < JOURNAL_MAX_BYTES ? [] : [`the journal grew by ${journalBytes} bytes without Kafka`]),
  ];
}

/** What holds on a machine that does nothing else. */
export function delaysOf(
  { asked: { quoteIds, answered } }: Pick<KafkaOutage, 'asked'>,
  { notReadyMs }: Pick<PostgresOutage, 'notReadyMs'>,
): string[] {
  const isEnough = answered >= ANSWERED_MIN * quoteIds.length;
  return [
    ...(isEnough ? [] : [`only ${answered} of ${quoteIds.length} were answered without Kafka`]),
    ...Object.entries(notReadyMs)
      .filter(([, ms]) => ms > NOT_READY_MAX_MS)
      .map(([policy, ms]) => `${policy}: ready to trade for ${ms} ms without PostgreSQL`),
  ];
}

/** Each answer has one request, one decision, one command and one first result on record. */
export function onceOnRecord(answered: readonly string[], history: History): readonly string[] {
  const lists = {
    request: history.heard,
    decision: history.decisions.map(({ quoteId }) => quoteId),
    command: history.commands.map(({ quoteId }) => quoteId),
    'first result': history.results.filter(({ seq }) => seq === 1).map(({ quoteId }) => quoteId),
  };
  return Object.entries(lists).flatMap(([what, quoteIds]) => {
    const counts = new Map<string, number>();
    for (const quoteId of quoteIds) counts.set(quoteId, (counts.get(quoteId) ?? 0) + 1);
    const wrong = answered.filter((quoteId) => counts.get(quoteId) !== 1);
    const [first] = wrong;
    return first === undefined
      ? []
      : [`${wrong.length} answers have no ${what} on record, or several, such as ${first}`];
  });
}

/** None was answered or accepted, and the records say why. */
export function blockedOnRecord({ quoteIds, answered }: Blocked, { decisions }: History): readonly string[] {
  const asked = new Set(quoteIds);
  const decided = decisions.filter(({ quoteId }) => asked.has(quoteId));
  const accepted = decided.filter(({ decision }) => decision === 'accepted').length;
  const isSaid = decided.some(({ reason }) => reason === 'history_impaired');
  return [
    ...(answered === 0 ? [] : [`${answered} were answered under strict while history was not written`]),
    ...(accepted === 0 ? [] : [`${accepted} were accepted under strict while history was not written`]),
    ...(isSaid ? [] : [`none of ${decided.length} decisions names history_impaired`]),
  ];
}

// Whether every record that Kafka has is a row, a dead letter or a recognised repeat, and whether the writer counted them so.
// Pure.

import type { TopicName } from '../../contracts/topics/registry.ts';

/** A record as it lies in Kafka, up to the offset that the writer has written. */
export type Lying = {
  readonly topic: TopicName;
  /** `PARTITION OFFSET`. */
  readonly at: string;
  /** `DAY EVENT_ID` of a value that is an envelope; null otherwise. */
  readonly event: string | null;
  readonly honest: boolean;
};

/** What the tables have of one topic. */
export type Stored = {
  /** Of rows: `PARTITION OFFSET`. */
  readonly rows: ReadonlySet<string>;
  /** Of rows: `DAY EVENT_ID`. */
  readonly events: ReadonlySet<string>;
  /** Of the records that the writer's dead letters are about: `PARTITION OFFSET`. */
  readonly dead: ReadonlySet<string>;
};

/** What the writer says of itself. */
export type Counted = {
  readonly rows: number;
  readonly repeated: number;
  readonly topics: ReadonlyMap<TopicName, { readonly records: number; readonly deadLetters: number }>;
};

export type Verdict = {
  readonly rows: number;
  readonly dead: number;
  readonly repeats: number;
  readonly honest: number;
  readonly violations: readonly string[];
};

export function judge(lying: readonly Lying[], stored: ReadonlyMap<TopicName, Stored>, counted: Counted): Verdict {
  const violations: string[] = [];
  const totals = { rows: 0, dead: 0, repeats: 0, honest: 0 };
  for (const [topic, { rows, events, dead }] of stored) {
    const own = { records: 0, rows: 0, dead: 0, repeats: 0 };
    for (const record of lying) {
      if (record.topic !== topic) continue;
      const { at, event, honest } = record;
      own.records++;
      const [isRow, isDead] = [rows.has(at), dead.has(at)];
      if (isRow && isDead) violations.push(`${topic} ${at} is a row and a dead letter`);
      if (honest) totals.honest++;
      if (honest && !isRow) violations.push(`${topic} ${at} is an honest record and no row`);
      if (isRow) own.rows++;
      else if (isDead) own.dead++;
      else if (event !== null && events.has(event)) own.repeats++;
      else violations.push(`${topic} ${at} is neither a row nor a dead letter nor a repeat`);
    }
    violations.push(...miscounts(topic, own, { rows, dead, said: counted.topics.get(topic) }));
    totals.rows += own.rows;
    totals.dead += own.dead;
    totals.repeats += own.repeats;
  }
  if (counted.rows !== totals.rows) violations.push(`/state has ${counted.rows} rows, the tables ${totals.rows}`);
  if (counted.repeated !== totals.repeats) {
    violations.push(`/state has ${counted.repeated} repeats, Kafka ${totals.repeats}`);
  }
  return { ...totals, violations };
}

function miscounts(
  topic: TopicName,
  own: { readonly records: number; readonly rows: number; readonly dead: number; readonly repeats: number },
  table: Pick<Stored, 'rows' | 'dead'> & {
    readonly said: { readonly records: number; readonly deadLetters: number } | undefined;
  },
): string[] {
  const { said } = table;
  const checks: readonly [boolean, string][] = [
    [own.records === said?.records, `Kafka has ${own.records} records, /state ${said?.records}`],
    [own.dead === said?.deadLetters, `${own.dead} dead letters for records in Kafka, /state has ${said?.deadLetters}`],
    [own.rows === table.rows.size, `${own.rows} records are rows, the table has ${table.rows.size}`],
    [own.dead === table.dead.size, `${own.dead} records are dead, there are ${table.dead.size} dead letters`],
    [
      own.rows + own.dead + own.repeats === said?.records,
      `${own.rows} rows, ${own.dead} dead letters and ${own.repeats} repeats of ${said?.records} records`,
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, text]) => `${topic}: ${text}`);
}

// What has to hold where processes of two versions ran over one Kafka. Pure.

import type { Finding } from '../kill/judge.ts';

type DeadLetter = {
  /** The topic of the record that could not be taken. */
  readonly origin: string;
  /** Of that record, from the text in the dead letter; null: the text has none. */
  readonly eventId: string | null;
};

/** What a history has. */
export type Rows = {
  /** Event ids by table, as often as there are rows. */
  readonly eventIds: ReadonlyMap<string, readonly string[]>;
  /** Of a history-writer. */
  readonly dead: readonly DeadLetter[];
};

/** Event ids that Kafka has, by table. */
export type Produced = ReadonlyMap<string, ReadonlySet<string>>;

const SHOWN_MAX = 5;

export function findingOf(name: string, wrong: readonly string[], whole: string): Finding {
  const shown = wrong.slice(0, SHOWN_MAX).join('; ');
  return { name, ok: wrong.length === 0, detail: wrong.length === 0 ? whole : `${wrong.length}: ${shown}` };
}

/** Ids of `produced` that are no rows; a table that the schema does not have yet has none. */
export function missingOf(produced: Produced, { eventIds }: Pick<Rows, 'eventIds'>): readonly string[] {
  return [...produced].flatMap(([table, ids]) => {
    const rows = new Set(eventIds.get(table));
    return [...ids].filter((id) => !rows.has(id)).map((id) => `${id} of ${table}`);
  });
}

const doubledOf = ({ eventIds }: Rows): readonly string[] =>
  [...eventIds].flatMap(([table, ids]) => {
    const doubled = ids.length - new Set(ids).size;
    return doubled === 0 ? [] : [`${doubled} in ${table}`];
  });

const countOf = (produced: Produced): number => [...produced.values()].reduce((sum, ids) => sum + ids.size, 0);

/** Of a history whose writer is not older than what it reads. @param may topics of which there may be dead letters */
export function judgeWhole(name: string, produced: Produced, rows: Rows, may: readonly string[] = []): Finding {
  const dead = rows.dead.filter(({ origin }) => !may.includes(origin));
  const wrong = [
    ...missingOf(produced, rows).map((id) => `lost: ${id}`),
    ...doubledOf(rows).map((text) => `twice: ${text}`),
    ...dead.map(({ origin, eventId }) => `dead letter: ${eventId} of ${origin}`),
  ];
  return findingOf(name, wrong, `${countOf(produced)} events, each once`);
}

export type Behind = {
  /** What a process of its own version published, and what a newer one did. */
  readonly older: Produced;
  readonly newer: Produced;
  readonly rows: Rows;
  /** Topics of which the documents say that it makes dead letters. */
  readonly documented: readonly string[];
};

/** Of a history whose writer is older than what it reads. */
export function judgeBehind({ older, newer, rows, documented }: Behind): readonly Finding[] {
  const dead = new Set(rows.dead.map(({ eventId }) => eventId));
  const lost = missingOf(newer, rows).filter((text) => !dead.has(text.split(' ')[0] ?? null));
  const origins = [...new Set(rows.dead.map(({ origin }) => origin))].sort();
  return [
    findingOf(
      'an older history-writer writes what its own version publishes',
      missingOf(older, rows),
      `${countOf(older)} events`,
    ),
    findingOf(
      'of what a newer engine publishes, an older history-writer writes each record or keeps its text as a dead letter',
      lost,
      `${countOf(newer)} events, ${rows.dead.length} dead letters`,
    ),
    findingOf(
      'the documents name the topics of which it makes dead letters',
      origins.filter((origin) => !documented.includes(origin)),
      origins.join(', ') || 'none',
    ),
  ];
}

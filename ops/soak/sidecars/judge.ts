// What has to hold after sidecars, PostgreSQL and Kafka were killed: history is what was produced, each alert was raised and cleared
// once, and each deposit is one story from the chain to the credit. Pure.

import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { Finding } from '../kill/judge.ts';

export type Rows = {
  /** Event ids by table, as often as there are rows. */
  readonly eventIds: ReadonlyMap<string, readonly string[]>;
  /** The newest state of each. */
  readonly observations: readonly ObservationRow[];
  readonly deposits: readonly DepositRow[];
};

export type ObservationRow = {
  readonly id: string;
  readonly status: string;
  readonly txHash: string;
  readonly actionId: string | null;
  readonly bridgeTxHash: string | null;
};

export type DepositRow = { readonly id: string; readonly status: string; readonly observationId: string | null };

export type SeenAlert = { readonly eventId: string; readonly payload: OpsAlert };

export type Evidence = {
  /** Ids in Kafka by table: those that must be in history, and all that may be. */
  readonly produced: ReadonlyMap<string, ReadonlySet<string>>;
  readonly known: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ids of records that Kafka acknowledged, of the load. */
  readonly acknowledged: ReadonlySet<string>;
  readonly rows: Rows;
  readonly alerts: readonly SeenAlert[];
  /** Subjects of the alerts that the load caused and ended. */
  readonly episodes: readonly string[];
  /** Transactions of the deposits. */
  readonly deposited: readonly string[];
};

export function judge(evidence: Evidence): readonly Finding[] {
  return [
    ...judgeHistory(evidence),
    ...judgeAlerts(evidence.alerts, evidence.episodes),
    judgeFunding(evidence.rows, evidence.deposited),
  ];
}

const SHOWN_MAX = 5;

function finding(name: string, wrong: readonly string[], whole: string): Finding {
  const shown = wrong.slice(0, SHOWN_MAX).join('; ');
  return { name, ok: wrong.length === 0, detail: wrong.length === 0 ? whole : `${wrong.length}: ${shown}` };
}

function judgeHistory({ produced, known, acknowledged, rows }: Evidence): readonly Finding[] {
  const lost: string[] = [];
  const doubled: string[] = [];
  const invented: string[] = [];
  let count = 0;
  for (const [table, ids] of rows.eventIds) {
    const unique = new Set(ids);
    count += unique.size;
    if (unique.size < ids.length) doubled.push(`${ids.length - unique.size} in ${table}`);
    for (const id of produced.get(table) ?? []) if (!unique.has(id)) lost.push(`${id} of ${table}`);
    for (const id of unique) if (known.get(table)?.has(id) !== true) invented.push(`${id} of ${table}`);
  }
  const everywhere = new Set([...produced.values()].flatMap((ids) => [...ids]));
  const forgotten = [...acknowledged].filter((id) => !everywhere.has(id));
  return [
    finding('Kafka has what it acknowledged', forgotten, `${acknowledged.size} records`),
    finding('history has every event that was produced', lost, `${count} events`),
    finding('history has each event once', doubled, `${rows.eventIds.size} tables`),
    finding('history has nothing else', invented, `${count} events`),
  ];
}

/** An episode of an alert is known by its first raise; a record that was sent again has its id. */
function judgeAlerts(alerts: readonly SeenAlert[], episodes: readonly string[]): readonly Finding[] {
  const bySubject = new Map<string, string[]>();
  const broken: string[] = [];
  const open = new Map<string, string>();
  const met = new Set<string>();
  for (const { eventId, payload } of alerts) {
    if (met.has(eventId)) continue;
    met.add(eventId);
    const { alert_key: key, subject, status, first_raised_at: since } = payload;
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), status]);
    const before = open.get(key);
    if (status === 'raised' && before !== undefined && before !== since)
      broken.push(`${key} raised again while raised`);
    if (status === 'cleared' && before !== since) broken.push(`${key} cleared without its raise`);
    if (status === 'raised') open.set(key, since);
    else open.delete(key);
  }
  const wrong = episodes.flatMap((subject) => {
    const statuses = (bySubject.get(subject) ?? []).join(' ');
    return statuses === 'raised cleared' ? [] : [`${subject}: ${statuses === '' ? 'nothing' : statuses}`];
  });
  return [
    finding('each alert was raised once and cleared once', wrong, `${episodes.length} alerts`),
    finding('no alert was raised twice or cleared without its raise', broken, `${met.size} records`),
  ];
}

/** Each deposit is one observation under its own transaction, credited, and part of one credited action that names it. */
function judgeFunding({ observations, deposits }: Rows, deposited: readonly string[]): Finding {
  const wrong = deposited.flatMap((txHash) => {
    const of = observations.filter((observation) => observation.txHash === txHash);
    const [observation] = of;
    if (observation === undefined || of.length !== 1) return [`${txHash}: ${of.length} observations`];
    const actions = deposits.filter(({ observationId }) => observationId === observation.id);
    const [action] = actions;
    if (action === undefined || actions.length !== 1) return [`${txHash}: ${actions.length} deposits`];
    if (observation.status !== 'credited' || action.status !== 'credited')
      return [`${txHash}: observation ${observation.status}, deposit ${action.status}`];
    if (observation.actionId !== action.id) return [`${txHash}: the observation names ${observation.actionId}`];
    return observation.bridgeTxHash === null ? [`${txHash}: no transaction of the bridge`] : [];
  });
  const strangers = observations.filter(({ txHash }) => !deposited.includes(txHash)).map(({ id }) => `${id}: unknown`);
  return finding(
    'every deposit is correlated with its credit',
    [...wrong, ...strangers],
    `${deposited.length} deposits`,
  );
}

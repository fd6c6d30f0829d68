// Rows of the history as the history-writer makes them, put into a migrated database by its owner.

import { randomUUID } from 'node:crypto';
import type { Envelope } from '../../../contracts/envelope.ts';
import type { Database } from '../../../contracts/runtime/postgres/database.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import { type Change, recordText } from '../../../sidecars/history-writer/fixtures.ts';
import { columnArrays, columnsOf, insertStatement, rowOf } from '../../../sidecars/history-writer/postgres/rows.ts';
import { TABLES } from '../../../sidecars/history-writer/postgres/tables.ts';

/** The partition of its day has to be there. */
export async function insertEnvelope(
  sql: Database,
  topic: TopicName,
  envelope: Envelope<unknown>,
  offset = 0n,
): Promise<void> {
  const table = TABLES[topic];
  const day = envelope.ingested_at.slice(0, 10);
  const row = rowOf(table, { envelope, text: JSON.stringify(envelope), day }, { partition: 0, offset });
  await sql.unsafe(insertStatement(table), columnArrays(columnsOf(table).length, [row]));
}

/** The golden record of a topic under an id of its own, with the fields that are given. */
export async function insertRecord(
  sql: Database,
  topic: TopicName,
  change: Change = {},
  offset?: bigint,
): Promise<void> {
  await insertEnvelope(sql, topic, JSON.parse(recordText(topic, { event_id: randomUUID(), ...change })), offset);
}

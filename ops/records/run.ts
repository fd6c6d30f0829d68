// Hostile records on all topics into a real Kafka, with a history-writer as a process of its own on a real PostgreSQL. Records go
// out in chunks, each of which has to be written before a limit; at the end the writer is paused and everything is counted.

import { openReader } from '../../contracts/runtime/kafka/consumer/reader.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import type { WriterProcess, WriterState } from '../testing/history/writer-process.ts';
import { type Harness, makeHarness } from '../testing/history-writer.ts';
import { kafkaForTest } from '../testing/services.ts';
import { waitFor } from '../testing/wait.ts';
import { HONEST_KEY, type HostileRecord, hostileRecords, type Kind } from './generate.ts';
import { judge, type Lying, type Stored, type Verdict } from './judge.ts';
import { openRawProducer } from './producer.ts';

export type RecordsPlan = {
  readonly count: number;
  readonly seed: number;
  readonly chunk: number;
  /** From the last record of a chunk in Kafka until all of it is written; none where other tests have the machine too. */
  readonly chunkLimitMs?: number;
  readonly progress?: (line: string) => void;
};

export type RecordsReport = Verdict & {
  readonly produced: number;
  /** Not taken by the broker, and therefore no records. */
  readonly refused: number;
  readonly slowestChunkMs: number;
  readonly residentBytesMax: number;
};

const LIMIT_MS = 60_000;
const RESIDENT_BYTES_MAX = 768 * 1024 * 1024;
const MEGABYTE = 1_048_576;
/** Nothing here may expire for its time, and brokers refuse records from the future by default. */
const TOPIC_SETTINGS = { 'retention.ms': '-1', 'message.timestamp.after.max.ms': '9223372036854775807' };
const READ_AT_ONCE = 500;

export async function recordsRun(plan: RecordsPlan): Promise<RecordsReport> {
  const { progress = () => undefined } = plan;
  await using harness = await makeHarness('hostile-records', TOPIC_SETTINGS);
  await using writer = await harness.startWriter();
  const sent = await sendAll(plan, harness, writer);
  progress([...sent.kinds].map(([kind, each]) => `${each} ${kind}`).join(', '));
  const state = await pausedStateOf(writer);
  const { lying, missing } = await readBack(harness, state);
  const verdict = judge(lying, await storedIn(harness), {
    rows: state.rows,
    repeated: state.repeated_rows,
    topics: new Map(
      state.topics.map(({ topic, records, dead_letters }) => [
        topic as TopicName,
        { records, deadLetters: dead_letters },
      ]),
    ),
  });
  const violations = [...sent.violations, ...missing, ...faultsOf(state), ...verdict.violations];
  if (sent.residentBytesMax > RESIDENT_BYTES_MAX) violations.push(`${mb(sent.residentBytesMax)} MB of memory`);
  violations.push(...(await offsetFaults(harness, state)));
  const code = await writer.child.stop('SIGTERM');
  if (code !== 0) violations.push(`the writer ended with ${code}`);
  return { ...sent, ...verdict, violations };
}

type Sent = Pick<RecordsReport, 'produced' | 'refused' | 'slowestChunkMs' | 'residentBytesMax' | 'violations'> & {
  readonly kinds: ReadonlyMap<Kind, number>;
};

async function sendAll(plan: RecordsPlan, harness: Harness, writer: WriterProcess): Promise<Sent> {
  const { count, seed, chunk, chunkLimitMs = LIMIT_MS, progress = () => undefined } = plan;
  const send = await openSending(harness.prefix);
  const violations: string[] = [];
  const kinds = new Map<Kind, number>();
  const source = hostileRecords(seed, Date.now());
  let [produced, refused, slowestChunkMs, residentBytesMax] = [0, 0, 0, 0];
  const sample = async (): Promise<void> => {
    residentBytesMax = Math.max(residentBytesMax, await writer.residentBytes());
  };
  try {
    while (produced < count) {
      const records = Array.from({ length: Math.min(chunk, count - produced) }, () => source.next().value);
      for (const { kind } of records) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      refused += await send.chunk(records);
      produced += records.length;
      const startedAtMs = performance.now();
      const isWritten = async (): Promise<boolean> => {
        await sample();
        return await isCaughtUp(writer, produced - refused);
      };
      await waitFor(isWritten, {
        what: `the first ${produced} records to be written`,
        limitMs: LIMIT_MS,
      });
      const tookMs = performance.now() - startedAtMs;
      slowestChunkMs = Math.max(slowestChunkMs, tookMs);
      if (tookMs > chunkLimitMs) violations.push(`the first ${produced} records were written ${tookMs} ms later`);
      const { status, body } = await writer.ask('GET', '/healthz');
      if (status !== 200) violations.push(`after ${produced} records: ${body.reasons.join(', ')}`);
      progress(
        `${produced} records, written ${tookMs.toFixed(0)} ms later, at most ${mb(residentBytesMax)} MB resident so far`,
      );
    }
  } finally {
    await send.close();
  }
  return { produced, refused, slowestChunkMs, residentBytesMax, violations, kinds };
}

/** Records with times that a broker may refuse go alone: it refuses whole batches. */
async function openSending(prefix: string) {
  const brokers = kafkaForTest()?.brokers ?? '';
  const [together, alone] = await Promise.all([openRawProducer(brokers, false), openRawProducer(brokers, true)]);
  const isAlone = ({ timestampMs, kind }: HostileRecord): boolean => timestampMs !== null || kind === 'large';
  return {
    /** How many of them the broker did not take. */
    async chunk(records: readonly HostileRecord[]): Promise<number> {
      const [few, most] = [records.filter(isAlone), records.filter((record) => !isAlone(record))];
      const [first, second] = await Promise.all([alone.produce(few, prefix), together.produce(most, prefix)]);
      if (second > 0) throw new Error(`Kafka refused ${second} records that it was to take`);
      return first;
    },
    close: async () => {
      await Promise.all([together.close(), alone.close()]);
    },
  };
}

const writtenBy = ({ topics }: WriterState): bigint =>
  topics.flatMap(({ partitions }) => partitions).reduce((sum, { next_offset }) => sum + BigInt(next_offset), 0n);

/** Its own records come on top of these. */
async function isCaughtUp(writer: WriterProcess, records: number): Promise<boolean> {
  const { body } = await writer.ask('GET', '/state');
  if (body.lag_records === 0 && writtenBy(body) >= BigInt(records)) return true;
  await Bun.sleep(50);
  return false;
}

/** With everything written but what the pause itself and health add. */
async function pausedStateOf(writer: WriterProcess): Promise<WriterState> {
  let letters = '';
  // Its last dead letters are records as well, of which Kafka tells a moment later.
  await waitFor(
    async () => {
      await Bun.sleep(1000);
      const { body } = await writer.ask('GET', '/state');
      const now = JSON.stringify(body.topics.find(({ topic }) => topic === 'dlq.unrip')?.records);
      const isStill = body.lag_records === 0 && now === letters;
      letters = now;
      return isStill;
    },
    { what: 'the last dead letters', limitMs: LIMIT_MS },
  );
  await writer.ask('POST', '/pause');
  let before = -1n;
  return await waitFor(
    async () => {
      const { body } = await writer.ask('GET', '/state');
      const now = writtenBy(body);
      const isStill = body.paused && now === before;
      before = now;
      if (!isStill) await Bun.sleep(300);
      return isStill ? body : null;
    },
    { what: 'the pause', limitMs: LIMIT_MS },
  );
}

function faultsOf({ errors, missed_records }: WriterState): string[] {
  return [
    ...(errors.count > 0 ? [`${errors.count} batches could not be written at a try: ${errors.last}`] : []),
    ...(missed_records > 0 ? [`${missed_records} records are said to be gone`] : []),
  ];
}

const nextOffsets = (state: WriterState): Map<string, bigint> =>
  new Map(
    state.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, next_offset }) => [`${topic} ${partition}`, BigInt(next_offset)] as const),
    ),
  );

/** Everything in Kafka that the writer has behind it. */
async function readBack({ prefix }: Harness, state: WriterState): Promise<{ lying: Lying[]; missing: string[] }> {
  const reader = openReader({
    brokers: kafkaForTest()?.brokers ?? '',
    clientId: 'hostile-records-judge',
    topics: TOPICS.map(({ name }) => prefix + name),
    startAt: () => 'earliest',
    onTrouble: () => undefined,
  });
  const ends = nextOffsets(state);
  const wanted = writtenBy(state);
  const lying: Lying[] = [];
  try {
    await waitFor(
      async () => {
        for (const record of await reader.poll(READ_AT_ONCE)) {
          const topic = record.topic.slice(prefix.length) as TopicName;
          const { partition, offset } = record;
          if (offset < (ends.get(`${topic} ${partition}`) ?? 0n)) lying.push(lyingOf(topic, record));
        }
        return BigInt(lying.length) >= wanted;
      },
      { what: `${wanted} records, and ${lying.length} were found`, limitMs: LIMIT_MS * 5 },
    );
    const unwritten = reader.lag().filter(({ topic, partition, endOffset }) => {
      const name = topic.slice(prefix.length);
      // The writer goes on to publish its own there.
      const isOwn = name === 'ops.service_health' || name === 'ops.control_action';
      return !isOwn && endOffset !== ends.get(`${name} ${partition}`);
    });
    const missing = unwritten.map(({ topic, partition, endOffset }) => `${topic} ${partition} ends at ${endOffset}`);
    return { lying, missing };
  } finally {
    await reader.close();
  }
}

const decoder = new TextDecoder();

function lyingOf(topic: TopicName, { partition, offset, key, value }: ConsumedRecord): Lying {
  const honest = key?.startsWith(HONEST_KEY) ?? false;
  return { topic, at: `${partition} ${offset}`, event: value === null ? null : eventOf(decoder.decode(value)), honest };
}

function eventOf(text: string): string | null {
  try {
    const { ingested_at, event_id } = JSON.parse(text);
    return `${String(ingested_at).slice(0, 10)} ${event_id}`;
  } catch {
    return null;
  }
}

async function storedIn({ sql }: Harness): Promise<Map<TopicName, Stored>> {
  // Ids of the writer's own dead letters; those that were sent here as records have others.
  const dead = await sql<{ origin: string; at: string }[]>`
    select origin, origin_partition || ' ' || origin_offset as at from dead_letters where event_id like 'dead-%'`;
  const stored = new Map<TopicName, Stored>();
  for (const { name } of TOPICS) {
    const rows = await sql.unsafe<{ at: string; event: string }[]>(
      `select kafka_partition || ' ' || kafka_offset as at, to_char(day, 'YYYY-MM-DD') || ' ' || event_id as event from ${TABLES[name].name}`,
    );
    stored.set(name, {
      rows: new Set(rows.map(({ at }) => at)),
      events: new Set(rows.map(({ event }) => event)),
      dead: new Set(dead.filter(({ origin }) => origin === name).map(({ at }) => at)),
    });
  }
  return stored;
}

/** The table of offsets and /state have to agree. */
async function offsetFaults({ sql, prefix, group }: Harness, state: WriterState): Promise<string[]> {
  const rows = await sql<{ topic: string; partition: number; next: string }[]>`
    select topic, kafka_partition as partition, next_offset::text as next from consumer_offsets
    where consumer_group = ${group}`;
  const inTable = new Map(
    rows.map(({ topic, partition, next }) => [`${topic.slice(prefix.length)} ${partition}`, next]),
  );
  return [...nextOffsets(state)].flatMap(([place, next]) =>
    inTable.get(place) === next.toString() ? [] : [`${place}: ${next} in /state, ${inTable.get(place)} on record`],
  );
}

export const mb = (bytes: number): string => (bytes / MEGABYTE).toFixed(0);

// What cannot be taken, or is gone, is given to Kafka once, whatever its times are and however often the batch is tried again.

import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import type { Report } from '../../../contracts/runtime/kafka/producer.ts';
import { RecordRefused } from '../../../contracts/runtime/kafka/record-sender.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import { bufferedOf } from '../fixtures.ts';
import type { BufferedRecord } from '../pending-batch.ts';
import { createWriterStats } from '../writer-stats.ts';
import { createDeadLetters, DeadLettersWait, deadLetterOf } from './dead-letters.ts';
import { OffsetNotes } from './offset-notes.ts';

type Posted = { readonly value: string; readonly settle: (error?: Error) => void };

function rig() {
  const posted: Posted[] = [];
  const timers = new ManualClock();
  const { log, events } = keptLog();
  const nothing = () => null;
  const gauges = { lagMs: nothing, lagRecords: nothing, buffered: () => 0, writing: () => true };
  const letters = createDeadLetters({
    sender: {
      send: (_topic: TopicName, _key: string, value: string) =>
        new Promise<Report>((resolve, reject) => {
          const at = { topic: 'dlq.unrip', partition: 0, offset: 0 };
          posted.push({ value, settle: (error) => (error === undefined ? resolve(at) : reject(error)) });
        }),
      post: () => true,
      isUp: () => true,
      waiting: () => 0,
      dropped: () => 0,
      flush: () => Promise.resolve(true),
      close: () => Promise.resolve(),
    },
    render: ({ eventId, atMs, payload }) => JSON.stringify({ eventId, at: new Date(atMs).toISOString(), payload }),
    stats: createWriterStats(new Registry(), gauges),
    timers,
    log,
  });
  return { letters, posted, timers, events };
}

const dead = (timestampMs: number, offset = 0n): BufferedRecord => ({
  ...bufferedOf('norm.swap_demand', 0, offset, 'nonsense'),
  timestampMs,
});

test.each([
  ['a time that no date can hold', 9e15],
  ['no time at all', Number.NaN],
  ['the time that Kafka gives where there is none', -1],
  ['a time far ahead', 4e12],
])('of %s is sent with our own time', async (_what, timestampMs) => {
  const { letters, posted, timers } = rig();
  const sent = letters.send([dead(timestampMs)]);
  expect(JSON.parse(posted[0]?.value ?? '')).toMatchObject({ at: new Date(timers.nowMs()).toISOString() });
  posted[0]?.settle();
  await sent;
});

test('keeps the time of its record, so that a repeat falls on the same day', async () => {
  const { letters, posted, timers } = rig();
  const atMs = timers.nowMs() - 86_400_000;
  const sent = letters.send([dead(atMs)]);
  expect(JSON.parse(posted[0]?.value ?? '')).toMatchObject({ at: new Date(atMs).toISOString() });
  posted[0]?.settle();
  await sent;
});

test('is given to the sender once, however often the batch is tried while Kafka is away', async () => {
  const { letters, posted, timers } = rig();
  const held = Array.from({ length: 500 }, (_, offset) => dead(timers.nowMs(), BigInt(offset)));
  for (let round = 0; round < 60; round++) {
    const tried = letters.send(held).catch((error: unknown) => error);
    timers.advance(10_000);
    expect(await tried).toBeInstanceOf(DeadLettersWait);
  }
  expect(posted.length).toBe(500);
  const sent = letters.send(held);
  for (const { settle } of posted) settle();
  await sent;
  await letters.send(held);
  expect(posted.length).toBe(500);
});

test('that Kafka refuses goes without the bytes of its record, and is given up only when that is refused too', async () => {
  const { letters, posted, timers, events } = rig();
  const sent = letters.send([dead(timers.nowMs())]);
  posted[0]?.settle(new RecordRefused('too large'));
  await Promise.resolve();
  while (posted.length < 2) await Promise.resolve();
  expect(JSON.parse(posted[1]?.value ?? '')).toMatchObject({ payload: { value: null, value_bytes: 8 } });
  posted[1]?.settle(new RecordRefused('too large'));
  await sent;
  expect(events()).toContain('dead_letter_refused');
});

test('is tried again after the sender was closed under it', async () => {
  const { letters, posted, timers } = rig();
  const held = [dead(timers.nowMs())];
  const sent = letters.send(held);
  posted[0]?.settle(new Error('closed'));
  expect(await sent.catch((error: unknown) => error)).toBeInstanceOf(DeadLettersWait);
  const again = letters.send(held);
  posted[1]?.settle();
  await again;
  expect(posted.length).toBe(2);
});

test('a value that is cut says how much is missing', () => {
  const shownOf = (chars: number): string | null =>
    deadLetterOf(bufferedOf('norm.swap_demand', 0, 0n, 'x'.repeat(chars)), { reason: 'not_json', detail: '' }, 0).value;
  expect(shownOf(65_536)).toBe('x'.repeat(65_536));
  expect(shownOf(65_546)).toBe(`${'x'.repeat(65_536)}... (10 more bytes)`);
});

const GAP = { kind: 'gap', topic: 'exec.trade_result', partition: 0, expected: 7n, got: 19n, missed: 12n } as const;

test('records that Kafka has deleted are one dead letter, which has to be acknowledged before anything is written', async () => {
  const { letters, posted, timers } = rig();
  letters.missed(GAP);
  letters.missed(GAP);
  expect(posted).toEqual([]);
  const tried = letters.send([]).catch((error: unknown) => error);
  timers.advance(10_000);
  expect(await tried).toBeInstanceOf(DeadLettersWait);
  const sent = letters.send([]);
  expect(posted.length).toBe(1);
  expect(JSON.parse(posted[0]?.value ?? '').payload).toMatchObject({
    origin: 'exec.trade_result',
    partition: 0,
    offset: '7',
    reason: 'records_missed',
    detail:
      '12 records from offset 7 on could not be written, because Kafka had deleted them; the next record is at 19',
    value: null,
  });
  posted[0]?.settle();
  await sent;
  await letters.send([]);
  expect(posted.length).toBe(1);
});

test('of the same gap, found again after a kill, it has the same id', async () => {
  const ids: unknown[] = [];
  for (let run = 0; run < 2; run++) {
    const { letters, posted } = rig();
    letters.missed(GAP);
    const sent = letters.send([]);
    ids.push(JSON.parse(posted[0]?.value ?? '').eventId);
    posted[0]?.settle();
    await sent;
  }
  expect(ids[0]).toBe(ids[1]);
});

test('only what is known to be lost is a dead letter, and a gap always', () => {
  const { log, events } = keptLog();
  const missed: bigint[] = [];
  const notes = new OffsetNotes(
    log,
    { offsetNoted: () => undefined },
    { missed: (note) => void missed.push(note.missed) },
  );
  notes.report(GAP);
  notes.report({ ...GAP, kind: 'reset', got: 0n, missed: 0n });
  notes.report({ ...GAP, kind: 'reset', got: 0n, missed: 3n });
  notes.report({ ...GAP, kind: 'void', missed: 0n });
  expect(missed).toEqual([12n, 3n]);
  expect(events()).toEqual(['offsets_missing', 'offsets_reset', 'offsets_reset', 'offsets_without_records']);
});

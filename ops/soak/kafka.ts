// Leak run of the Kafka addon: records produced, reported, consumed and committed in one Bun process at a steady rate,
// while resident memory is sampled. Bun never frees the handles that native code takes of functions and objects, so this
// is what shows whether the ways around it (contracts/runtime, ops/toolchain/kafka-addon) still hold.
// Verdict: the median of the last minute is within 10 % of the median of the first, and nothing was lost.

import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createTopics } from '../../contracts/runtime/kafka/admin/cluster.ts';
import type { Consumer } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import { openConsumer } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import { partitionOf } from '../../contracts/runtime/kafka/partition.ts';
import type { Producer } from '../../contracts/runtime/kafka/producer.ts';
import { openProducer } from '../../contracts/runtime/kafka/producer.ts';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import type { Soak } from '../testing/run/soak.ts';

const PARTITIONS = 6;
const KEYS = 500;
const VALUE_BYTES = 600;
const TICK_MS = 10;
const SAMPLE_MS = 1000;
const PRINT_EVERY_SAMPLES = 10;
const COMMIT_MS = 1000;
const GROWTH_PCT_MAX = 10;
const LIMIT_MS = 30_000;

type Plan = { readonly brokers: string; readonly seconds: number; readonly ratePerS: number };
type Counts = { produced: number; delivered: number; refused: number; full: number; consumed: number; commits: number };

export const soak: Soak = {
  name: 'kafka',
  summary:
    'five minutes at 3,000 records/s through the Kafka addon: memory must not grow (--seconds, --rate, --brokers)',
  async run(args, stack) {
    const plan = planOf(args, stack.kafkaBrokers);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    return await judge(plan);
  },
};

function planOf(args: readonly string[], brokers: string): Plan | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        brokers: { type: 'string', default: brokers },
        seconds: { type: 'string', default: '300' },
        rate: { type: 'string', default: '3000' },
      },
    });
    const seconds = Number(values.seconds);
    const ratePerS = Number(values.rate);
    if (!Number.isInteger(seconds) || seconds < 10) return '--seconds must be a whole number from 10';
    if (!Number.isInteger(ratePerS) || ratePerS < 1) return '--rate must be a whole number of records a second';
    return { brokers: values.brokers, seconds, ratePerS };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function judge(plan: Plan): Promise<number> {
  const counts: Counts = { produced: 0, delivered: 0, refused: 0, full: 0, consumed: 0, commits: 0 };
  const topic = `soak-${randomUUID()}`;
  const settings = { 'retention.ms': '600000', 'retention.bytes': '104857600', 'segment.bytes': '16777216' };
  const made = await createTopics({ brokers: plan.brokers, timeoutMs: LIMIT_MS }, [
    { name: topic, partitions: PARTITIONS, replicas: 1, settings },
  ]);
  if (made[0]?.outcome !== 'created') throw new Error(`the topic was not made: ${JSON.stringify(made)}`);

  const troubles: string[] = [];
  const onTrouble = (code: string, message: string): void => {
    troubles.push(`${code}: ${message}`);
  };
  const producer = openProducer({
    brokers: plan.brokers,
    clientId: 'unrip-soak',
    onDelivered: () => {
      counts.delivered += 1;
    },
    onRefused: () => {
      counts.refused += 1;
    },
    onTrouble,
  });
  const consumer = openConsumer({
    brokers: plan.brokers,
    clientId: 'unrip-soak',
    groupId: topic,
    topics: [topic],
    onAssigned: (partitions) => partitions.map(() => 'committed'),
    onRevoked: () => undefined,
    onTrouble,
  });
  await Promise.all([producer.connect(LIMIT_MS), consumer.connect(LIMIT_MS)]);
  console.log(`Bun ${Bun.version}, ${plan.ratePerS} records/s of ${VALUE_BYTES} bytes for ${plan.seconds} s`);

  const run = { open: true };
  const reading = consume(consumer, counts, run);
  const samples = await produce(producer, topic, plan, counts);
  const flushed = await producer.flush(LIMIT_MS);
  await drain(counts);
  run.open = false;
  await reading;
  await consumer.close();
  await producer.close();

  const minute = Math.min(60, Math.floor(samples.length / 2));
  const first = median(samples.slice(0, minute));
  const last = median(samples.slice(-minute));
  const growthPct = (100 * (last - first)) / first;
  const whole = flushed && counts.delivered === counts.produced && counts.consumed === counts.produced;
  console.log(JSON.stringify({ ...counts, firstMiB: mib(first), lastMiB: mib(last), growthPct, troubles }));
  const steady = Math.abs(growthPct) <= GROWTH_PCT_MAX;
  console.log(
    `resident memory: ${mib(first)} MiB in the first ${minute} s, ${mib(last)} MiB in the last: ` +
      `${growthPct.toFixed(1)} %, ${steady ? 'within' : 'NOT within'} ${GROWTH_PCT_MAX} %; ` +
      `${whole ? 'every record delivered and read once' : 'RECORDS MISSING OR DOUBLED'}`,
  );
  return steady && whole ? EXIT.ok : EXIT.failure;
}

/** Holds the rate by the clock, whatever a tick's delay was; returns resident memory in bytes, one sample a second. */
async function produce(producer: Producer, topic: string, plan: Plan, counts: Counts): Promise<number[]> {
  const samples: number[] = [];
  const startMs = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs >= plan.seconds * 1000) return samples;
    const due = Math.floor((elapsedMs * plan.ratePerS) / 1000);
    while (counts.produced < due) {
      const key = `key-${counts.produced % KEYS}`;
      const value = new Uint8Array(VALUE_BYTES).fill(counts.produced % 256);
      if (producer.produce(topic, partitionOf(key, PARTITIONS), key, value, counts.produced) !== 'queued') {
        counts.full += 1;
        break;
      }
      counts.produced += 1;
    }
    if (elapsedMs >= (samples.length + 1) * SAMPLE_MS) {
      const bytes = process.memoryUsage.rss();
      samples.push(bytes);
      if (samples.length % PRINT_EVERY_SAMPLES === 0) {
        const { delivered, consumed, commits } = counts;
        console.log(
          `${samples.length} s: ${mib(bytes)} MiB, ${delivered} delivered, ${consumed} read, ${commits} commits`,
        );
      }
    }
    await Bun.sleep(TICK_MS);
  }
}

async function consume(consumer: Consumer, counts: Counts, run: { open: boolean }): Promise<void> {
  const next = new Map<number, bigint>();
  let topic = '';
  let committedAtMs = performance.now();
  while (run.open) {
    for (const record of await consumer.poll(1000)) {
      topic = record.topic;
      counts.consumed += 1;
      next.set(record.partition, record.offset + 1n);
    }
    if (performance.now() - committedAtMs < COMMIT_MS || next.size === 0) continue;
    committedAtMs = performance.now();
    await consumer.commit([...next].map(([partition, offset]) => ({ topic, partition, offset })));
    counts.commits += 1;
    next.clear();
  }
}

async function drain(counts: Counts): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (counts.consumed < counts.delivered && performance.now() < endMs) await Bun.sleep(TICK_MS);
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function mib(bytes: number): number {
  return Math.round(bytes / 104857.6) / 10;
}

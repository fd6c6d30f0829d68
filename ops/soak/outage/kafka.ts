// Kafka away under an engine that trades: answers go on, memory and journal stay within bounds, and when it is back every record is
// delivered and written once.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '../../harness/service.ts';
import { startOwnKafka } from '../../testing/own-kafka.ts';
import { type KafkaOutage, onceOnRecord, residentIn } from './judge.ts';
import { answeredIds, askedBy, startRig, untilAnswered } from './rig.ts';

export type KafkaOutageOptions = {
  /** Of a PostgreSQL, which stays. */
  readonly adminUrl: string;
  /** Of this run alone; empty or not there. */
  readonly dir: string;
  readonly seconds: number;
  /** Of the same load before it is measured: growth is over what that takes by itself. None unless said otherwise. */
  readonly warmSeconds?: number;
  readonly ratePerS: number;
  readonly seed: number;
  readonly progress?: (line: string) => void;
};

/** What an engine takes. */
type Usage = { readonly residentBytes: number; readonly journalBytes: number };

/** Of the quotes before it is measured. */
const WARM_ANSWERS = 50;
const SAMPLE_MS = 1_000;
/** Of the quotes that are asked once the time is over. */
const STILL_ANSWERED = 10;
/** Everything has to be in Kafka by then. */
const DELIVERED_LIMIT_MS = 300_000;

export async function withoutKafka(options: KafkaOutageOptions): Promise<KafkaOutage> {
  const { adminUrl, dir, seconds, warmSeconds = 0, ratePerS, seed, progress = () => {} } = options;
  const kafka = await startOwnKafka();
  try {
    const services = { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka' as const, adminUrl };
    const rig = await startRig({ services, dir, ratePerS, seed });
    try {
      const { venue } = rig;
      const engine = await rig.startEngine();
      await untilAnswered(venue, WARM_ANSWERS);
      await venue.ask(warmSeconds * ratePerS);
      const before = await usageOf(engine);
      await kafka.stop();
      progress(`Kafka is away for ${seconds} s`);
      const measured: { most: Usage } = { most: before };
      const asked = await askedBy(venue, async () => {
        measured.most = await mostDuring(engine, venue.ask(seconds * ratePerS));
      });
      await untilAnswered(venue, STILL_ANSWERED);
      progress(`Kafka is back; ${asked.answered} of ${asked.quoteIds.length} were answered while it was away`);
      await kafka.start();
      const beganMs = performance.now();
      await engine.control.waitHealthy('/healthz', DELIVERED_LIMIT_MS);
      const recoveredMs = Math.round(performance.now() - beganMs);
      await engine.stop();
      progress('waiting until PostgreSQL has everything');
      return {
        asked,
        grownBytes: measured.most.residentBytes - before.residentBytes,
        journalBytes: measured.most.journalBytes - before.journalBytes,
        recoveredMs,
        violations: onceOnRecord(answeredIds(venue), await rig.history()),
      };
    } finally {
      await rig.close();
    }
  } finally {
    await kafka.remove();
  }
}

/** The maximum of each, until the work is done. */
async function mostDuring(engine: Service, work: Promise<void>): Promise<Usage> {
  let isOver = false;
  const over = work.then(() => {
    isOver = true;
  });
  let most = await usageOf(engine);
  while (!isOver) {
    await Promise.race([over, Bun.sleep(SAMPLE_MS)]);
    const now = await usageOf(engine);
    most = {
      residentBytes: Math.max(most.residentBytes, now.residentBytes),
      journalBytes: Math.max(most.journalBytes, now.journalBytes),
    };
  }
  return most;
}

async function usageOf({ control, stateDir }: Service): Promise<Usage> {
  const directory = join(stateDir, 'journal');
  const journalBytes = readdirSync(directory).reduce((sum, name) => {
    // A segment may go between the two calls.
    return sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
  return { residentBytes: residentIn(String(await control.get('/metrics'))), journalBytes };
}

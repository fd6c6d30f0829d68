import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { excessesOf } from './judge.ts';
import { withoutKafka } from './kafka.ts';
import { withoutPostgres } from './postgres.ts';

/** Generous: it only decides how long a failing test takes. */
const LIMIT_MS = 420_000;
const SECONDS = 30;
/** A machine that is busy with other tests answers that many. */
const RATE_PER_S = 50;

describeWith(['kafka', 'database'], 'an engine that trades', ({ kafka, database }) => {
  test(
    'goes on without Kafka, and without PostgreSQL as its policy says, and everything is on record once',
    async () => {
      using dir = tempDir('outage');
      const seed = Math.floor(Math.random() * 1_000_000);
      const plan = { ratePerS: RATE_PER_S, seed };
      // Each with servers of its own to take away: at the same time, as nothing is measured.
      const outages = await Promise.allSettled([
        withoutKafka({ ...plan, adminUrl: database.adminUrl, dir: join(dir.path, 'kafka'), seconds: SECONDS }),
        withoutPostgres({ ...plan, kafkaBrokers: kafka.brokers, dir: join(dir.path, 'postgres') }),
      ]);
      const [withKafkaAway, withPostgresAway] = outages;
      if (withKafkaAway.status === 'rejected') throw withKafkaAway.reason;
      if (withPostgresAway.status === 'rejected') throw withPostgresAway.reason;
      const violations = [...excessesOf(withKafkaAway.value), ...withKafkaAway.value.violations];
      violations.push(...withPostgresAway.value.violations);
      expect({ seed, violations }).toEqual({ seed, violations: [] });
    },
    LIMIT_MS,
  );
});

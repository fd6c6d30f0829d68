import { expect, test } from 'bun:test';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { killRun } from './run.ts';

const LIMIT_MS = 180_000;

describeWith(['kafka', 'database'], 'an engine that is killed in the middle of 2,000 quotes', ({ kafka, database }) => {
  test(
    'goes on where it stood: nothing answered twice, nothing unrecorded, nothing promised beyond the balance',
    async () => {
      using dir = tempDir('kill');
      const seed = Math.floor(Math.random() * 1_000_000);
      const report = await killRun({
        services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
        dir: dir.path,
        seed,
        signal: 'SIGKILL',
      });
      const against = report.findings.filter(({ ok }) => !ok);
      expect({ seed, against }).toEqual({ seed, against: [] });
    },
    LIMIT_MS,
  );
});

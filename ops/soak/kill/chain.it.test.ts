import { expect, test } from 'bun:test';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { killChain } from './chain.ts';
import { STAGES } from './stages.ts';

const LIMIT_MS = 420_000;
/** Each stage once as a kill and once as a power cut. */
const KILLS = 2 * STAGES.length;

describeWith(
  ['kafka', 'database'],
  'engines that are killed one after the other, in each stage',
  ({ kafka, database }) => {
    test(
      'lose no record, answer nothing twice, and keep what they promised, also when the power goes',
      async () => {
        using dir = tempDir('chain');
        const seed = Math.floor(Math.random() * 1_000_000);
        const report = await killChain({
          services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
          dir: dir.path,
          seed,
          kills: KILLS,
        });
        const against = report.findings.filter(({ ok }) => !ok);
        expect({ seed, against }).toEqual({ seed, against: [] });
        expect(Object.values(report.hits)).toEqual(STAGES.map(() => ({ plain: 1, cut: 1 })));
      },
      LIMIT_MS,
    );
  },
);

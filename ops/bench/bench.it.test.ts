// A tiny run of each bench, so that none of them rots. What they measure is no matter here.

import { expect, spyOn, test } from 'bun:test';
import { soak as kafkaRun } from '../soak/kafka.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { urlsOf } from '../stack/postgres/roles.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { reportOf, tableOf } from './loop/report.ts';
import { runLoopBench } from './loop/run.ts';

const LIMIT_MS = 120_000;
const SETTINGS = { rounds: 2, quotes: 40, warmUp: 10, ratePerS: 100, flood: 4, against: CHECKOUT };
const MACHINE = { cpu: 'any', cores: 2, memoryGib: 1, os: 'any' };

describeWith(['kafka', 'database'], 'benches', ({ kafka, database }) => {
  test(
    'loop: every variant answers every quote, and the figures come to a report',
    async () => {
      using dir = tempDir('bench');
      const said: string[] = [];
      const rounds = await runLoopBench({
        settings: SETTINGS,
        services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
        dir: dir.path,
        progress: (line) => said.push(line),
      });
      const report = reportOf({ date: 'now', bun: Bun.version, machine: MACHINE, settings: SETTINGS, rounds });
      expect(report.faults).toEqual([]);
      const { latencyUs } = report;
      for (const each of Object.values(latencyUs)) expect(each?.count).toBe(SETTINGS.rounds * SETTINGS.quotes);
      expect(report.signaturesChecked).toBe(12);
      expect(said.filter((line) => line.startsWith('round ')).map((line) => line.split(': ')[1])).toEqual([
        ...['echo', 'signer', 'unrip', 'other'],
        ...['signer', 'unrip', 'other', 'echo'],
      ]);
      expect(tableOf(report)).toContain('unrip / other');
    },
    LIMIT_MS,
  );

  test(
    'kafka: every record is delivered and read once',
    async () => {
      const printed = spyOn(console, 'log').mockImplementation(() => {});
      try {
        await kafkaRun.run(['--seconds', '10', '--rate', '200', '--brokers', kafka.brokers], {
          dir: '',
          kafkaBrokers: kafka.brokers,
          kafkaVersion: '',
          kafkaKind: 'kafka',
          adminUrl: database.adminUrl,
          database: urlsOf(database.adminUrl),
          postgresVersion: '',
        });
        const counts = printed.mock.calls.map(([line]) => String(line)).find((line) => line.startsWith('{"produced"'));
        const { produced, delivered, consumed, refused } = JSON.parse(counts ?? '{}');
        expect({ delivered, consumed, refused }).toEqual({ delivered: produced, consumed: produced, refused: 0 });
        expect(produced).toBeGreaterThan(1000);
      } finally {
        printed.mockRestore();
      }
    },
    LIMIT_MS,
  );
});

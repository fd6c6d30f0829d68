// A tiny run of each bench, so that none of them rots. What they measure is no matter here.

import { expect, spyOn, test } from 'bun:test';
import { join } from 'node:path';
import { soak as kafkaRun } from '../soak/kafka.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { urlsOf } from '../stack/postgres/roles.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { runHistoryBench } from './history/run.ts';
import { drawingOf } from './loop/bench.ts';
import { reportOf } from './loop/report.ts';
import { runLoopBench } from './loop/run.ts';
import { tableOf } from './loop/table.ts';
import { thisMachine } from './machine.ts';
import { runStartBench } from './start/run.ts';

const LIMIT_MS = 120_000;
/** Takes from the environment what a foreign solver does. */
const SOLVER = `${process.execPath} ${join(import.meta.dir, 'loop/variants/signer.ts')} $RELAY_WS_URL`;
/** On a machine that is busy with other tests an engine rightly holds back: when its disk, say, is behind. */
const UNANSWERED = /^\w+: (?:\d+ of \d+ quotes were answered|\d+ quotes of \d+ were live when it was measured)$/;
const SETTINGS = {
  rounds: 2,
  quotes: 40,
  warmUp: 10,
  ratePerS: 100,
  kafka: true,
  live: 50,
  foreignPerS: 60,
  flood: 10,
  solver: SOLVER,
  against: CHECKOUT,
};

describeWith(['kafka', 'database'], 'benches', ({ kafka, database }) => {
  const services = { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl } as const;

  test(
    'loop: every variant is measured, no answer is wrong, nothing is lost, and the figures come to a report',
    async () => {
      using dir = tempDir('bench');
      const said: string[] = [];
      const progress = (line: string) => void said.push(line);
      const rounds = await runLoopBench({ settings: SETTINGS, services, dir: dir.path, progress });
      const report = reportOf({ machine: thisMachine(), settings: SETTINGS, rounds });
      expect([...report.faults, ...report.notes].filter((fault) => !UNANSWERED.test(fault))).toEqual([]);
      for (const { latencyUs } of report.variants) {
        expect(latencyUs.count).toBeGreaterThan(0);
        expect(latencyUs.count).toBeLessThanOrEqual(SETTINGS.rounds * SETTINGS.quotes);
      }
      expect(report.signaturesChecked).toBeGreaterThan(0);
      expect(said.filter((line) => line.startsWith('round ')).map((line) => line.split(': ')[1])).toEqual([
        ...['echo', 'signer', 'unrip', 'other', 'solver'],
        ...['signer', 'unrip', 'other', 'solver', 'echo'],
      ]);
      const table = tableOf(report);
      expect(table).toContain('unrip / other');
      expect(table).toContain('unrip: nothing lost end to end');
      expect(table).toContain('unrip under the flood: ');
      expect(drawingOf(report)).toContain('>other</text>');
    },
    LIMIT_MS,
  );

  test(
    'loop, closed and without Kafka: all is answered, and arrives once Kafka can be reached',
    async () => {
      using dir = tempDir('bench');
      const settings = {
        ...SETTINGS,
        rounds: 1,
        ratePerS: null,
        kafka: false,
        live: 0,
        foreignPerS: 0,
        flood: 0,
        solver: null,
        against: null,
      };
      const rounds = await runLoopBench({ settings, services, dir: dir.path, progress: () => {} });
      const report = reportOf({ machine: thisMachine(), settings, rounds });
      expect(report.faults.filter((fault) => !UNANSWERED.test(fault))).toEqual([]);
      expect(report.generatorLatenessUs).toBeNull();
      expect(report.variants.find(({ name }) => name === 'unrip')?.arrived[0]?.answers).toBeGreaterThan(
        SETTINGS.quotes,
      );
    },
    LIMIT_MS,
  );

  test(
    'history: both writers write every record of their part of the backlog',
    async () => {
      using dir = tempDir('bench');
      const settings = { records: 900, naiveRecords: 60 };
      const servers = { broker: process.pid, postgres: process.pid };
      const options = { settings, services, servers, dir: dir.path, progress: () => {} };
      const { writer, naive, postgres } = await runHistoryBench(options);
      expect([...writer.faults, ...naive.faults]).toEqual([]);
      expect([writer.records, naive.records]).toEqual([900, 60]);
      expect(postgres['synchronous_commit']).toBe('on');
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

test(
  'start: the engine takes up the journal that was filled for it, twice, and is ready to trade',
  async () => {
    using dir = tempDir('bench');
    const settings = { records: 600, quotesPerS: 50, rounds: 2 };
    const { filled, starts } = await runStartBench({ settings, dir: dir.path, progress: () => {} });
    expect(filled.records).toBeGreaterThan(600);
    // All of them were asked within the last few seconds.
    expect(filled.liveQuotes).toBeGreaterThan(150);
    expect(starts).toHaveLength(2);
    for (const { listeningMs, readyMs } of starts) expect(readyMs).toBeGreaterThanOrEqual(listeningMs);
  },
  LIMIT_MS,
);

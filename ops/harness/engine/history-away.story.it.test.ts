// A PostgreSQL that goes away under a whole system that trades: the engine says that its history is not written, goes on, and is
// healthy again once everything is on record.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import postgres from 'postgres';
import { openHistory } from '../../demo/history.ts';
import { playTape, untilWritten } from '../../demo/play.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { type Rig, startRig } from '../rig.ts';

const LIMIT_MS = 120_000;
const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const SILENT = { isTerminal: false, say: () => {}, update: () => {} };

const Health = Type.Object({ healthy: Type.Boolean(), reasons: Type.Array(Type.String()) });

describeWith(['kafka', 'database'], 'a PostgreSQL that goes away', ({ kafka, database }) => {
  const dir = tempDir('away');
  const { signal } = new AbortController();
  let rig: Rig;
  let admin: postgres.Sql;

  const health = async () => {
    const response = await fetch(`${rig.engine().url}/healthz`);
    return { status: response.status, ...Value.Parse(Health, await response.json()) };
  };
  const play = (seconds: number) => playTape(rig, SILENT, { tape: TAPE, speed: 30, seconds, signal });
  /** What the engine logged of the history. */
  const linesOfHistory = (): string[] =>
    readFileSync(rig.engine().logPath, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter(({ part }) => part === 'history')
      .map(({ level, event }) => `${level} ${event}`);
  /** For everybody but the administrator, who is in another database. */
  const setReachable = async (reachable: boolean): Promise<void> => {
    const name = new URL(rig.database.writer).pathname.slice(1);
    await admin`alter database ${admin(name)} with allow_connections ${admin.unsafe(String(reachable))}`;
    if (!reachable) await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  };

  beforeAll(async () => {
    admin = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
    rig = await startRig({
      dir: join(dir.path, 'run'),
      services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
      label: 'away',
      armed: true,
    });
  }, LIMIT_MS);

  afterAll(async () => {
    await setReachable(true).catch(() => {});
    await rig?.stop();
    await admin?.end({ timeout: 2 });
    dir.remove();
  }, LIMIT_MS);

  test(
    'makes the engine unhealthy with that reason until it is back, and every record is written then',
    async () => {
      await play(1);
      expect(await health()).toMatchObject({ status: 200, healthy: true });

      await setReachable(false);
      // It is noticed with the next write.
      const playing = play(2);
      const isSaid = async (): Promise<boolean> => {
        const { status, healthy, reasons } = await health();
        return status === 503 && !healthy && reasons.includes('history.history_not_written');
      };
      await waitFor(isSaid, { what: 'the engine to say that its history is not written', limitMs: 30_000 });
      await playing;

      await setReachable(true);
      await rig.historyWriter.control.waitHealthy('/healthz', LIMIT_MS);
      await rig.engine().control.waitHealthy('/healthz', LIMIT_MS);
      await waitFor(() => linesOfHistory().at(-1) === 'info part_healthy', { what: 'the line of the recovery' });
      expect(linesOfHistory().at(-2)).toBe('warn part_unhealthy');
      const history = openHistory(rig.database.reader, rig.accountId);
      const unwritten = await untilWritten(rig, history, { screen: SILENT, signal });
      await history.close();
      expect(unwritten).toBeNull();
    },
    LIMIT_MS,
  );
});

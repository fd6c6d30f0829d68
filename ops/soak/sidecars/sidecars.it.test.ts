import { expect, test } from 'bun:test';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { killSidecars, TARGETS } from './run.ts';

const LIMIT_MS = 600_000;
const KILLS = 3;

describeWith(['kafka', 'database'], 'sidecars, PostgreSQL and Kafka that are killed under load', () => {
  test(
    'lose nothing and double nothing: events, alerts, deposits',
    async () => {
      using dir = tempDir('sidecars');
      const seed = Math.floor(Math.random() * 1_000_000);
      const report = await killSidecars({ dir: dir.path, seed, kills: KILLS });
      const against = report.findings.filter(({ ok }) => !ok);
      expect({ seed, against }).toEqual({ seed, against: [] });
      expect(TARGETS.map((target) => report.kills[target].random)).toEqual(TARGETS.map(() => Math.floor(KILLS / 2)));
      // Some of those that were to be met at work had just done it.
      const busy = TARGETS.reduce((sum, target) => sum + report.kills[target].busy, 0);
      expect(busy).toBeGreaterThanOrEqual(TARGETS.length);
    },
    LIMIT_MS,
  );
});

// The eleven steps against real processes, a real Kafka, a real PostgreSQL and the simulated venue, as an operator runs them.

import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import type { LiquidityManagerState } from '../../../contracts/control/liquidity-manager.ts';
import { startRig } from '../../harness/rig.ts';
import { startLiquidityManager } from '../../harness/service.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';

const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const BTC_CHAIN = 'btc:mainnet';
const LIMIT_MS = 240_000;
const MINED = Type.Unknown();

describeWith(['kafka', 'database'], 'the validation of a running system', ({ kafka, database }) => {
  test(
    'is well in all eleven steps, from the states to the linked chain of one quote, and leaves nothing armed',
    async () => {
      using directory = tempDir('validation');
      const rig = await startRig({
        dir: join(directory.path, 'run'),
        services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
        label: 'validation',
        armed: false,
      });
      const { sim, accountId } = rig;
      const urls = sim.environment;
      const env = { FUNDING_BTC_CONFIRMATIONS: '1', FUNDING_POLL_MS: '500' };
      const manager = await startLiquidityManager({ dir: rig.dir, accountId, kafkaBrokers: kafka.brokers, urls, env });
      try {
        await manager.control.waitHealthy('/healthz', 60_000);
        const url = join(directory.path, 'database-url');
        writeFileSync(url, rig.database.reader, { mode: 0o600 });
        const child = Bun.spawn(
          [
            ...['sh', join(import.meta.dir, 'validate.sh'), '--state', rig.dir, '--database-url-file', url],
            ...['--wait', '90', '--arm', '--fresh-account'],
          ],
          { env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }, stdout: 'pipe', stderr: 'pipe' },
        );
        await sim.play(TAPE, 5);
        const stateOf = async () => (await manager.control.get('/state')) as LiquidityManagerState;
        const isActive = async () => (await stateOf()).deposit_addresses.some(({ status }) => status === 'active');
        await waitFor(isActive, { what: 'the deposit address that the validation asked for', limitMs: 90_000 });
        await sim.ask(MINED, '/deposit', 'POST', { chain: BTC_CHAIN, amount_units: '100000' });
        await waitFor(
          async () => {
            await sim.ask(MINED, '/mine', 'POST', { chain: BTC_CHAIN, blocks: 1 });
            return (await stateOf()).credited_deposits.length > 0;
          },
          { what: 'the deposit to be credited', limitMs: 90_000 },
        );
        const [out, err, code] = await Promise.all([
          new Response(child.stdout).text(),
          new Response(child.stderr).text(),
          child.exited,
        ]);
        expect(err).toBe('');
        expect(out.match(/^FAIL.*$/gm) ?? []).toEqual([]);
        expect(out.match(/^ok {3}\d+/gm)).toHaveLength(11);
        expect(code).toBe(0);
        for (const part of ['strategy', 'executor'])
          expect(await rig.engine().control.get(`/${part}/state`)).toMatchObject({ arm: { armed: false } });
      } finally {
        await manager.stop();
        await rig.stop();
      }
    },
    LIMIT_MS,
  );
});

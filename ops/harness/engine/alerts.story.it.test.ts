// The ops-sentinel next to an engine, with a real broker: alerts that are raised and cleared by pausing and resuming parts of the
// engine, by a signed answer that the venue refuses, over a kill, and while nothing is evaluated.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import { type SentinelProcess, startSentinelProcess } from '../../testing/sentinel-process.ts';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor, within } from '../../testing/wait.ts';
import { type EngineProcess, type Follower, follow, makeTopics, startProcess } from './process.fixture.ts';

const LIMIT_MS = 120_000;
const WAIT_MS = 40_000;

/** Short, so that a story takes seconds. */
const WINDOWS = {
  ALERT_KEEP_MS: '1000',
  ALERT_REFERENCE_STALE_MS: '1000',
  ALERT_INVENTORY_STALE_MS: '3000',
  ALERT_EVENTS_MS: '4000',
  // Nobody else runs here.
  ALERT_SERVICES: 'engine',
};

describeWith(['kafka'], 'alerts of an engine', ({ kafka }) => {
  let engine: EngineProcess;
  let sentinel: SentinelProcess;
  let follower: Follower;
  const state = tempDir('ops-sentinel');

  const start = async (): Promise<void> => {
    const { brokers } = kafka;
    sentinel = await startSentinelProcess({
      ...{ brokers, accountId: engine.accountId, stateDir: state.path, env: WINDOWS },
    });
  };
  const active = async (code: string) =>
    (await sentinel.alerts()).active.find(({ alert_code, phase }) => alert_code === code && phase === 'raised');
  const until = (what: string, isTrue: () => Promise<boolean>) => waitFor(isTrue, { what, limitMs: WAIT_MS });
  const raised = (code: string) => until(`${code} to be raised`, async () => (await active(code)) !== undefined);
  const cleared = (code: string) =>
    until(`${code} to be cleared`, async () => {
      const { active: now, cleared: before } = await sentinel.alerts();
      return !now.some(({ alert_code }) => alert_code === code) && before.some(({ alert_code }) => alert_code === code);
    });
  /** Records of the alert, each once, as soon as there are so many. */
  const records = async (code: string, status: OpsAlert['status'], count: number): Promise<readonly OpsAlert[]> => {
    const found = new Map<string, OpsAlert>();
    await follower.find('ops.alert', (payload: OpsAlert) => {
      if (payload.alert_code === code && payload.status === status) found.set(payload.alert_event_id, payload);
      return found.size >= count;
    });
    return [...found.values()];
  };

  beforeAll(async () => {
    await makeTopics(kafka.brokers);
    engine = await startProcess({ KAFKA_BROKERS: kafka.brokers });
    follower = await follow(kafka.brokers, engine.accountId);
    await start();
    await until('everything to be read', async () => (await sentinel.ask('GET', '/state')).body.blind_ms === null);
    await until('a calm start', async () => (await sentinel.alerts()).active.length === 0);
  }, LIMIT_MS);
  afterAll(async () => {
    await follower.close();
    await sentinel[Symbol.asyncDispose]();
    await engine.call('POST', '/executor/drain').catch(() => null);
    await within(engine.ended, { what: 'the engine to end' });
    await engine.close();
    state.remove();
  }, LIMIT_MS);

  test(
    'a stale price is raised and cleared by pausing and resuming the reference',
    async () => {
      await engine.call('POST', '/reference/pause');
      await raised('reference_price_stale');
      await engine.call('POST', '/reference/resume');
      await cleared('reference_price_stale');
      const [raise] = await records('reference_price_stale', 'raised', 1);
      const [clear] = await records('reference_price_stale', 'cleared', 1);
      expect(raise).toMatchObject({
        severity: 'critical',
        cleared_at: null,
        runbook: 'ops/runbooks/reference_price_stale.md',
      });
      expect(clear?.first_raised_at).toBe(raise?.first_raised_at as string);
      expect(Date.parse(clear?.cleared_at ?? '')).toBeGreaterThan(Date.parse(raise?.raised_at ?? ''));
    },
    LIMIT_MS,
  );

  test(
    'a stale inventory is raised and cleared by pausing and resuming the inventory',
    async () => {
      await engine.call('POST', '/inventory/pause');
      await raised('inventory_snapshot_stale');
      await engine.call('POST', '/inventory/resume');
      await cleared('inventory_snapshot_stale');
      expect(await records('inventory_snapshot_stale', 'raised', 1)).toHaveLength(1);
      expect(await records('inventory_snapshot_stale', 'cleared', 1)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test(
    'what was raised survives kill -9: it is cleared once, with its first time, and is not raised again',
    async () => {
      await engine.call('POST', '/reference/pause');
      await raised('reference_price_stale');
      const before = await active('reference_price_stale');
      await sentinel.child.stop('SIGKILL');
      await start();
      await raised('reference_price_stale');
      expect((await active('reference_price_stale'))?.first_raised_at).toBe(before?.first_raised_at as string);
      await engine.call('POST', '/reference/resume');
      await until('the clear', async () => (await active('reference_price_stale')) === undefined);
      const clears = await records('reference_price_stale', 'cleared', 2);
      expect(clears.at(-1)?.first_raised_at).toBe(before?.first_raised_at as string);
      expect(await records('reference_price_stale', 'raised', 2)).toHaveLength(2);
    },
    LIMIT_MS,
  );

  test(
    'a paused one raises nothing and says so, and catches up when it is resumed',
    async () => {
      expect((await sentinel.ask('POST', '/pause')).status).toBe(200);
      await engine.call('POST', '/reference/pause');
      const { body } = await sentinel.ask('GET', '/healthz');
      expect([body.healthy, body.notes]).toEqual([true, ['alerts.paused']]);
      const { paused, last_evaluated_at: evaluated } = await sentinel.alerts();
      // The engine has reported that there is no price.
      await follower.find('ref.market_price', ({ problem }) => problem?.startsWith('reference_paused') === true);
      expect([paused, (await sentinel.alerts()).last_evaluated_at]).toEqual([true, evaluated]);
      expect(await active('reference_price_stale')).toBeUndefined();
      expect((await sentinel.ask('POST', '/resume')).status).toBe(200);
      await raised('reference_price_stale');
      await engine.call('POST', '/reference/resume');
      await until('the clear', async () => (await active('reference_price_stale')) === undefined);
    },
    LIMIT_MS,
  );

  test(
    'a signed answer that the venue refuses is executor_submission_failed',
    async () => {
      await engine.arm();
      // The engine goes on with the balance and the key that it read last; the relay knows better.
      await engine.call('POST', '/inventory/pause');
      engine.world.chain.removeKey(engine.accountId, engine.publicKey);
      engine.world.mine('near', 1);
      await engine.decided();
      await raised('executor_submission_failed');
      const [raise] = await records('executor_submission_failed', 'raised', 1);
      expect(raise).toMatchObject({ subject: 'relay_rejected', service_scope: 'engine.executor' });
      expect(raise?.correlation_ids['quote_id']).toMatch(/^asked-/);
      expect(raise?.correlation_ids['command_id']).toMatch(/^cmd-/);
      await engine.call('POST', '/inventory/resume');
      await cleared('executor_submission_failed');
    },
    LIMIT_MS,
  );

  test(
    'two sentinels of one account say so, and the one that is left is well again',
    async () => {
      const { brokers } = kafka;
      using ownState = tempDir('ops-sentinel');
      const second = await startSentinelProcess({
        ...{ brokers, accountId: engine.accountId, stateDir: ownState.path, env: WINDOWS },
      });
      const sees = async ({ ask }: SentinelProcess): Promise<boolean> =>
        (await ask('GET', '/healthz')).body.reasons.includes('alerts.other_sentinel');
      try {
        await until('both to see each other', async () => (await sees(sentinel)) && (await sees(second)));
      } finally {
        await second.child.stop('SIGTERM');
      }
      await until('the first to be alone', async () => !(await sees(sentinel)));
    },
    LIMIT_MS,
  );

  test(
    'a drain hands over what is unsent and ends the process',
    async () => {
      expect((await sentinel.ask('POST', '/drain')).status).toBe(202);
      expect(await sentinel.child.exited).toBe(0);
    },
    LIMIT_MS,
  );
});

// The engine that faults are injected into: started, armed, watched, started again on the same state, and ended in whatever
// condition a fault left it.

import type { ThrowAwayKey } from '../harness/key.ts';
import { type Service, startEngine } from '../harness/service.ts';
import { waitFor } from '../testing/wait.ts';
import { type EngineMonitor, startMonitor } from './monitor.ts';

export type EngineSetup = {
  /** Of this run alone. */
  readonly dir: string;
  readonly accountId: string;
  readonly key: ThrowAwayKey;
  /** Of a broker, or of nothing: the engine trades without one. */
  readonly kafkaBrokers: string;
};

export type TestedEngine = {
  /** The one that was started last. */
  service(): Service;
  readonly monitor: EngineMonitor;
  arm(part?: 'strategy' | 'executor'): Promise<void>;
  /** Ends it, starts one on the same state, and arms it. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

export type TestedEngineOptions = {
  readonly setup: EngineSetup;
  /** Of its log. */
  readonly dir: string;
  readonly stateDir: string;
  /** Variables that connect it to the simulators. */
  readonly urls: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Whether it has to be ready before it is armed. */
  readonly waitForReady: boolean;
};

const READY_LIMIT_MS = 60_000;
const ENV = { COINGECKO_POLL_MS: '2000', INVENTORY_POLL_MS: '500', DRAIN_LIMIT_MS: '3000', LOG_LEVEL: 'info' };

/** Starts and arms it. */
export async function startTestedEngine(options: TestedEngineOptions): Promise<TestedEngine> {
  const { setup, dir, stateDir, urls } = options;
  const { accountId, kafkaBrokers } = setup;
  const start = async (): Promise<Service> =>
    await startEngine({
      dir,
      stateDir,
      accountId,
      keyFile: setup.key.file,
      kafkaBrokers,
      urls,
      env: { ...ENV, ...options.env },
    });
  let engine = await start();
  const monitor = startMonitor(() => engine.control);

  const arm = async (part?: 'strategy' | 'executor'): Promise<void> => {
    if (part !== 'executor') await engine.control.post('/strategy/arm', { forever: true });
    if (part !== 'strategy') await engine.control.post('/executor/arm', { forever: true, fresh_account: true });
  };
  const armWhenReady = async (): Promise<void> => {
    if (options.waitForReady) {
      const ready = { what: `the engine to be ready (log: ${engine.logPath})`, limitMs: READY_LIMIT_MS };
      await waitFor(() => monitor.isReady(), ready).catch((error: unknown) => {
        throw new Error(
          `${error instanceof Error ? error.message : error}; health: ${monitor.currentHealth().join(', ')}`,
        );
      });
    }
    await arm();
  };
  const stop = async (): Promise<void> => {
    // A paused process does not end by SIGTERM.
    if (engine.exitCode() === null) process.kill(engine.pid, 'SIGCONT');
    await engine.stop();
  };
  const tested: TestedEngine = {
    service: () => engine,
    monitor,
    arm,
    async restart() {
      await stop();
      engine = await start();
      await armWhenReady();
    },
    async stop() {
      await monitor.stop();
      await stop();
    },
  };
  try {
    await armWhenReady();
    return tested;
  } catch (error) {
    await tested.stop();
    throw error;
  }
}

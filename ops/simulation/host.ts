// The engine as a process of the simulated machine: the whole composition of engine/engine.ts, with its control routes, over the
// machine's time, disk, network and broker.

import { Value } from '@sinclair/typebox/value';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { renderProblems } from '../../contracts/runtime/config/load.ts';
import { PROBLEMS } from '../../contracts/runtime/control/problem.ts';
import type { ActionRoute } from '../../contracts/runtime/control/route.ts';
import { createLog } from '../../contracts/runtime/log/log.ts';
import { createEngineControl } from '../../engine/control/controls.ts';
import type { EngineControl } from '../../engine/control/engine-control.ts';
import { createGates } from '../../engine/control/gates.ts';
import { engineRoutes } from '../../engine/control/routes.ts';
import { createEngine, type Engine } from '../../engine/engine.ts';
import { JournalFailed } from '../../engine/journal/problems.ts';
import { loadSettings } from '../../engine/startup/settings.ts';
import { wallMs } from './machine/globals.ts';
import type { Machine } from './machine/machine.ts';
import { randomOf } from './machine/random.ts';
import type { Owner, Schedule } from './machine/schedule.ts';

/** A line of its log. */
export type LogLine = { readonly level: string; readonly event: string; readonly text: string };

export type HostOptions = {
  readonly machine: Machine;
  readonly env: Readonly<Record<string, string>>;
  /** Which start of the engine it is, from 1. */
  readonly run: number;
  readonly seed: string;
  readonly onLine: (line: LogLine) => void;
  /** Called when the engine is put together, before it starts. */
  readonly onBuilt: (engine: Engine) => void;
  /** The process ends with it. */
  readonly onStartFailed: () => void;
};

/** What a call of the control API gave. */
export type CallResult =
  | { readonly ok: true; readonly goesOn: boolean; readonly isPullRefused: boolean }
  | { readonly ok: false; readonly status: number; readonly code: string };

export type Host = {
  readonly owner: Owner;
  readonly engine: Engine;
  readonly control: EngineControl;
  /** The start has come to its end. */
  isStarted(): boolean;
  /** A call of the control API, by an operator; it takes effect at once. */
  call(method: string, path: string, body?: unknown): Promise<CallResult>;
  /** Records that Kafka had not got when it was drained. */
  outboxLeft(): number;
  /** SIGTERM: resolves when the process would end. */
  drain(limitMs: number): Promise<string | null>;
};

/** Time of one process: its own wall clock, and a monotonic clock that begins with it. A reading costs a moment, as a turn does. */
function clockOf(schedule: Schedule, owner: Owner, readingUs: () => number): Clock {
  const startedUs = schedule.nowUs;
  const after = (ms: number, run: () => void): (() => void) => schedule.after(ms * 1000, run, owner);
  return {
    nowMs: () => wallMs(owner, schedule),
    elapsedUs() {
      schedule.spend(readingUs());
      return schedule.nowUs - startedUs;
    },
    after,
    every(ms, run) {
      let stopped = false;
      let stop = (): void => {};
      const next = (): void => {
        stop = after(ms, () => {
          if (stopped) return;
          next();
          run();
        });
      };
      next();
      return () => {
        stopped = true;
        stop();
      };
    },
  };
}

/** Throws what the start throws: JournalRefused, or a configuration that is refused. */
export function startHost(options: HostOptions, owner: Owner, readingUs: () => number): Host {
  const { machine, env, run, seed, onLine } = options;
  const { schedule } = machine;
  const loaded = loadSettings(env, null);
  if (!loaded.ok) throw new Error(renderProblems('engine', loaded.problems));
  const clock = clockOf(schedule, owner, readingUs);
  const log = createLog({
    service: 'engine',
    component: 'main',
    level: 'info',
    namespace: 'simulation',
    destination: {
      write(text: string) {
        if (!owner.alive) return;
        const { level, event } = JSON.parse(text);
        onLine({ level, event, text });
      },
    },
  });
  const random = randomOf(`${seed} engine ${run}`);
  const engine = createEngine({
    settings: loaded.settings,
    clock,
    random,
    log,
    version: '0.0.0',
    newUuid: () => random.uuid(),
    later: (task) => void schedule.after(1, task, owner),
    stallLimitMs: 1000,
    disk: {},
  });
  options.onBuilt(engine);
  const control = createEngineControl(engine.parts, createGates(engine.parts), () => {});
  let started = false;
  let outboxLeft = 0;
  void engine.start().then(
    () => {
      started = true;
    },
    (error: unknown) => {
      // The disk failed within the start, with which the process ends; any other error is one of the engine's own.
      if (!(error instanceof JournalFailed)) throw error;
      options.onStartFailed();
    },
  );
  const routes = engineRoutes(control).filter((route): route is ActionRoute => route.kind === 'action');
  return {
    owner,
    engine,
    control,
    isStarted: () => started,
    async call(method, path, body = {}) {
      const route = routes.find((each) => each.method === method && each.path === path);
      if (route === undefined) throw new Error(`no route ${method} ${path}`);
      if (!Value.Check(route.body, body)) throw new Error(`${method} ${path} does not take ${JSON.stringify(body)}`);
      try {
        const result = await route.act(body, { actor: 'operator', remote: '127.0.0.1' });
        return result.ok
          ? { ok: true, goesOn: result.goesOn === true, isPullRefused: isPullRefused(result.to) }
          : { ok: false, status: result.problem.status, code: result.problem.code };
      } catch (error) {
        // The disk failed under this very call, which the control API answers like that; any other error is one of the engine's own.
        if (!(error instanceof JournalFailed)) throw error;
        return { ok: false, status: PROBLEMS.inside.status, code: PROBLEMS.inside.code };
      }
    },
    outboxLeft: () => outboxLeft,
    async drain(limitMs) {
      try {
        ({ outboxLeft } = await engine.drain(limitMs));
        return null;
      } catch (error) {
        return String(error);
      }
    },
  };
}

/** A disarm that was to withdraw quotes as well is done in any case; its answer says by null that they are not withdrawn. */
const isPullRefused = (to: unknown): boolean => (to as { readonly pull?: unknown } | null)?.pull === null;

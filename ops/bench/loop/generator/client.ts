// The bench's end of the generator: starts its process, waits for what it says, and never lets it outlive the bench.

import { join } from 'node:path';
import { toolEnvironment } from '../../../stack/tool-environment.ts';
import { raiseOutside } from '../../priority.ts';
import { type GeneratorReport, type GeneratorRequest, type RunResult, reportCheck, resultCheck } from './protocol.ts';

export type Generator = {
  /** Where a client connects. */
  readonly url: string;
  /** Settles when so many clients are subscribed to quotes. */
  subscribers(count: number): Promise<void>;
  /** Sends the quotes of one run and gives what came back. One run at a time. */
  run(request: RunRequest): Promise<RunResult>;
  stop(): Promise<void>;
};

export type RunRequest = Omit<GeneratorRequest, 'kind' | 'resultFile'> & {
  /** Called when the last answer is there, or was given up. */
  readonly onEnded?: () => void;
};

const START_LIMIT_MS = 20_000;
/** A foreign solver may compile itself first. */
const SUBSCRIBE_LIMIT_MS = 120_000;

type Waiter = {
  /** Null: not what is waited for. */
  readonly pick: (report: GeneratorReport) => (() => void) | null;
  readonly reject: (error: Error) => void;
};

/** A closed loop ends when it ends; one that hangs has a patience of its own. */
const CLOSED_LIMIT_MS = 600_000;

/** @param dir an existing folder for the results of its runs */
export async function startGenerator(dir: string): Promise<Generator> {
  const waiters = new Set<Waiter>();
  let subscribed = 0;
  const onReport = (report: GeneratorReport): void => {
    if (report.kind === 'subscribers') subscribed = report.count;
    for (const waiter of waiters) {
      const settle = report.kind === 'failed' ? () => waiter.reject(new Error(report.reason)) : waiter.pick(report);
      if (settle === null) continue;
      waiters.delete(waiter);
      settle();
    }
  };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'generator.ts')], {
    env: toolEnvironment(),
    stdio: ['ignore', 'inherit', 'inherit'],
    serialization: 'json',
    ipc(message: unknown) {
      if (reportCheck.Check(message)) onReport(message);
      else onReport({ kind: 'failed', reason: 'the generator said what it should not' });
    },
    onExit() {
      for (const waiter of waiters) waiter.reject(new Error('the generator ended'));
      waiters.clear();
    },
  });
  raiseOutside(child.pid);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  function next<T>(what: string, limitMs: number, pick: (report: GeneratorReport) => T | null): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiter: Waiter = {
      pick(report) {
        const value = pick(report);
        return value === null ? null : () => resolve(value);
      },
      reject,
    };
    waiters.add(waiter);
    const limit = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${what}`)), limitMs);
    return promise.finally(() => {
      clearTimeout(limit);
      waiters.delete(waiter);
    });
  }

  const url = await next('the generator', START_LIMIT_MS, (report) =>
    report.kind === 'listening' ? report.url : null,
  );
  return {
    url,
    async subscribers(count) {
      if (subscribed === count) return;
      await next(`${count} subscribed clients`, SUBSCRIBE_LIMIT_MS, (report) =>
        report.kind === 'subscribers' && report.count === count ? true : null,
      );
    },
    async run({ onEnded = () => undefined, ...request }) {
      const { count, pace, patienceMs } = request;
      const runMs = pace.kind === 'open' ? (count / pace.ratePerS) * 1000 : CLOSED_LIMIT_MS;
      const limitMs = runMs + patienceMs + START_LIMIT_MS;
      const resultFile = join(dir, 'result.json');
      const written = next('a run of the generator', limitMs, (report) => {
        if (report.kind === 'ended') onEnded();
        return report.kind === 'written' ? true : null;
      });
      child.send({ kind: 'run', ...request, resultFile });
      await written;
      const result: unknown = await Bun.file(resultFile).json();
      if (!resultCheck.Check(result)) throw new Error(`${resultFile} is no result of the generator`);
      return result;
    },
    async stop() {
      child.kill();
      await child.exited;
      process.off('exit', kill);
    },
  };
}

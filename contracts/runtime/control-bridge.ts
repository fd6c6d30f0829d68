// Runs the front of the control API in a Worker, and answers its calls on this thread. Nothing that a client does costs this
// thread more than the calls which the front lets pass.

import type { ControlApp } from './control-app.ts';
import type { ControlToken } from './control-auth.ts';
import type { Listening } from './control-listen.ts';
import type { FromFront, ToFront } from './control-thread.ts';
import type { Log } from './log.ts';
import { type Answer, PROBLEMS, problemAnswer } from './problem.ts';
import type { Timers } from './timers.ts';

export type BridgeOptions = {
  readonly app: ControlApp;
  readonly tokens: readonly ControlToken[];
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly log: Log;
  readonly timers: Timers;
  /** The Worker's program; tests give one that fails. */
  readonly worker?: URL;
};

const WORKER = new URL('./control-worker.ts', import.meta.url);
/** Longest time that answers under way have when the front stops; its own limit is shorter. */
const STOP_MS = 1000;
/** Between the end of a front that failed and the start of the next. */
const RESTART_MS = 1000;

/** Resolves when the control API listens, or cannot. A front that fails later is logged and started again on the same port. */
export async function startControl(options: BridgeOptions): Promise<Listening> {
  const { log, timers } = options;
  let port = options.port;
  let stopped = false;
  let running = await startFront(options, port, onFailure);
  if (!running.ok) return running;
  port = running.port;

  function onFailure(detail: string): void {
    if (stopped) return;
    log.error('control_front_failed', { detail, restart_ms: RESTART_MS });
    timers.after(RESTART_MS, async () => {
      if (stopped) return;
      const next = await startFront(options, port, onFailure);
      if (!next.ok) onFailure(next.problem.problem);
      else if (stopped) await next.stop();
      else running = next;
    });
  }

  return {
    ok: true,
    port,
    url: running.url,
    async stop() {
      stopped = true;
      if (running.ok) await running.stop();
    },
  };
}

function startFront(
  { app, tokens, host, timers, worker: program = WORKER }: BridgeOptions,
  port: number,
  onFailure: (detail: string) => void,
): Promise<Listening> {
  // It parses what clients send, and needs nothing of the environment, least of all the keys in it.
  const worker = new Worker(program.href, { name: 'control', env: {} });
  const started = Promise.withResolvers<Listening>();
  const stopping = Promise.withResolvers<void>();
  const post = (message: ToFront): void => worker.postMessage(message);
  const reply = (id: number, answer: Promise<Answer>): void => {
    answer.then(
      (given) => post({ kind: 'answer', id, answer: given }),
      () => post({ kind: 'answer', id, answer: problemAnswer(PROBLEMS.inside) }),
    );
  };
  const stop = async (): Promise<void> => {
    post({ kind: 'stop' });
    const stopLimit = timers.after(STOP_MS, stopping.resolve);
    await stopping.promise;
    stopLimit();
    worker.terminate();
  };
  let listens = false;
  const failed = (detail: string): void => {
    worker.terminate();
    stopping.resolve();
    if (listens) {
      listens = false;
      onFailure(detail);
      return;
    }
    const problem = `cannot be served: ${detail}`;
    started.resolve({ ok: false, problem: { variable: 'CONTROL_PORT', problem, shape: null, fix: 'start it again.' } });
  };
  worker.onmessage = ({ data }: MessageEvent<FromFront>) => {
    switch (data.kind) {
      case 'listening':
        listens = true;
        started.resolve({ ok: true, port: data.port, url: data.url, stop });
        break;
      case 'not_listening':
        worker.terminate();
        started.resolve({ ok: false, problem: data.problem });
        break;
      case 'read':
        reply(data.id, app.read(data.path, data.counts));
        break;
      case 'act':
        reply(data.id, app.act(data.call));
        break;
      case 'refused':
        app.refused(data.call);
        break;
      case 'log':
        app.log(data.line);
        break;
      case 'stopped':
        stopping.resolve();
        break;
      case 'failed':
        failed(data.detail);
        break;
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    failed(event.message);
  };
  post({ kind: 'start', options: { routes: app.routes, tokens, host, port } });
  return started.promise;
}

// The Worker in which the front of the control API runs. It must never load Kafka's addon, which works on the main thread
// only: ops/checks holds that nothing which this file imports leads there.

import { machineClock } from '../../clock.ts';
import { type ControlBackend, METRICS_PATH } from '../message.ts';
import { type Answer, PROBLEMS, problemAnswer } from '../problem.ts';
import type { FromFront, FrontStart, ToFront } from '../thread.ts';
import { type ControlFront, createControlFront } from './front.ts';
import { type Listening, listenControl } from './listen.ts';
import { lowerThreadPriority } from './priority.ts';

declare const self: Worker;

/**
 * Calls that the main thread has not answered: reads are bounded by their paths, actions by their rate and the time after
 * which the front gives up, which this lies above.
 */
const PENDING_MAX = 4096;

/**
 * A tenth of the processor that the thread which trades gets where both need it: a flood is served late, a quote is not. An
 * action is late if that thread is, so that operators do not lose by it either.
 */
const BEHIND_TRADING = 10;

const post = (message: FromFront): void => self.postMessage(message);
const pending = new Map<number, (answer: Answer) => void>();
let ids = 0;

function ask(send: (id: number) => void): Promise<Answer> {
  if (pending.size >= PENDING_MAX) return Promise.resolve(problemAnswer(PROBLEMS.loopLate));
  const id = ++ids;
  const { promise, resolve } = Promise.withResolvers<Answer>();
  pending.set(id, resolve);
  send(id);
  return promise;
}

/** The main thread's metrics cannot see it, and it is as much a part of the process's memory as that thread's. */
const heapBytesFor = (path: string): number | null => (path === METRICS_PATH ? process.memoryUsage().heapUsed : null);

const backend: ControlBackend = {
  read: (path, counts) => ask((id) => post({ kind: 'read', id, path, counts, heapBytes: heapBytesFor(path) })),
  act: (call) => ask((id) => post({ kind: 'act', id, call })),
  refused: (call) => post({ kind: 'refused', call }),
  log: (line) => post({ kind: 'log', line }),
};

let listening: Listening | null = null;
let front: ControlFront | null = null;

function start({ service, routes, tokens, host, port }: FrontStart): void {
  front = createControlFront({
    ...{ service, routes, tokens, host, backend },
    timers: machineClock,
    onEventsWanted: (wanted) => post({ kind: 'events_wanted', wanted }),
  });
  listening = listenControl(front, { host, port, timers: machineClock });
  if (listening.ok) post({ kind: 'listening', port: listening.port, url: listening.url, thread });
  else post({ kind: 'not_listening', problem: listening.problem });
}

async function stop(): Promise<void> {
  if (listening?.ok === true) await listening.stop();
  post({ kind: 'stopped' });
}

// Else Bun would write it to standard error and wait there for whoever reads it.
const failed = (error: unknown): void =>
  post({ kind: 'failed', detail: error instanceof Error ? error.message : String(error) });
process.on('uncaughtException', failed);
process.on('unhandledRejection', failed);

const thread = lowerThreadPriority(BEHIND_TRADING);

self.onmessage = ({ data }: MessageEvent<ToFront>) => {
  switch (data.kind) {
    case 'start':
      start(data.options);
      break;
    case 'answer':
      pending.get(data.id)?.(data.answer);
      pending.delete(data.id);
      break;
    case 'events':
      front?.events.take(data.batch);
      post({ kind: 'events_taken' });
      break;
    case 'tokens':
      front?.setTokens(data.tokens);
      post({ kind: 'tokens_taken', version: data.version });
      break;
    case 'ping':
      front?.events.processSeen();
      post({ kind: 'alive' });
      break;
    case 'stop':
      void stop();
      break;
  }
};

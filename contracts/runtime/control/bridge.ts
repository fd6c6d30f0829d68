// Runs the front of the control API in a Worker, and answers its calls on this thread. Nothing that a client does costs this
// thread more than the calls which the front lets pass. A Worker that throws, ends or no longer turns its loop is replaced: an
// operator who needs to disarm finds the control API there again.

import { GrowingPause } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';
import { leaveRealTime } from '../process/scheduling/scheduling.ts';
import { within } from '../wait.ts';
import type { ControlApp } from './app.ts';
import type { ControlToken } from './auth.ts';
import type { Listening } from './front/listen.ts';
import { type Answer, PROBLEMS, problemAnswer } from './problem.ts';
import type { FromFront, ToFront } from './thread.ts';

export type BridgeOptions = {
  readonly app: ControlApp;
  /** Until others are set. */
  readonly tokens: readonly ControlToken[];
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly log: Log;
  readonly timers: Clock;
  /** The Worker's program; tests give one that fails. */
  readonly worker?: URL;
};

const WORKER = new URL('./front/worker.ts', import.meta.url);
/** Longest time that answers under way have when the front stops; its own limit is shorter. */
const STOP_MS = 1000;
/** Between the end of a front that failed and the start of the next. */
const RESTART = { baseMs: 100, maxMs: 5000 } as const;
/** A front that has served for so long has not failed again for the reason of the last one. */
const STABLE_MS = 60_000;
/** Bun's messages of errors hold lines of the program. */
const DETAIL_CHARS_MAX = 500;
const PING_MS = 1000;
/**
 * Pings without an answer after which a Worker is stuck. Counted rather than timed: while this thread is blocked itself, no
 * answer is read.
 */
const PINGS_MAX = 10;
/** While it starts: its modules have to be loaded, on a machine that may be busy. */
const PINGS_AT_START_MAX = 30;

type Refused = Extract<Listening, { readonly ok: false }>;
type Listens = Extract<Listening, { readonly ok: true }>;
/** Fronts that listen, one after the other. */
type Serving = Listens & {
  /** Resolves when these are accepted and no others are; the last call counts. */
  setTokens(tokens: readonly ControlToken[]): Promise<void>;
};

/** One front that listens. */
type Front = Listens & { setTokens(given: Versioned): void };
/** Tokens with a number that grows. */
type Versioned = { readonly version: number; readonly tokens: readonly ControlToken[] };
type FrontEvents = {
  readonly onFailure: (detail: string) => void;
  /** The tokens of this number are in force. */
  readonly onTokens: (version: number) => void;
};

/**
 * Resolves when the control API listens, or cannot. A front that fails later is counted and started again on the same port;
 * one that goes on failing for one reason is logged once.
 */
export async function startControl(options: BridgeOptions): Promise<Serving | Refused> {
  const { log, timers } = options;
  let given: Versioned = { version: 0, tokens: options.tokens };
  /** Callers of `setTokens`; as few as there are changes of tokens at a time. */
  let waiting: { readonly version: number; readonly done: () => void }[] = [];
  let port = options.port;
  let stopped = false;
  const pause = new GrowingPause(RESTART);
  let logged: string | null = null;
  let recoveryLogged = true;
  const events: FrontEvents = { onFailure, onTokens };
  let running = await startFront(options, port, events);
  if (!running.ok) return running;
  port = running.port;
  let sinceUs = timers.elapsedUs();

  function onTokens(version: number): void {
    for (const { done } of waiting.filter((each) => each.version <= version)) done();
    waiting = waiting.filter((each) => each.version > version);
  }

  function onFailure(detail: string): void {
    if (stopped) return;
    options.app.frontFailed();
    if (timers.elapsedUs() - sinceUs > STABLE_MS * 1000) {
      pause.reset();
      logged = null;
    }
    const restartMs = pause.next();
    if (logged !== detail) {
      log.error('control_front_failed', { detail, restart_ms: restartMs });
      recoveryLogged = false;
    }
    logged = detail;
    timers.after(restartMs, async () => {
      if (stopped) return;
      const next = await startFront({ ...options, tokens: given.tokens }, port, events);
      sinceUs = timers.elapsedUs();
      if (!next.ok) onFailure(next.problem.problem);
      else if (stopped) await next.stop();
      else {
        running = next;
        // They may be others since it was started.
        running.setTokens(given);
        if (!recoveryLogged) log.info('control_front_restarted', { url: next.url });
        recoveryLogged = true;
      }
    });
  }

  return {
    ok: true,
    port,
    url: running.url,
    setTokens(tokens) {
      given = { version: given.version + 1, tokens };
      const { version } = given;
      if (running.ok) running.setTokens(given);
      return new Promise((done) => waiting.push({ version, done }));
    },
    async stop() {
      stopped = true;
      if (running.ok) await running.stop();
    },
  };
}

function startFront(
  { app, tokens, host, timers, worker: program = WORKER }: BridgeOptions,
  port: number,
  { onFailure, onTokens }: FrontEvents,
): Promise<Front | Refused> {
  // It parses what clients send, and needs nothing of the environment, least of all the keys in it.
  const worker = new Worker(program.href, { name: 'control', env: {} });
  const started = Promise.withResolvers<Front | Refused>();
  const stopping = Promise.withResolvers<void>();
  const post = (message: ToFront): void => worker.postMessage(message);
  let over = false;
  const end = (): void => {
    over = true;
    app.events?.detach();
    stopPings();
    worker.terminate();
  };
  const stop = async (): Promise<void> => {
    stopPings();
    post({ kind: 'stop' });
    await within(timers, stopping.promise, STOP_MS);
    end();
  };
  const setTokens = (given: Versioned): void => post({ kind: 'tokens', ...given });
  let listens = false;
  const failed = (detail: string): void => {
    if (over) return;
    end();
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
        // Made by a thread that may have real-time priority, it has that too, and its niceness does not count.
        if (data.thread !== null) leaveRealTime(data.thread);
        app.events?.attach((batch) => post({ kind: 'events', batch }));
        started.resolve({ ok: true, port: data.port, url: data.url, setTokens, stop });
        break;
      case 'not_listening':
        end();
        started.resolve({ ok: false, problem: data.problem });
        break;
      case 'tokens_taken':
        onTokens(data.version);
        break;
      case 'stopped':
        stopping.resolve();
        break;
      case 'alive':
        unanswered = 0;
        break;
      case 'failed':
        failed(data.detail.slice(0, DETAIL_CHARS_MAX));
        break;
      default:
        passOn(app, data, post);
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    failed(event.message.slice(0, DETAIL_CHARS_MAX));
  };
  worker.addEventListener('close', () => failed('its Worker ended'));
  let unanswered = 0;
  const stopPings = timers.every(PING_MS, () => {
    if (unanswered >= (listens ? PINGS_MAX : PINGS_AT_START_MAX)) {
      failed(`its Worker did not answer ${unanswered} pings`);
      return;
    }
    unanswered++;
    post({ kind: 'ping' });
  });
  post({ kind: 'start', options: { service: app.service, routes: app.routes, tokens, host, port } });
  return started.promise;
}

type Passed = Extract<
  FromFront,
  { readonly kind: 'read' | 'act' | 'refused' | 'log' | 'events_wanted' | 'events_taken' }
>;

/** What the front asks of the app. */
function passOn(app: ControlApp, message: Passed, post: (message: ToFront) => void): void {
  const reply = (id: number, answer: Promise<Answer>): void => {
    answer.then(
      (given) => post({ kind: 'answer', id, answer: given }),
      () => post({ kind: 'answer', id, answer: problemAnswer(PROBLEMS.inside) }),
    );
  };
  switch (message.kind) {
    case 'read':
      if (message.heapBytes !== null) app.frontHeap(message.heapBytes);
      reply(message.id, app.read(message.path, message.counts));
      break;
    case 'act':
      reply(message.id, app.act(message.call));
      break;
    case 'refused':
      app.refused(message.call);
      break;
    case 'log':
      app.log(message.line);
      break;
    case 'events_wanted':
      app.events?.setWanted(message.wanted);
      break;
    case 'events_taken':
      app.events?.taken();
      break;
  }
}

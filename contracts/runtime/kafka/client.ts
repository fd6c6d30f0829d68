// What producer and consumer have in common: the life of one librdkafka handle. It is started at once, keeps trying for
// as long as brokers are away, and says what it knows: there is no "disconnected" event in librdkafka, so `down` comes
// from its "all brokers are down", and `up` from an answered metadata request, asked for again and again while not up.
// Nothing here blocks the event loop; everything that calls back into us is guarded, since a throw would end the process.

import { type Clock, lastingTimers } from '../clock.ts';
import { LATE, within } from '../wait.ts';
import type { NativeCallbacks, NativeClient, NativeError, NativeMetadata } from './native.ts';
import { describeError } from './native.ts';

/**
 * What a client may report besides results:
 * `brokers_down` no broker can be reached, it keeps trying; `client_error` any other error of librdkafka; `warning` a line
 * of its log (often the true cause of `brokers_down`: a refused password, a wrong certificate); `fatal` this client will
 * do no more, close it and open another; `order_broken` (producer) a delivery report that fits no record, fatal as well;
 * `assign_failed` (consumer) starting offsets could not be had, tried again; `offset_gap` (consumer) records between the
 * wanted offset and the first one read are gone; `callback_failed` one of our callbacks threw.
 */
export type KafkaTrouble =
  | 'brokers_down'
  | 'client_error'
  | 'warning'
  | 'fatal'
  | 'order_broken'
  | 'assign_failed'
  | 'offset_gap'
  | 'callback_failed';

export type OnKafkaTrouble = (code: KafkaTrouble, message: string) => void;

/** `failed` and `closed` are final; the client changes between the other three by itself. */
export type KafkaState = 'connecting' | 'up' | 'down' | 'failed' | 'closed';

const METADATA_TIMEOUT_MS = 1000;
const METADATA_PAUSE_MS = 500;
/**
 * Leaving a group takes seconds. librdkafka waits without end for an answer that it missed, and whoever opens another
 * client after this one would wait with it.
 */
const CLOSE_LIMIT_MS = 30_000;
/** syslog severity: 4 is a warning, smaller is worse. */
const LOG_SEVERITY_MAX = 4;
const ERR_ALL_BROKERS_DOWN = -187;
/** This client will do no more, in whatever call it is returned: librdkafka's own flag as a code. */
export const ERR_FATAL = -150;

export type ErrorEvent = { readonly code: number | null; readonly isFatal: boolean; readonly message: string };

/**
 * The text of an error event as ops/toolchain/kafka-addon/build.sh makes it: code, librdkafka's flag, words. A fatal error
 * carries the code of what caused it, so that only the flag tells. Total: another text is an error without a code.
 */
export function parseErrorEvent(text: string): ErrorEvent {
  const [, code, flag, message] = /^(-?\d{1,9}) (fatal|error) (.*)$/s.exec(text) ?? [];
  if (code === undefined || message === undefined) return { code: null, isFatal: false, message: text };
  return { code: Number(code), isFatal: flag === 'fatal', message: message.replace(/: $/, '') };
}

type Waiter = { resolve(): void; reject(error: Error): void };

type ClientEvents = {
  readonly onTrouble: OnKafkaTrouble;
  /** `lastingTimers` but in tests. */
  readonly timers?: Pick<Clock, 'after'> | undefined;
};

export class KafkaClient {
  readonly #native: NativeClient;
  readonly #callbacks: NativeCallbacks;
  readonly #onTrouble: OnKafkaTrouble;
  readonly #timers: Pick<Clock, 'after'>;
  readonly #started: Promise<boolean>;
  #state: KafkaState = 'connecting';
  #failure = '';
  #asking = false;
  #waiters: Waiter[] = [];
  #closing: Promise<void> | undefined;

  /** `callbacks` may bring its own; `event_cb` is set here. The handle starts at once. */
  constructor(native: NativeClient, callbacks: NativeCallbacks, { onTrouble, timers }: ClientEvents) {
    this.#native = native;
    this.#timers = timers ?? lastingTimers;
    this.#callbacks = callbacks;
    this.#onTrouble = onTrouble;
    callbacks.event.event_cb = (type, data) => this.#event(type, data);
    native.configureCallbacks(true, callbacks);
    this.#started = new Promise((resolve) => {
      native.connect((error) => {
        if (error !== null && error !== undefined) this.fail(describeError(error).message);
        else this.#askMetadata();
        resolve(this.#state !== 'failed');
      });
    });
  }

  get state(): KafkaState {
    return this.#state;
  }

  /** Resolves to false when the handle could not even be made (settings that contradict each other). */
  get started(): Promise<boolean> {
    return this.#started;
  }

  /** Runs a callback of the user; what it throws becomes a trouble. */
  guard(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.callbackFailed(what, error);
    }
  }

  callbackFailed(what: string, error: unknown): void {
    this.trouble('callback_failed', `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }

  trouble(code: KafkaTrouble, message: string): void {
    try {
      this.#onTrouble(code, message);
    } catch (error) {
      // The reporter itself is broken: a fault of the process, outside of the addon's callback.
      setImmediate(() => {
        throw new Error(`kafka: onTrouble threw on ${code} (${message})`, { cause: error });
      });
    }
  }

  fail(message: string, code: KafkaTrouble = 'fatal'): void {
    if (this.#state === 'closed' || this.#state === 'failed') return;
    this.#state = 'failed';
    this.#failure = message;
    this.#settleWaiters();
    this.trouble(code, message);
  }

  /** Resolves when a broker has answered; rejects after `timeoutMs`, while the client goes on trying. */
  async waitUntilUp(timeoutMs: number, brokers: string): Promise<void> {
    await this.#started;
    if (this.#state === 'up') return;
    if (this.#state === 'failed') throw new Error(`Kafka client failed: ${this.#failure}`);
    if (this.#state === 'closed') throw new Error('Kafka client is closed');
    this.#askMetadata();
    const up = Promise.withResolvers<void>();
    this.#waiters.push(up);
    if ((await within(lastingTimers, up.promise, timeoutMs)) === LATE)
      throw new Error(`no Kafka broker of ${brokers} answered within ${timeoutMs} ms; still trying`);
  }

  /** Ends the handle, in bounded time. Records that are still queued are dropped. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeInTime();
    return this.#closing;
  }

  async #closeInTime(): Promise<void> {
    if ((await within(this.#timers, this.#end(), CLOSE_LIMIT_MS)) !== LATE) return;
    this.#state = 'closed';
    this.#settleWaiters();
    this.trouble(
      'client_error',
      `the client did not end within ${CLOSE_LIMIT_MS / 1000} s; nothing waits for it any longer`,
    );
  }

  async #end(): Promise<void> {
    await this.#started;
    this.#state = 'closed';
    this.#settleWaiters();
    await new Promise<void>((resolve) => {
      this.#native.disconnect(() => resolve());
    });
    this.#native.configureCallbacks(false, this.#callbacks);
  }

  #settleWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (this.#state === 'up') waiter.resolve();
      else waiter.reject(new Error(`Kafka client ${this.#state}${this.#failure === '' ? '' : `: ${this.#failure}`}`));
    }
  }

  #askMetadata(): void {
    if (this.#asking || (this.#state !== 'connecting' && this.#state !== 'down')) return;
    this.#asking = true;
    this.#native.getMetadata({ timeout: METADATA_TIMEOUT_MS }, this.#onMetadata);
  }

  readonly #onMetadata = (error: NativeError, _metadata: NativeMetadata): void => {
    this.#asking = false;
    if (this.#state !== 'connecting' && this.#state !== 'down') return;
    if (error === null || error === undefined) {
      this.#state = 'up';
      this.#settleWaiters();
      return;
    }
    setTimeout(() => this.#askMetadata(), METADATA_PAUSE_MS);
  };

  #event(type: string, data: unknown): void {
    if (type === 'error') {
      this.#error(messageOf(data));
    } else if (type === 'log' && severityOf(data) <= LOG_SEVERITY_MAX) {
      this.trouble('warning', messageOf(data));
    }
  }

  #error(text: string): void {
    if (this.#state === 'closed') return;
    const { code, isFatal, message } = parseErrorEvent(text);
    if (isFatal || code === ERR_FATAL) {
      this.fail(message);
    } else if (code === ERR_ALL_BROKERS_DOWN) {
      if (this.#state === 'up' || this.#state === 'connecting') this.#state = 'down';
      this.trouble('brokers_down', message);
      this.#askMetadata();
    } else {
      this.trouble('client_error', message);
    }
  }
}

function messageOf(data: unknown): string {
  if (typeof data !== 'object' || data === null || !('message' in data)) return String(data);
  return String(data.message);
}

function severityOf(data: unknown): number {
  return typeof data === 'object' && data !== null && 'severity' in data ? Number(data.severity) : 0;
}

// One client of its own for a few requests to a Kafka cluster. How long they may take is held here and not only by the native
// client: a call of it that never calls back must not keep its caller waiting, who may hold up everything else.

import { lastingTimers } from '../../clock.ts';
import { LATE, within } from '../../wait.ts';
import type { NativeAdmin, NativeError } from '../native.ts';
import { describeError, kafkaAddon, makeNative } from '../native.ts';
import type { KafkaSettings } from '../settings.ts';
import { mergeSettings } from '../settings.ts';

export type AdminOptions = {
  /** `host:port`, comma separated. */
  readonly brokers: string;
  readonly extra?: KafkaSettings;
  /** For the whole call. */
  readonly timeoutMs: number;
};

type Failure = { readonly code: number; readonly message: string };

export type Answer<T> = { readonly ok: true; readonly result: T } | ({ readonly ok: false } & Failure);

/** A request of the native client that answers at most once, possibly never; `timeoutMs` is what is left for it. */
export type Request<T> = (admin: NativeAdmin, timeoutMs: number, done: (error: NativeError, result: T) => void) => void;

/** The native client keeps to its limit as a rule, and its own error says more. */
const GRACE_MS = 1000;
/** Clients with a request that has not come back hold threads and connections; beyond this many no other is made. */
const UNANSWERED_MAX = 4;
/**
 * The client forgets the brokers that it was given once it has learned others from them, also with its request still to be sent. Where
 * nothing listens at those (wrong advertised listeners, which `doctor` has to name) it soon begins again with what it was given.
 */
const BEGIN_AGAIN = {
  'metadata.recovery.rebootstrap.trigger.ms': 300,
  'reconnect.backoff.ms': 50,
  'reconnect.backoff.max.ms': 400,
} as const;

let unanswered = 0;

export class AdminSession {
  readonly #admin: NativeAdmin;
  readonly #options: AdminOptions;
  readonly #startedMs = performance.now();
  #pending = 0;
  #ended = false;

  constructor(admin: NativeAdmin, options: AdminOptions) {
    this.#admin = admin;
    this.#options = options;
  }

  /** Resolves to what the client answers. Throws when it does not call back in time. */
  async call<T>(request: Request<T>): Promise<Answer<T>> {
    const leftMs = Math.max(1, Math.round(this.#options.timeoutMs - (performance.now() - this.#startedMs)));
    const answer = Promise.withResolvers<Answer<T>>();
    this.#pending++;
    request(this.#admin, leftMs, (error, result) => {
      this.#pending--;
      if (this.#ended) this.#disconnectLate();
      if (error === null || error === undefined) answer.resolve({ ok: true, result });
      else answer.resolve({ ok: false, ...describeError(error) });
    });
    const given = await within(lastingTimers, answer.promise, leftMs + GRACE_MS);
    if (given === LATE) throw new Error(noAnswer(this.#options, 'its client did not come back'));
    return given;
  }

  /** Resolves to the result. Throws when there is an error or no answer in time. */
  async ask<T>(request: Request<T>): Promise<T> {
    const answer = await this.call(request);
    if (!answer.ok) throw new Error(noAnswer(this.#options, answer.message));
    return answer.result;
  }

  /** Ends the client, once its last request has come back: before that the call would block the event loop. */
  end(): void {
    this.#ended = true;
    if (this.#pending === 0) this.#admin.disconnect();
    else unanswered++;
  }

  #disconnectLate(): void {
    if (this.#pending > 0) return;
    unanswered--;
    // Not from within the client's own callback.
    setImmediate(() => this.#admin.disconnect());
  }
}

/** Opens a client, runs the requests, closes it. Throws what `run` throws. */
export async function withAdmin<T>(options: AdminOptions, run: (session: AdminSession) => Promise<T>): Promise<T> {
  if (unanswered >= UNANSWERED_MAX) {
    throw new Error(noAnswer(options, `${unanswered} earlier requests have not come back either`));
  }
  const settings = mergeSettings(BEGIN_AGAIN, options.extra ?? {}, {
    'metadata.broker.list': options.brokers,
    'client.id': 'unrip-admin',
  });
  const admin = makeNative(kafkaAddon().AdminClient, settings);
  const code = admin.connect();
  if (code !== 0) throw new Error(`no Kafka client could be made: ${describeError(code).message}`);
  const session = new AdminSession(admin, options);
  try {
    return await run(session);
  } finally {
    session.end();
  }
}

const noAnswer = ({ brokers, timeoutMs }: AdminOptions, said: string): string =>
  `no Kafka broker at ${brokers} answered within ${timeoutMs / 1000} s (${said}): check that Kafka runs there and that ` +
  'KAFKA_BROKERS and KAFKA_CONFIG_JSON are right';

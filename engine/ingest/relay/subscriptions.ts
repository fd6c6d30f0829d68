// The requests to subscribe on one connection to the relay that are not answered yet. Pure; times are monotonic.

/** The relay answers a subscription within milliseconds; after this the connection is as good as dead. */
export const SUBSCRIBE_REPLY_LIMIT_MS = 5_000;

export type Stream = 'quote' | 'quote_status';

/** A text to send. */
export type Send = { readonly kind: 'send'; readonly text: string };

export type Subscription = {
  readonly stream: Stream;
  /** `fallback`: without the filter, since it was refused just before. */
  readonly filter: 'with' | 'without' | 'fallback';
  /** Tokens of the filter; null: all. */
  readonly tokens: readonly string[] | null;
  /** The relay keeps events until they are acknowledged. */
  readonly guaranteed: boolean;
};

type Pending = Subscription & { readonly dueUs: number };

export class Subscriptions {
  readonly #nextId: () => number;
  /** At most one a stream: those of a stream wait for each other. */
  readonly #pending = new Map<number, Pending>();

  /** @param nextId gives request ids, each once */
  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  subscribe(subscription: Subscription, nowUs: number): Send {
    const { stream, filter, tokens, guaranteed } = subscription;
    const filterFields = filter === 'with' ? { tokens_in: tokens, tokens_out: tokens } : null;
    const params = guaranteed
      ? [stream, filterFields, true]
      : filterFields === null
        ? [stream]
        : [stream, filterFields];
    const id = this.#nextId();
    this.#pending.set(id, { ...subscription, dueUs: nowUs + SUBSCRIBE_REPLY_LIMIT_MS * 1000 });
    return request(id, 'subscribe', params);
  }

  /** Nobody waits for the answer. */
  unsubscribe(subscriptionId: string): Send {
    return request(this.#nextId(), 'unsubscribe', [subscriptionId]);
  }

  /** Nobody waits for the answer. */
  acknowledge(subscriptionId: string, seq: number): Send {
    return request(this.#nextId(), 'acknowledge', [subscriptionId, seq]);
  }

  /** A reply came. @returns what was asked; null when it was not asked here */
  answered(id: number): Subscription | null {
    const asked = this.#pending.get(id);
    if (asked === undefined) return null;
    this.#pending.delete(id);
    return asked;
  }

  isPending(stream: Stream): boolean {
    for (const asked of this.#pending.values()) if (asked.stream === stream) return true;
    return false;
  }

  /** A stream whose subscription was not answered in time; null: there is none. */
  overdue(nowUs: number): Stream | null {
    for (const { stream, dueUs } of this.#pending.values()) if (nowUs >= dueUs) return stream;
    return null;
  }

  /** The connection is gone. */
  clear(): void {
    this.#pending.clear();
  }
}

const request = (id: number, method: string, params: readonly unknown[]): Send => ({
  kind: 'send',
  text: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
});

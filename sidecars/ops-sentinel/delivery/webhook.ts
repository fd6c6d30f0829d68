// Posts each transition to ALERT_WEBHOOK_URL: the record as Kafka has it, signed. A receiver that is away gets them later, in their
// order, each at least once: `unrip-event-id` says which it has already.
//
//   unrip-time       milliseconds since the epoch at which it was posted
//   unrip-signature  hex of HMAC-SHA256(ALERT_WEBHOOK_SECRET, unrip-time + '.' + body)

import { createHmac } from 'node:crypto';
import { boundedFetch, type HttpAnswer, type HttpFailure } from '../../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { SidecarBase } from '../../../contracts/runtime/process/sidecar/program.ts';
import type { Unsent } from '../alerts/saved.ts';
import type { Outbox } from './outbox.ts';
import type { Delivery } from './repeater.ts';

export type WebhookOptions = Pick<SidecarBase, 'render'> & {
  readonly url: string;
  readonly secret: string;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Pick<Log, 'error'>;
  /** `boundedFetch` but in tests. */
  readonly ask?: typeof boundedFetch;
};

const TIME_LIMIT_MS = 10_000;
const ANSWER_BYTES_MAX = 65_536;
/** So long a receiver may be away. */
const GIVE_UP_MS = 86_400_000;
/** Statuses that say that it will never take this very record; after a few tries it is believed. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 415, 422]);
const REFUSALS_MAX = 5;
const IDLE_MS = 3_600_000;

export const signatureOf = (secret: string, time: string, body: string): string =>
  createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');

/** @returns delivers the oldest that waits; total */
export function createWebhook(options: WebhookOptions): (signal: AbortSignal) => Promise<Delivery> {
  const { outbox, clock, log } = options;
  let refused = { eventId: '', times: 0 };

  const giveUp = ({ eventId, payload }: Unsent, why: string): Delivery => {
    log.error('webhook_given_up', { alert_key: payload.alert_key, event_id: eventId, detail: why });
    outbox.done(eventId, 'webhook');
    return { next: 'more', delivered: 0 };
  };

  const isRefused = (record: Unsent, answer: HttpAnswer): boolean => {
    if (!REFUSED.has(answer.status)) return false;
    refused = { eventId: record.eventId, times: record.eventId === refused.eventId ? refused.times + 1 : 1 };
    return refused.times >= REFUSALS_MAX;
  };

  return async (signal) => {
    const [record] = outbox.waitingFor('webhook');
    if (record === undefined) return { next: 'wait', ms: IDLE_MS, delivered: 0 };
    const answer = await post(options, record, signal);
    if (answer.ok && answer.status >= 200 && answer.status < 300) {
      outbox.done(record.eventId, 'webhook');
      return { next: 'more', delivered: 1 };
    }
    const detail = answer.ok ? `the receiver answered ${answer.status}` : answer.detail;
    if (answer.ok && isRefused(record, answer)) return giveUp(record, detail);
    if (clock.nowMs() - record.atMs > GIVE_UP_MS) return giveUp(record, `not delivered within a day: ${detail}`);
    return { next: 'failed', detail };
  };
}

async function post(options: WebhookOptions, record: Unsent, signal: AbortSignal): Promise<HttpAnswer | HttpFailure> {
  const { url, secret, clock, render } = options;
  const { eventId, atMs, payload } = record;
  const body = render({ topic: 'ops.alert', eventId, atMs, payload });
  const time = String(clock.nowMs());
  return await (options.ask ?? boundedFetch)({
    ...{ url, body, signal, timers: clock, timeLimitMs: TIME_LIMIT_MS, bytesMax: ANSWER_BYTES_MAX },
    headers: {
      'content-type': 'application/json',
      'unrip-event-id': eventId,
      'unrip-time': time,
      'unrip-signature': signatureOf(secret, time, body),
    },
  });
}

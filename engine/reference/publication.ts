// What the reference part makes public: log lines when its status changes, and records of `ref.market_price` when they are due.

import type { PriceFact } from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';
import type { Moment } from '../model/values.ts';
import { isRecordDue, type Published, publishedAt } from './cadence.ts';
import type { Reference } from './price.ts';
import { topOf } from './select.ts';
import { linesOf, type ReferenceStatus, statusOf, statusText } from './transitions.ts';

export type PublicationOptions = {
  readonly reference: Reference;
  readonly log: LogPort;
  readonly newEventId: (nowMs: number) => string;
  readonly onFact: (fact: PriceFact) => void;
};

export class Publication {
  readonly #options: PublicationOptions;
  #records = 0;
  #published: Published | null = null;
  #status: ReferenceStatus | null = null;

  constructor(options: PublicationOptions) {
    this.#options = options;
  }

  /** Records since the start. */
  records(): number {
    return this.#records;
  }

  /** To be called after everything that was heard, and a few times a second. */
  update(now: Moment, paused: boolean): void {
    const { reference } = this.#options;
    const selection = reference.selection(now);
    const { kraken, coingecko } = reference.sources();
    const status = statusOf({ selection, kraken, coingecko, health: reference.health(now), paused });
    const text = statusText(status);
    const top = topOf(selection.view);
    const values = `${top?.bidE8} ${top?.askE8} ${coingecko.btc?.priceE8} ${coingecko.eure?.priceE8}`;
    const next = publishedAt(this.#published, now.nowUs, { status: text, values });
    if (!isRecordDue(this.#published, next)) return;
    if (this.#published?.status !== text) this.#logChange(status, now);
    this.#published = next;
    this.#record(now);
  }

  #logChange(status: ReferenceStatus, now: Moment): void {
    const { reference, log } = this.#options;
    const explained = reference.snapshot(now, '').problem;
    const { lastClose } = reference.sources().kraken;
    for (const { level, event, fields } of linesOf(this.#status, status, { explained, lastClose })) {
      log[level](event, fields);
    }
    this.#status = status;
  }

  #record(now: Moment): void {
    const { reference, newEventId, onFact } = this.#options;
    const eventId = newEventId(now.nowMs);
    const priceId = `price-${eventId}`;
    const { view } = reference.selection(now);
    const payload = reference.snapshot(now, priceId);
    const venueTimeMs = reference.sources().kraken.confirmed?.venueTimeMs ?? null;
    const observedAtMs = view.source === 'none' ? null : view.source === 'kraken' ? venueTimeMs : view.asOfMs;
    this.#records += 1;
    reference.published(priceId);
    onFact({ kind: 'price', eventId, atMs: now.nowMs, observedAtMs, payload });
  }
}

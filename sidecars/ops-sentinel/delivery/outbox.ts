// Records that have not been handed over, to Kafka or to the webhook, in their order. Kept in the state file until they are: a record
// that goes out a second time after a crash has the same id. Pure.

import type { Transition } from '../alerts/alert.ts';
import type { Unsent } from '../alerts/saved.ts';

export type Receiver = 'kafka' | 'webhook';

/** Hours of alerts that come and go every minute; beyond it the oldest are dropped, and counted. */
export const UNSENT_MAX = 5000;

export class Outbox {
  readonly #hasWebhook: boolean;
  #unsent: Unsent[];
  #dropped = 0;
  #isChanged = false;

  /** @param kept from the state file */
  constructor(kept: readonly Unsent[], hasWebhook: boolean) {
    this.#hasWebhook = hasWebhook;
    // What waited for a webhook that is configured no more waits for nobody.
    this.#unsent = kept
      .map((record) => ({ ...record, webhook: record.webhook && hasWebhook }))
      .filter(({ kafka, webhook }) => kafka || webhook);
  }

  add(transitions: readonly Transition[]): void {
    if (transitions.length === 0) return;
    this.#unsent.push(...transitions.map((one) => ({ ...one, kafka: true, webhook: this.#hasWebhook })));
    const excess = Math.max(0, this.#unsent.length - UNSENT_MAX);
    this.#unsent.splice(0, excess);
    this.#dropped += excess;
    this.#isChanged = true;
  }

  /** It has the record, or will never have it. */
  done(eventId: string, receiver: Receiver): void {
    this.#unsent = this.#unsent
      .map((record) => (record.eventId === eventId ? { ...record, [receiver]: false } : record))
      .filter(({ kafka, webhook }) => kafka || webhook);
    this.#isChanged = true;
  }

  waitingFor(receiver: Receiver): readonly Unsent[] {
    return this.#unsent.filter((record) => record[receiver]);
  }

  all(): readonly Unsent[] {
    return this.#unsent;
  }

  dropped(): number {
    return this.#dropped;
  }

  /** Whether the file says something else since the last call. */
  takeChanged(): boolean {
    const changed = this.#isChanged;
    this.#isChanged = false;
    return changed;
  }
}

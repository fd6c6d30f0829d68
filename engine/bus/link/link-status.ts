// How the link to Kafka is, judged from the state of its client: logs once when Kafka is away, and when it is back.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { KafkaState } from '../../../contracts/runtime/kafka/client.ts';
import type { LogPort } from '../../model/ports.ts';

/** `starting`: no broker has answered yet, which is no fault for some seconds; `lost`: the client failed for good. */
export type KafkaLinkStatus = 'starting' | 'up' | 'down' | 'lost' | 'closed';

/** A first client that no broker answers for this long counts as down. */
const START_LIMIT_US = 5_000_000;

export class LinkStatus {
  readonly #brokers: string;
  readonly #clock: Clock;
  readonly #log: LogPort;
  #current: KafkaLinkStatus = 'starting';
  #sinceUs: number;

  constructor(brokers: string, clock: Clock, log: LogPort) {
    this.#brokers = brokers;
    this.#clock = clock;
    this.#log = log;
    this.#sinceUs = clock.elapsedUs();
  }

  get current(): KafkaLinkStatus {
    return this.#current;
  }

  /** For how long it has been so. */
  get forMs(): number {
    return Math.round((this.#clock.elapsedUs() - this.#sinceUs) / 1000);
  }

  /** @param client its state; `replacing`: another is about to take its place */
  update(client: KafkaState | 'replacing'): void {
    if (this.#current === 'closed') return;
    const next = this.#judge(client);
    if (next === this.#current) return;
    if (next === 'down' && this.#current !== 'lost') {
      const fix = 'start the brokers, or correct KAFKA_BROKERS; meanwhile records wait in the journal';
      this.#log.error('kafka_down', { brokers: this.#brokers, fix });
    } else if (next === 'up' && this.#current !== 'starting') {
      this.#log.info('kafka_up', { brokers: this.#brokers, after_ms: this.forMs });
    }
    this.#current = next;
    this.#sinceUs = this.#clock.elapsedUs();
  }

  close(): void {
    this.#current = 'closed';
  }

  #judge(client: KafkaState | 'replacing'): KafkaLinkStatus {
    if (client === 'up' || client === 'down') return client;
    if (client === 'replacing' || client === 'failed' || client === 'closed') return 'lost';
    // A client that was put in another's place has to show that it is up; a first one has a moment.
    if (this.#current === 'lost' || this.#current === 'down') return this.#current;
    return this.#clock.elapsedUs() - this.#sinceUs > START_LIMIT_US ? 'down' : this.#current;
  }
}

// Logs each distinct trouble of a Kafka client once until it is over: an outage is a few lines, not several a second.

import type { Log } from '../log/log.ts';
import { plainKafkaWords } from './words.ts';

/** Sentences of one outage; more say nothing new. */
const SENTENCES_MAX = 20;

export class KafkaTroubleLog {
  readonly #log: Pick<Log, 'warn' | 'info'>;
  readonly #client: string;
  readonly #logged = new Set<string>();
  #last: string | null = null;

  constructor(log: Pick<Log, 'warn' | 'info'>, client: string) {
    this.#log = log;
    this.#client = client;
  }

  /** The latest trouble, in words; null: none since the last `over`. */
  get last(): string | null {
    return this.#last;
  }

  report(code: string, message: string): void {
    const detail = plainKafkaWords(message);
    this.#last = `${code}: ${message}`;
    // A log line and the error that follows it are one trouble, and counts are no news.
    const sentence = detail.replaceAll(/\d+/g, '#');
    if (this.#logged.has(sentence) || this.#logged.size >= SENTENCES_MAX) return;
    this.#logged.add(sentence);
    this.#log.warn('kafka_trouble', { client: this.#client, code, detail });
  }

  /** It works: the next trouble is news, whatever its words. */
  over(): void {
    this.#last = null;
    if (this.#logged.size === 0) return;
    this.#logged.clear();
    this.#log.info('kafka_trouble_over', { client: this.#client });
  }
}

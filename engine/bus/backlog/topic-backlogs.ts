// The topics that the main flow has left aside, each with its backlog; and what is known of each topic's messages that the
// client has. Topics are numbered here, for the outboxes.

import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import type { Fact } from '../../model/facts.ts';
import type { LogPort } from '../../model/ports.ts';
import type { ReadFacts } from '../fact-source.ts';
import type { ProducerPort } from '../hand-over.ts';
import type { Outgoing } from '../render/render.ts';
import { type BacklogTurn, TopicBacklog, type TopicProblem } from './topic-backlog.ts';
import { fixFor } from './topic-fix.ts';

export type BlockedTopic = {
  readonly topic: TopicName;
  /** For how long Kafka has not taken it. */
  readonly forMs: number;
  readonly problem: TopicProblem;
  readonly fix: string;
  /** Everything of the topic up to here is acknowledged. */
  readonly watermark: number;
};

export type TopicBacklogsOptions = {
  readonly read: ReadFacts;
  readonly render: (fact: Fact) => readonly Outgoing[];
  readonly wake: () => void;
  readonly onReadFailed: (error: unknown) => void;
  readonly isDead: BacklogTurn['isDead'];
  readonly log: LogPort;
};

export type BacklogsTurn = { readonly producer: ProducerPort; readonly endSeq: number; readonly nowUs: number };

type Blocking = {
  readonly problem: TopicProblem;
  /** Everything of the topic up to here is acknowledged, when it has no backlog yet. */
  readonly watermark: number;
  readonly nowUs: number;
};

type Entry = { readonly backlog: TopicBacklog; sinceUs: number | null; said: string };

const LINES = new Map(TOPICS.map(({ name }, line) => [name, line]));
const NAMES: readonly TopicName[] = TOPICS.map(({ name }) => name);

export const lineOf = (topic: TopicName): number => LINES.get(topic) as number;
export const topicOfLine = (line: number): TopicName => NAMES[line] as TopicName;
export const isTopic = (name: string): name is TopicName => LINES.has(name as TopicName);

const NOTHING_TO_SEND = { again: false, pausedUntilUs: Number.POSITIVE_INFINITY } as const;

export class TopicBacklogs {
  readonly #options: TopicBacklogsOptions;
  readonly #entries = new Map<TopicName, Entry>();
  /** By line. */
  readonly #inClient = new Int32Array(NAMES.length);
  #sentAgain = 0;

  constructor(options: TopicBacklogsOptions) {
    this.#options = options;
  }

  /** Messages that backlogs have sent. */
  get sentAgain(): number {
    return this.#sentAgain;
  }

  /** Acknowledged in every backlog; Infinity without one. */
  get watermark(): number {
    let lowest = Number.POSITIVE_INFINITY;
    if (this.#entries.size === 0) return lowest;
    for (const { backlog } of this.#entries.values()) lowest = Math.min(lowest, backlog.outbox.watermark);
    return lowest;
  }

  /** The main flow passes the topic over. */
  isAside(topic: TopicName): boolean {
    return this.#entries.size > 0 && (this.#entries.get(topic)?.backlog.isAside ?? false);
  }

  /** The client has taken a message. */
  queued(topic: TopicName): void {
    const line = lineOf(topic);
    this.#inClient[line] = (this.#inClient[line] as number) + 1;
  }

  /** The client has reported on a message. */
  reported(topic: TopicName): void {
    const line = lineOf(topic);
    this.#inClient[line] = Math.max(0, (this.#inClient[line] as number) - 1);
  }

  /** Messages of topics left aside wait in the client. */
  get isClientHolding(): boolean {
    return [...this.#entries.values()].some(
      ({ backlog: { isAside, topic } }) => isAside && this.#inClientOf(topic) > 0,
    );
  }

  isOutstanding(topic: TopicName, tag: number): boolean {
    return this.#entries.get(topic)?.backlog.outbox.isOutstanding(tag) ?? false;
  }

  settle(topic: TopicName, tag: number, isDelivered: boolean): void {
    this.#entries.get(topic)?.backlog.settle(tag, isDelivered);
  }

  /** A topic that was behind at the last stop. */
  resume(topic: TopicName, watermark: number): void {
    this.#entries.set(topic, { backlog: this.#open(topic, watermark), sinceUs: null, said: '' });
  }

  block(topic: TopicName, { problem, watermark, nowUs }: Blocking): void {
    const entry = this.#entries.get(topic) ?? { backlog: this.#open(topic, watermark), sinceUs: null, said: '' };
    this.#entries.set(topic, entry);
    entry.backlog.block(problem, nowUs);
    entry.sinceUs ??= nowUs;
    const words = `${problem.code} ${problem.detail}`;
    if (entry.said === words) return;
    entry.said = words;
    const { code, detail } = problem;
    this.#options.log.error('topic_blocked', { topic, code, detail, fix: fixFor(topic, problem) });
  }

  /** Another client: all that is not acknowledged is sent again. */
  restart(): void {
    this.#inClient.fill(0);
    for (const { backlog } of this.#entries.values()) backlog.restart();
  }

  /** Sends what can be sent now. @returns whether there is more at once, and when a pause ends */
  pump({ producer, endSeq, nowUs }: BacklogsTurn): { readonly again: boolean; readonly pausedUntilUs: number } {
    if (this.#entries.size === 0) return NOTHING_TO_SEND;
    let again = false;
    let pausedUntilUs = Number.POSITIVE_INFINITY;
    for (const { backlog } of [...this.#entries.values()]) {
      const { topic } = backlog;
      const result = backlog.pump({
        producer,
        endSeq,
        nowUs,
        inClient: this.#inClientOf(topic),
        onQueued: (queued) => {
          this.#sentAgain++;
          this.queued(queued);
        },
        isDead: this.#options.isDead,
      });
      if (typeof result === 'object') this.block(topic, { problem: result.problem, watermark: 0, nowUs });
      if (result === 'again') again = true;
      if (backlog.pausedUntilUs > nowUs) pausedUntilUs = Math.min(pausedUntilUs, backlog.pausedUntilUs);
      if (backlog.isDone) this.#close(topic);
    }
    return { again, pausedUntilUs };
  }

  /** Topics that Kafka does not take, or has not been seen to take again. */
  blocked(nowUs: number): BlockedTopic[] {
    return [...this.#entries.values()].flatMap(({ backlog: { topic, problem, outbox }, sinceUs }) => {
      if (problem === null || sinceUs === null) return [];
      const forMs = Math.round((nowUs - sinceUs) / 1000);
      return [{ topic, forMs, problem, fix: fixFor(topic, problem), watermark: outbox.watermark }];
    });
  }

  /** Watermarks of the topics that are behind the others. */
  behind(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#entries].map(([topic, { backlog }]) => [topic, backlog.outbox.watermark]));
  }

  #open(topic: TopicName, watermark: number): TopicBacklog {
    const { read, render, wake, onReadFailed } = this.#options;
    return new TopicBacklog({ topic, watermark, read, render, wake, onReadFailed });
  }

  #close(topic: TopicName): void {
    const entry = this.#entries.get(topic);
    this.#entries.delete(topic);
    if (entry?.sinceUs !== null) this.#options.log.info('topic_recovered', { topic });
  }

  #inClientOf(topic: TopicName): number {
    return this.#inClient[lineOf(topic)] as number;
  }
}

// Which topics have lost records that Kafka had acknowledged, and from which position of the journal they have to be sent
// again. A topic stays on the list, over restarts too, until republishes have gone from there, or from the oldest record that
// the journal has, up to where the journal ended when they began. Pure but for one log line.
//
// A republish can itself run into a loss. What it sends to a partition after the loss is in the new log: it makes up for the
// loss when the delivery that shows the loss is the first one of that partition since the republish began.

import type { TopicName } from '../../../contracts/topics/registry.ts';
import type { LogPort } from '../../model/ports.ts';
import { isTopic } from '../backlog/topic-backlogs.ts';
import { type KnownOffsets, type LogLoss, OffsetWatch } from '../offset-watch.ts';
import { republishCommand } from './command.ts';

/** Topic to the position from which its records have to be sent again. */
export type OpenLosses = Readonly<Record<string, number>>;

/** What a republish sends; `topics` null: all. */
export type Selection = { readonly from: number; readonly topics: readonly TopicName[] | null };
/** Records that the journal has; only those up to `durableSeq` have been sent. */
export type JournalEnds = { readonly firstSeq: number; readonly durableSeq: number };

type LostTopic = { readonly topic: TopicName; readonly fromSeq: number };

export type LossState = {
  /** Times that Kafka was seen to have lost acknowledged records since the start, and the last of them. */
  readonly losses: number;
  readonly lastLoss: LogLoss | null;
  /** What has not been sent again, by topic. */
  readonly open: readonly LostTopic[];
  /** A safe position to begin at: the lowest of the open ones. Null: nothing is open. */
  readonly republishFrom: number | null;
};

type Run = {
  readonly selection: Selection;
  /** Of the journal when it began. */
  readonly ends: JournalEnds;
  /** Partitions with a delivery since it began. At most the partitions of all topics. */
  readonly reported: Set<string>;
  /** Topics that lost something which this run had sent already. */
  readonly lostAgain: Set<TopicName>;
};

export type LostRecordsOptions = {
  readonly offsets: KnownOffsets;
  readonly open: OpenLosses;
  readonly log: LogPort;
};

export class LostRecords {
  readonly #offsets: OffsetWatch;
  readonly #log: LogPort;
  readonly #open = new Map<TopicName, number>();
  #losses = 0;
  #lastLoss: LogLoss | null = null;
  #run: Run | null = null;

  constructor({ offsets, open, log }: LostRecordsOptions) {
    this.#offsets = new OffsetWatch(offsets);
    this.#log = log;
    for (const [topic, seq] of Object.entries(open)) if (isTopic(topic)) this.#open.set(topic, seq);
  }

  /** Lowest position that an open loss needs; null: nothing is open. */
  get fromSeq(): number | null {
    return this.#open.size === 0 ? null : Math.min(...this.#open.values());
  }

  /** Notes a delivery; true when it shows a loss. @param firstSeq oldest record that the journal has */
  delivered(at: { readonly topic: TopicName; readonly partition: number; readonly offset: number }, firstSeq: number) {
    const { topic, partition, offset } = at;
    const loss = this.#offsets.delivered(topic, partition, offset);
    const isFirstOfRun = this.#run !== null && isFirstReport(this.#run, `${topic} ${partition}`, offset);
    if (loss === null) return false;
    if (!isFirstOfRun) this.#run?.lostAgain.add(topic);
    this.#note(loss, topic, firstSeq);
    return true;
  }

  /** A republish begins. */
  begin(selection: Selection, { firstSeq, durableSeq }: JournalEnds): void {
    this.#run = { selection, ends: { firstSeq, durableSeq }, reported: new Set(), lostAgain: new Set() };
  }

  /** The republish is over; everything of it up to `acknowledged` is in Kafka, which closes or shortens what is open. */
  end(acknowledged: number): void {
    const run = this.#run;
    this.#run = null;
    if (run === null) return;
    const { from, topics } = run.selection;
    const { firstSeq, durableSeq } = run.ends;
    for (const [topic, seq] of this.#open) {
      const isSelected = topics === null || topics.includes(topic);
      if (!isSelected || run.lostAgain.has(topic) || from > Math.max(seq, firstSeq)) continue;
      if (acknowledged >= durableSeq) this.#open.delete(topic);
      else this.#open.set(topic, Math.max(seq, acknowledged + 1));
    }
  }

  /** @param firstSeq oldest record that the journal has */
  state(firstSeq: number): LossState {
    const open = [...this.#open].map(([topic, seq]) => ({ topic, fromSeq: Math.max(seq, firstSeq) }));
    const from = this.fromSeq;
    const republishFrom = from === null ? null : Math.max(from, firstSeq);
    return { losses: this.#losses, lastLoss: this.#lastLoss, open, republishFrom };
  }

  offsets(): KnownOffsets {
    return this.#offsets.known();
  }

  open(): OpenLosses {
    return Object.fromEntries(this.#open);
  }

  #note(loss: LogLoss, topic: TopicName, firstSeq: number): void {
    // After a loss of the cluster each partition shows it: one line is enough.
    const isFirst = this.#open.size === 0;
    this.#losses++;
    this.#lastLoss = loss;
    this.#open.set(topic, Math.min(this.#open.get(topic) ?? firstSeq, firstSeq));
    if (!isFirst) return;
    const detail = 'Kafka has lost acknowledged records: the topic was created again, or this is another cluster';
    this.#log.error('kafka_lost_records', { ...loss, detail, fix: republishCommand({ from: firstSeq }) });
  }
}

/** Notes a delivery to the partition; whether it is the first one of the run. */
function isFirstReport({ reported }: Run, partition: string, offset: number): boolean {
  const isFirst = !reported.has(partition);
  if (offset >= 0) reported.add(partition);
  return isFirst;
}

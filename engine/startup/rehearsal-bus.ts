// The bus of a rehearsal: the engine's own publisher between a journal that keeps nothing and a Kafka that takes everything at once.

import type { AccountId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { partitionOf } from '../../contracts/runtime/kafka/partition.ts';
import { Publisher } from '../bus/publisher.ts';
import type { JournalSource, ReportedAt } from '../bus/publisher-types.ts';
import { createRender } from '../bus/render/render.ts';
import type { Fact } from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';

export type RehearsalBus = {
  appended(fact: Fact): void;
  /** Publishes what was appended. @returns how many records Kafka has got */
  publish(): number;
  end(): void;
};

type Watcher = Parameters<JournalSource['watch']>[0];
type Queued = ReportedAt & { readonly tag: number };

const SILENT: LogPort = { info() {}, warn() {}, error() {} };

export function rehearsalBus(account: AccountId, clock: Clock): RehearsalBus {
  let watcher: Watcher | null = null;
  const journal = {
    firstSeq: 1,
    lastSeq: 0,
    durableSeq: 0,
    bytes: 0,
    // So that the publisher writes no file.
    ownsFiles: false,
    read: () => Promise.resolve([]),
    watch(publisher: Watcher) {
      watcher = publisher;
    },
    dropBefore: () => 0,
    keepFrom() {},
  };
  const publisher = new Publisher({
    journal,
    render: createRender(account, partitionOf),
    refusesRecord: () => false,
    onDeadLetter() {},
    onStuck() {},
    watermarkPath: '',
    position: null,
    clock,
    log: SILENT,
  });
  let offset = 0;
  let queued: Queued[] = [];
  publisher.attach({
    produce(topic, partition, _key, _value, tag) {
      queued.push({ tag, topic, partition, offset: offset++ });
      return 'queued';
    },
  });

  /** One turn of the publisher, and the reports of what it handed over. */
  const turn = (): number => {
    watcher?.durable(journal.durableSeq);
    const reports = queued;
    queued = [];
    for (const report of reports) publisher.delivered(report.tag, report);
    return reports.length;
  };

  return {
    appended(fact) {
      journal.lastSeq++;
      watcher?.appended(journal.lastSeq, fact);
    },
    publish() {
      journal.durableSeq = journal.lastSeq;
      let published = 0;
      for (let now = turn(); now > 0; now = turn()) published += now;
      return published;
    },
    end() {
      void publisher.close();
    },
  };
}

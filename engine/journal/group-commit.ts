// Makes records durable, several at a time: at most one sync is under way, it covers all that was written before it began, and what
// came since goes with the next. One starts by itself a little after the turn, or at once when somebody waits.

import type { JournalSeq } from '../model/ports.ts';
import { type JournalFiles, type SyncRound, syncRound } from './files.ts';
import { SyncLag } from './sync-lag.ts';
import { SyncWaiters } from './sync-waiters.ts';

/** A sync costs more than many records: without anybody waiting, one a turn would take from the turns what it gives nobody. */
const GATHER_MS = 40;

export type GroupCommitHost = {
  readonly files: JournalFiles;
  /** The journal is being closed: nothing is synced any more. */
  readonly isOver: () => boolean;
  readonly lastSeq: () => JournalSeq;
  /** What makes everything up to the last record durable. */
  readonly takeRound: () => SyncRound;
  /** Called after each sync, with its error. */
  readonly onSynced: (error: Error | null) => void;
};

export class GroupCommit {
  readonly #host: GroupCommitHost;
  readonly #lag = new SyncLag();
  readonly #waiters = new SyncWaiters();
  #durableSeq: JournalSeq;
  #isUnderWay = false;
  #isScheduled = false;
  #isFailed = false;

  constructor(durableSeq: JournalSeq, host: GroupCommitHost) {
    this.#durableSeq = durableSeq;
    this.#host = host;
  }

  /** Everything up to it survives a power cut. */
  get durableSeq(): JournalSeq {
    return this.#durableSeq;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Age of the oldest record that is not durable. */
  lagMs(nowUs: number): number {
    return this.#lag.ageMs(nowUs);
  }

  /** A record is being written. */
  appended(nowUs: number): void {
    this.#lag.appended(nowUs);
  }

  /** Soon: what is written within the time shares one sync. Who waits for one does not come here. */
  schedule(): void {
    if (this.#isUnderWay || this.#isScheduled) return;
    this.#isScheduled = true;
    const timer = setTimeout(() => {
      this.#isScheduled = false;
      this.#sync();
    }, GATHER_MS);
    timer.unref();
  }

  /** Resolves when the record, which was written, is durable; a sync for it begins at once. */
  waitFor(seq: JournalSeq): Promise<void> {
    const waiting = this.#waiters.waitFor(seq);
    this.#sync();
    return waiting;
  }

  /** After a sync: what is not durable yet goes with the next, at once when it has waited for as long as it would be gathered. */
  goOn(nowUs: number): void {
    if (this.#host.lastSeq() === this.#durableSeq) return;
    if (this.#waiters.count > 0 || this.lagMs(nowUs) >= GATHER_MS) this.#sync();
    else this.schedule();
  }

  /** Nothing more will become durable: what the disk holds is unknown, or the journal is closed. */
  fail(error: Error): void {
    this.#isFailed = true;
    this.#waiters.fail(error);
  }

  #sync(): void {
    const { files, isOver, lastSeq, takeRound, onSynced } = this.#host;
    const target = lastSeq();
    if (this.#isUnderWay || this.#isFailed || isOver() || this.#durableSeq === target) return;
    this.#isUnderWay = true;
    this.#lag.syncBegan();
    syncRound(files, takeRound(), (error) => {
      this.#isUnderWay = false;
      if (error === null && !this.#isFailed) {
        this.#durableSeq = target;
        this.#lag.syncSucceeded();
        this.#waiters.settle(target);
      }
      onSynced(error);
    });
  }
}

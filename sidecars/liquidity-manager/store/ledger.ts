// The one place where treasury actions change. A step is written to disk with its records, then taken, then its records are sent: a
// kill at any moment loses no step whose records were sent, and repeats records with their ids alone. A step that cannot be written
// did not happen: what led to it is seen again.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { RecordSender } from '../../../contracts/runtime/kafka/record-sender.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { SidecarBase } from '../../../contracts/runtime/process/sidecar/program.ts';
import { isoTime } from '../../../contracts/time.ts';
import { applied, type Book } from '../actions/book.ts';
import { isOver, keyOf, repeated, type Tracked } from '../actions/tracked.ts';
import { type Freeze, type KeptRecord, type KeptState, writeState } from './kept.ts';

export type LedgerOptions = {
  readonly path: string;
  readonly kept: KeptState;
  readonly sender: Pick<RecordSender, 'send'>;
  readonly render: SidecarBase['render'];
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Called for each record, once its step is on disk. @param before null: the first record of the action */
  readonly onRecord: (before: Tracked | null, after: Tracked) => void;
  /** `writeState` but in tests. */
  readonly write?: typeof writeState;
};

/** Kafka may be away for days: each action changes a few times, and 500 records an hour would be a flood. */
const OUTBOX_MAX = 5_000;
/**
 * What Kafka acknowledged, how long actions have waited, and a freeze that could not be written at once: written with the next step, or
 * after one of these.
 */
const SETTLE_MS = 5_000;
const WAITED_MS = 60_000;
const TOPIC = 'ops.liquidity_action';

export class Ledger {
  readonly #options: LedgerOptions;
  #book: Book;
  #freeze: Freeze | null;
  /** As it is on disk. */
  #writtenFreeze: Freeze | null;
  readonly #observed: Map<string, number>;
  /** In their order; by event id. */
  readonly #outbox: Map<string, KeptRecord>;
  #stopSettling: (() => void) | null = null;
  #problem: 'state_not_written' | 'outbox_full' | null = null;
  #refused = 0;
  #published = 0;
  #isClosed = false;

  constructor(options: LedgerOptions) {
    const { kept } = options;
    this.#options = options;
    this.#book = new Map(kept.actions.map((tracked) => [keyOf(tracked.action), tracked]));
    this.#freeze = kept.freeze;
    this.#writtenFreeze = kept.freeze;
    this.#observed = new Map(Object.entries(kept.observed ?? {}));
    this.#outbox = new Map(kept.outbox.map((record) => [record.event_id, record]));
  }

  get book(): Book {
    return this.#book;
  }

  get freeze(): Freeze | null {
    return this.#freeze;
  }

  /** False: a restart would not know of the freeze. */
  get isFreezeWritten(): boolean {
    return this.#writtenFreeze === this.#freeze;
  }

  /** Why steps cannot be taken now; null: they can. */
  get problem(): 'state_not_written' | 'outbox_full' | null {
    return this.#problem;
  }

  /** Actions that were left out since too many are open. */
  get refused(): number {
    return this.#refused;
  }

  /** Records that Kafka has not acknowledged; and those that it has, since the start. */
  counts(): { readonly waiting: number; readonly published: number } {
    return { waiting: this.#outbox.size, published: this.#published };
  }

  /** Sends what an earlier run could not, then the newest state of all that is not over. */
  start(): void {
    // There before the file of any observer: one that is missing later was lost.
    this.#write(this.#book, this.#freeze, [...this.#outbox.values()]);
    for (const record of this.#outbox.values()) this.#send(record);
    this.#repeat(new Set());
  }

  /**
   * Readers look back a bounded time only: what is not over is published again. That of which Kafka still has to take a record is
   * not: while Kafka is away for days, repeats would fill the room that steps need.
   */
  repeat(): void {
    this.#repeat(new Set([...this.#outbox.values()].map(({ payload }) => keyOf(payload))));
  }

  /** @param without keys of actions that are left out */
  #repeat(without: ReadonlySet<string>): void {
    const nowMs = this.#options.clock.nowMs();
    const open = [...this.#book].filter(([key, { action }]) => !isOver(action) && !without.has(key));
    this.commit(open.map(([, tracked]) => repeated(tracked, nowMs)));
  }

  /** Takes a step: all of it, or nothing. @returns whether it was taken */
  commit(changes: readonly Tracked[], freeze: Freeze | null = this.#freeze): boolean {
    if (this.#isClosed) return false;
    if (changes.length === 0 && freeze === this.#freeze) return true;
    const nowMs = this.#options.clock.nowMs();
    const { book, steps, refused } = applied(this.#book, changes);
    const records = steps.map(
      ({ after }): KeptRecord => ({
        event_id: Bun.randomUUIDv7(),
        at_ms: nowMs,
        payload: after.action,
      }),
    );
    if (this.#outbox.size + records.length > OUTBOX_MAX)
      return this.#failed('outbox_full', `${this.#outbox.size} records wait for Kafka`);
    const outbox = [...this.#outbox.values(), ...records];
    if (!this.#write(book, freeze, outbox)) return false;
    this.#book = book;
    this.#freeze = freeze;
    this.#noteRefused(refused);
    for (const record of records) this.#outbox.set(record.event_id, record);
    for (const { before, after } of steps) this.#options.onRecord(before, after);
    for (const record of records) this.#send(record);
    return true;
  }

  /** Changes what is no record, such as how long actions have waited; on disk with the next step, or soon. */
  note(changes: readonly Tracked[]): void {
    if (changes.length === 0) return;
    const book = new Map(this.#book);
    for (const tracked of changes) {
      const key = keyOf(tracked.action);
      if (book.get(key)?.action === tracked.action) book.set(key, tracked);
    }
    this.#book = book;
    this.#settleAfter(WAITED_MS);
  }

  /** Height up to which the observer of a chain has read every block; null: it has read nothing. */
  observedTo(chain: string): number | null {
    return this.#observed.get(chain) ?? null;
  }

  /** Kept apart from the observer's own file, so that one that is lost is known to be; on disk with the next step, or soon. */
  noteObserved(chain: string, height: number): void {
    if (this.#observed.get(chain) === height) return;
    this.#observed.set(chain, height);
    this.#settleAfter(WAITED_MS);
  }

  /** Nothing is taken any more; what Kafka acknowledged is written. */
  close(): void {
    this.#stopSettling?.();
    this.#write(this.#book, this.#freeze, [...this.#outbox.values()]);
    this.#isClosed = true;
  }

  /**
   * A freeze is in force at once, and is written as soon as that is possible: a full disk must not keep anybody from it. Its end is a step
   * as any other.
   * @returns whether withdrawals are frozen now, or not, as asked for
   */
  setFreeze(by: string | null): boolean {
    if (by === null) return this.commit([], null);
    const freeze = { since: isoTime(this.#options.clock.nowMs()), by };
    if (this.commit([], freeze)) return true;
    this.#freeze = freeze;
    this.#settleAfter(SETTLE_MS);
    return true;
  }

  #write(book: Book, freeze: Freeze | null, outbox: readonly KeptRecord[]): boolean {
    const { path, kept, write = writeState } = this.#options;
    try {
      write(path, {
        version: 1,
        account_id: kept.account_id,
        freeze,
        observed: Object.fromEntries(this.#observed),
        actions: [...book.values()],
        outbox: [...outbox],
      });
    } catch (error) {
      return this.#failed('state_not_written', error instanceof Error ? error.message : String(error));
    }
    this.#writtenFreeze = freeze;
    if (this.#problem !== null) this.#options.log.info('state_written_again', { problem: this.#problem });
    this.#problem = null;
    return true;
  }

  #failed(problem: 'state_not_written' | 'outbox_full', detail: string): false {
    if (this.#problem !== problem) this.#options.log.error(problem, { detail });
    this.#problem = problem;
    return false;
  }

  #noteRefused(count: number): void {
    if (count > 0 && this.#refused === 0)
      this.#options.log.error('actions_full', {
        count,
        detail: 'too many treasury actions are open: new ones are left out',
      });
    this.#refused += count;
  }

  #send(record: KeptRecord): void {
    const { sender, render, log } = this.#options;
    const { event_id: eventId, at_ms: atMs, payload } = record;
    const value = render({ topic: TOPIC, eventId, atMs, payload });
    sender.send(TOPIC, payload.account_id, value).then(
      () => {
        this.#published++;
        this.#settled(eventId);
      },
      (error: unknown) => {
        // Kafka refuses this very record and would again; at the end of the process it stays, for the next run.
        if (error instanceof Error && error.name === 'RecordRefused') {
          log.error('record_not_published', { topic: TOPIC, failure: error });
          this.#settled(eventId);
        }
      },
    );
  }

  #settled(eventId: string): void {
    this.#outbox.delete(eventId);
    if (this.#problem === 'outbox_full') this.#problem = null;
    this.#settleAfter(SETTLE_MS);
  }

  #settleAfter(ms: number): void {
    if (this.#isClosed) return;
    this.#stopSettling ??= this.#options.clock.after(ms, () => {
      this.#stopSettling = null;
      const isWritten = this.#write(this.#book, this.#freeze, [...this.#outbox.values()]);
      if (!isWritten && !this.isFreezeWritten) this.#settleAfter(SETTLE_MS);
    });
  }
}

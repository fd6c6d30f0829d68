// Who waits for a record to be durable.

import type { JournalSeq } from '../model/ports.ts';

type Waiter = { readonly seq: JournalSeq; readonly resolve: () => void; readonly reject: (error: Error) => void };

export class SyncWaiters {
  #waiters: Waiter[] = [];

  get count(): number {
    return this.#waiters.length;
  }

  waitFor(seq: JournalSeq): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ seq, resolve, reject }));
  }

  /** Everything up to `seq` is durable. */
  settle(seq: JournalSeq): void {
    const ready = this.#waiters.filter((waiter) => waiter.seq <= seq);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.seq > seq);
    for (const { resolve } of ready) resolve();
  }

  /** Nothing more will become durable. */
  fail(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }
}

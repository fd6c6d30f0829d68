// The one way by which a fact becomes part of the state: journalled, then applied to the inventory and to the circuit breaker.

import type { Book } from '../inventory/book.ts';
import type { Fact } from '../model/facts.ts';
import type { JournalPort } from '../model/ports.ts';
import type { Breach } from '../model/values.ts';
import type { Breaker } from '../safety/breaker/breaker.ts';

export type RecorderOptions = {
  readonly journal: Pick<JournalPort, 'append'> & { readonly failure: Error | null };
  readonly book: Pick<Book, 'apply'>;
  readonly breaker: Pick<Breaker, 'apply'>;
  readonly onBreach: (breach: Breach) => void;
  /** A note could not be recorded. */
  readonly onFault: (error: unknown) => void;
};

export type Recorder = {
  /** @returns the violated invariant, if any; also reported to `onBreach`. Throws when the journal cannot be written */
  record(fact: Fact): Breach | null;
  /** Records on which nothing depends. Never throws; nothing once the journal has failed, which has been reported then. */
  note(fact: Fact): void;
  /** Facts recorded since the start. */
  count(): number;
};

export function createRecorder({ journal, book, breaker, onBreach, onFault }: RecorderOptions): Recorder {
  let count = 0;
  const record = (fact: Fact): Breach | null => {
    journal.append(fact);
    count++;
    // Each of them, whatever becomes of the others.
    let breach: Breach | null = null;
    try {
      breach = book.apply(fact);
    } finally {
      try {
        breaker.apply(fact);
      } finally {
        if (breach !== null) onBreach(breach);
      }
    }
    return breach;
  };
  return {
    record,
    note(fact) {
      if (journal.failure !== null) return;
      try {
        record(fact);
      } catch (error) {
        onFault(error);
      }
    },
    count: () => count,
  };
}

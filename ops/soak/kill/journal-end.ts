// What an engine's journal says after the process has ended: whether it was closed, and what it left open.

import { join } from 'node:path';
import { entriesOf } from '../../../engine/journal/segments/reader.ts';
import { scanJournal } from '../../../engine/journal/segments/recovery.ts';
import type { CleanStop } from './judge.ts';

/** Of a state directory that no process holds any more. */
export function journalEnd(stateDir: string): Omit<CleanStop, 'exitCode'> {
  const { segments } = scanJournal(join(stateDir, 'journal'), 0);
  const open = new Set<string>();
  let closedLast = false;
  for (const { fact } of entriesOf(segments)) {
    closedLast = fact.kind === 'closed';
    if (fact.kind === 'heard' && fact.attempt !== null) open.add(fact.attempt.quoteId);
    if (fact.kind === 'transition') {
      if (fact.to === 'submitted') open.add(fact.attempt.quoteId);
      else open.delete(fact.attempt.quoteId);
    }
  }
  return { closedLast, open: [...open] };
}

// A journal as somebody sees it who is not its engine: read, checked, and left as it is.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isLocked } from './flock.ts';
import { isCopy } from './place.ts';
import { JournalRefused } from './problems.ts';
import { entriesToFold } from './segments/reader.ts';
import { readChain } from './segments/recovery.ts';

export type Inspection =
  | { readonly kind: 'none' }
  /** An engine runs on it and writes to it: a record is incomplete at any time. */
  | { readonly kind: 'in_use' }
  | { readonly kind: 'too_large'; readonly bytes: number }
  /** No engine would start on it. */
  | { readonly kind: 'refused'; readonly problem: string }
  | {
      readonly kind: 'whole';
      /** Position of the newest record. */
      readonly records: number;
      /** Why the last record is incomplete, which a start cuts off; null: it is not. */
      readonly tornAt: string | null;
      /** null: the record of its beginning is not among those that a start reads. */
      readonly account: string | null;
      /** It is a copy, or was restored. */
      readonly isElsewhere: boolean;
    };

export type InspectOptions = {
  readonly stateDir: string;
  /** Highest position that was published; 0: not known. */
  readonly durableAtLeast: number;
  /** A larger journal is not read, since that blocks the process. */
  readonly bytesMax: number;
};

/** Throws what the file system says. */
export function inspectJournal({ stateDir, durableAtLeast, bytesMax }: InspectOptions): Inspection {
  const directory = join(stateDir, 'journal');
  const names = namesIn(directory);
  if (names.length === 0) return { kind: 'none' };
  if (isLocked(stateDir)) return { kind: 'in_use' };
  const bytes = names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  if (bytes > bytesMax) return { kind: 'too_large', bytes };
  try {
    const { segments, broken } = readChain(directory, durableAtLeast);
    const records = segments.at(-1)?.lastSeq ?? 0;
    const [first] = entriesToFold(segments);
    const account = first?.fact.kind === 'born' ? first.fact.accountId : null;
    return { kind: 'whole', records, tornAt: broken?.why ?? null, account, isElsewhere: isCopy(directory) };
  } catch (error) {
    if (error instanceof JournalRefused) return { kind: 'refused', problem: error.message };
    throw error;
  }
}

/** Segments; none when there is no journal. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.log'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

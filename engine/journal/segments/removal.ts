// Removes segments that nothing needs any more, oldest first and one after the other, each removal durable before the next
// begins: whatever fails or crashes in between, no gap is left. The first failure ends the round; the next call tries again.

import type { TroubleLog } from '../../lib/trouble.ts';
import type { JournalSeq } from '../../model/ports.ts';
import type { JournalFiles } from '../files.ts';
import type { Segment } from './segment.ts';

export type RemovalOptions = {
  readonly files: JournalFiles;
  readonly directoryFile: number;
  /** The oldest segment, when it may go now; null: none may. */
  readonly next: () => Segment | null;
  /** Its file is no longer there. */
  readonly onRemoved: (segment: Segment) => void;
  readonly trouble: TroubleLog;
};

export class SegmentRemoval {
  readonly #options: RemovalOptions;
  #underWay: Promise<void> | null = null;
  #directoryChanged = false;
  #problem: string | null = null;
  #removing: Segment | null = null;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** What the last attempt failed on; null when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Of the records from `firstSeq` on, the oldest that stays: a segment that is being removed can be gone at any moment. */
  oldestKept(firstSeq: JournalSeq): JournalSeq {
    const removing = this.#removing;
    return removing !== null && removing.firstSeq === firstSeq ? removing.lastSeq + 1 : firstSeq;
  }

  /** Removes what may go, unless that is under way. */
  start(): void {
    if (this.#underWay !== null) return;
    this.#underWay = this.#run().finally(() => {
      this.#underWay = null;
    });
  }

  /** Resolves when no removal is under way. */
  async idle(): Promise<void> {
    await this.#underWay;
  }

  async #run(): Promise<void> {
    const { files, directoryFile, next, onRemoved } = this.#options;
    for (;;) {
      if (this.#directoryChanged) {
        const problem = await failureOf((done) => files.syncDirectory(directoryFile, done));
        if (problem !== null) return this.#fail('directory_not_synced', problem);
        this.#directoryChanged = false;
      }
      const segment = next();
      if (segment === null) break;
      this.#removing = segment;
      const problem = await failureOf((done) => files.remove(segment.path, done));
      this.#removing = null;
      // Somebody else removed it: it is gone all the same.
      if (problem !== null && problem.code !== 'ENOENT') return this.#fail('segment_not_removed', problem);
      this.#directoryChanged = true;
      onRemoved(segment);
    }
    this.#problem = null;
    this.#options.trouble.recovered();
  }

  #fail(code: string, problem: Error): void {
    this.#problem = `${code}: ${problem.message}`;
    this.#options.trouble.report(code, problem.message);
  }
}

function failureOf(
  run: (done: (error: NodeJS.ErrnoException | null) => void) => void,
): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => run(resolve));
}

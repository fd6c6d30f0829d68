// Reads of the main thread, as many as it can afford: each request is answered afresh while reads are rare; beyond that rate,
// requests for one path share an answer that is at most a quarter of a second old. An action makes what was read before it old.

import type { Clock } from '../clock.ts';
import { type Bucket, createBucket } from './front/bucket.ts';
import type { Answer } from './problem.ts';

/** A read takes the main thread 1.5 ms at most (/metrics): three percent of its time, once the burst is used up. */
export const READS = { perSecond: 20, burst: 40 } as const;
const FRESH_MS = 250;

export type Reads = {
  read(path: string): Promise<Answer>;
  /** Something was changed: nothing that was asked before is passed on. */
  forget(): void;
};

type Kept = { readonly askedUs: number; readonly answer: Promise<Answer> };

/** @param ask answers within a bounded time; paths come from a closed list, so that what is kept is bounded */
export function createReads(ask: (path: string) => Promise<Answer>, timers: Clock): Reads {
  const kept = new Map<string, Kept>();
  const bucket: Bucket = createBucket(READS, timers);

  const start = (path: string): Promise<Answer> => {
    const answer = ask(path);
    kept.set(path, { askedUs: timers.elapsedUs(), answer });
    return answer;
  };

  const read = (path: string): Promise<Answer> => {
    if (bucket.take()) return start(path);
    const last = kept.get(path);
    if (last !== undefined && timers.elapsedUs() - last.askedUs < FRESH_MS * 1000) return last.answer;
    const askedUs = timers.elapsedUs() + bucket.waitMs() * 1000;
    // Counted as asked when its turn comes: whoever asks until then shares it.
    const answer = bucket.turn().then(() => ask(path));
    kept.set(path, { askedUs, answer });
    return answer;
  };

  return { read, forget: () => kept.clear() };
}

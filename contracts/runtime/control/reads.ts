// Reads of the main thread, as many as it can afford: each request is answered afresh while reads are rare; beyond that rate,
// requests for one path share an answer that is at most a quarter of a second old. An action makes what was read before it old.
// One read of a path is under way at a time: many at once would follow each other on the main thread without a pause.

import type { Clock } from '../clock.ts';
import { type Bucket, createBucket } from './front/bucket.ts';
import type { Answer } from './problem.ts';

/** A read takes the main thread some milliseconds at most: a few percent of its time, once the burst is used up. */
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
  const underWay = new Map<string, Promise<Answer>>();
  /** Reads that begin when those under way are answered. */
  const following = new Map<string, Promise<Answer>>();
  const bucket: Bucket = createBucket(READS, timers);

  const begin = (path: string): Promise<Answer> => {
    const answer = ask(path).finally(() => {
      if (underWay.get(path) === answer) underWay.delete(path);
    });
    underWay.set(path, answer);
    return answer;
  };

  const follow = (path: string, current: Promise<Answer>): Promise<Answer> => {
    const waiting = following.get(path);
    if (waiting !== undefined) return waiting;
    const goOn = (): Promise<Answer> => {
      following.delete(path);
      return read(path);
    };
    const next = current.then(goOn, goOn);
    following.set(path, next);
    return next;
  };

  const read = (path: string): Promise<Answer> => {
    const last = kept.get(path);
    const isRare = bucket.waitMs() === 0;
    if (!isRare && last !== undefined && timers.elapsedUs() - last.askedUs < FRESH_MS * 1000) return last.answer;
    const current = underWay.get(path);
    // Asked after this one came, as every answer while reads are rare.
    if (current !== undefined) return follow(path, current);
    const askedUs = timers.elapsedUs() + bucket.waitMs() * 1000;
    // Counted as asked when its turn comes: whoever asks until then shares it.
    const answer = bucket.take() ? begin(path) : bucket.turn().then(() => begin(path));
    kept.set(path, { askedUs, answer });
    return answer;
  };

  return { read, forget: () => kept.clear() };
}

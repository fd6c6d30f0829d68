// Tries changes one after the other, each in a copy of the checkout: the tests that import the file, then those of its room, then
// those of what joins the rooms, then the types. The first that fails has noticed it.

import { join } from 'node:path';
import type { Change } from './change.ts';
import { copyOf, type Ended, type TreeCopy } from './copy.ts';

export type Tests = {
  readonly near: readonly string[];
  readonly room: readonly string[];
  readonly joint: readonly string[];
};

export type Trial = {
  readonly change: Change;
  /** What noticed it; null: nothing did. */
  readonly noticedBy: 'near' | 'room' | 'joint' | 'types' | 'time' | null;
};

export type MutationOptions = {
  readonly root: string;
  /** For the copies. */
  readonly dir: string;
  /** Parts of the root that are copied; all that tests need without it. */
  readonly parts?: readonly string[];
  readonly changes: readonly Change[];
  readonly testsOf: (file: string) => Tests;
  readonly workers: number;
  readonly progress?: (trial: Trial, done: number) => void;
};

/** For the tests without a change. */
const SOUND_LIMIT_MS = 600_000;
/** A change that keeps a test from ending is noticed, too. Those of one stage are few of all that ran without a change. */
const LIMIT_MIN_MS = 30_000;

/** @throws Error when tests fail without any change: nothing could then be said of those with one */
export async function mutationRun(options: MutationOptions): Promise<readonly Trial[]> {
  const { root, dir, parts, changes, testsOf, workers, progress = () => {} } = options;
  const copies = Array.from({ length: workers }, (_, index) => copyOf(root, join(dir, `copy-${index}`), parts));
  const [first] = copies;
  if (first === undefined) throw new RangeError('a run needs a worker');
  const limitMs = await soundWithin(first, [...new Set(changes.map(({ file }) => file))].map(testsOf));
  const trials: Trial[] = [];
  const waiting = [...changes];
  await Promise.all(
    copies.map(async (copy) => {
      for (let change = waiting.shift(); change !== undefined; change = waiting.shift()) {
        const trial = await tried(copy, change, { ...testsOf(change.file), limitMs });
        trials.push(trial);
        progress(trial, trials.length);
      }
    }),
  );
  return trials;
}

/** Gives how long the tests may take with a change. */
async function soundWithin(copy: TreeCopy, all: readonly Tests[]): Promise<number> {
  const files = new Set(all.flatMap(({ near, room, joint }) => [...near, ...room, ...joint]));
  const beganMs = performance.now();
  if ((await copy.tests([...files], SOUND_LIMIT_MS)) !== 'passed') throw new Error('the tests fail without a change');
  const tookMs = performance.now() - beganMs;
  if ((await copy.types(SOUND_LIMIT_MS)) !== 'passed') throw new Error('the types fail without a change');
  return Math.max(LIMIT_MIN_MS, Math.ceil(tookMs));
}

type Stages = Tests & { readonly limitMs: number };

async function tried(copy: TreeCopy, change: Change, { near, room, joint, limitMs }: Stages): Promise<Trial> {
  const done = new Set<string>();
  const tests = async (files: readonly string[]): Promise<Ended> => {
    const rest = files.filter((file) => !done.has(file));
    for (const file of rest) done.add(file);
    return rest.length === 0 ? 'passed' : await copy.tests(rest, limitMs);
  };
  const stages = [
    ['near', () => tests(near)],
    ['room', () => tests(room)],
    ['joint', () => tests(joint)],
    ['types', () => copy.types(limitMs)],
  ] as const;
  return await copy.with(change, async () => {
    for (const [name, stage] of stages) {
      const ended = await stage();
      if (ended !== 'passed') return { change, noticedBy: ended === 'failed' ? name : 'time' };
    }
    return { change, noticedBy: null };
  });
}

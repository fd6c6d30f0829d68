// The rooms of the engine whose rules are tried, with their files and the tests that are to notice.

import { importsOf, isTest, ownTarget, readSources } from '../checks/sources.ts';
import { findTests, isStory } from '../testing/run/suite.ts';

export type Room = {
  readonly name: string;
  /** From the root. */
  readonly files: readonly string[];
  readonly tests: readonly string[];
};

export type TestPlan = {
  /** Those that import a file, which notice first. */
  near(file: string): readonly string[];
  /** What joins the rooms: the last to notice. */
  readonly joint: readonly string[];
};

const ROOMS = ['strategy', 'inventory', 'executor', 'journal', 'reference', 'startup', 'safety', 'ingest'] as const;
/** Of these two only what is named in the list of changes that are always tried. */
export const NAMED_ONLY: readonly string[] = ['safety', 'ingest'];
const JOINT = ['loop', 'scenario/', 'turn/', 'safety/', 'pull/', 'startup/', 'control/'].map(
  (name) => `engine/${name}`,
);
/** Rehearsal before the start: what it does with its numbers is to be seen by nobody. */
const LEFT_OUT = new Set(['engine/startup/warm-up.ts', 'engine/startup/thread-pool.ts']);

export async function roomsOf(root: string): Promise<readonly Room[]> {
  const paths = readSources(root).map(({ path }) => path);
  return await Promise.all(
    ROOMS.map(async (name) => ({
      name,
      files: paths.filter((path) => path.startsWith(`engine/${name}/`) && !isTest(path) && !LEFT_OUT.has(path)),
      tests: await plainTests(root, [`engine/${name}/`]),
    })),
  );
}

export async function testPlanOf(root: string): Promise<TestPlan> {
  const tests = readSources(root).filter(({ path }) => path.startsWith('engine/') && path.endsWith('.test.ts'));
  return {
    joint: await plainTests(root, JOINT),
    near: (file) =>
      tests
        .filter((test) => !test.path.endsWith('.it.test.ts') && !isStory(test.path))
        .filter((test) => importsOf(test).some(({ specifier }) => ownTarget(test.path, specifier) === file))
        .map(({ path }) => path),
  };
}

async function plainTests(root: string, beginnings: readonly string[]): Promise<readonly string[]> {
  const { plain } = await findTests(root, beginnings);
  return plain.filter((file) => !isStory(file) && beginnings.some((begin) => file.startsWith(begin)));
}

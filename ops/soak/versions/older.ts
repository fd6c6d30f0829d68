// A checkout of an earlier commit of this repository, with everything that its processes need: set up by its own launcher, with its own
// locked packages and its own Kafka addon. Kept for the next run.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../stack/directory.ts';
import { run } from '../../stack/run.ts';

const GIT_LIMIT_MS = 60_000;
/** Its packages are fetched and its addon is built, once. */
const SET_UP_LIMIT_MS = 15 * 60_000;

export type OlderOptions = {
  /** Hexadecimal digits. */
  readonly commit: string;
  /** Where it is made, in a directory of its own. */
  readonly dir: string;
  readonly progress: (line: string) => void;
};

/** @returns where it is. @throws Error when the repository lacks the commit, as a shallow clone does */
export async function olderCheckout({ commit, dir, progress }: OlderOptions): Promise<string> {
  const place = join(dir, commit);
  if (!existsSync(place)) {
    progress(`the files of ${commit}`);
    const [archive, made] = [`${place}.tar`, `${place}.new`];
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made, { recursive: true });
    const limits = { cwd: CHECKOUT, limitMs: GIT_LIMIT_MS };
    await run(['git', 'archive', '--format=tar', `--output=${archive}`, commit], limits);
    await run(['tar', '-C', made, '-xf', archive], limits);
    rmSync(archive);
    // Whole, or not there.
    renameSync(made, place);
  }
  progress(`dependencies and Kafka addon of ${commit}`);
  await run([join(place, 'unrip'), '--version'], { cwd: place, limitMs: SET_UP_LIMIT_MS });
  return place;
}

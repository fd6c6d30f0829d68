// Runs categories of checks: several at the same time, each check within its limit, a category up to its first fatal line.
// Whatever a check does, it comes to lines: one that throws, or gives nothing in time, has failed.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { connectionProblem } from '../../contracts/runtime/connection-error.ts';
import { LATE, within } from '../../contracts/runtime/wait.ts';
import { type Category, type CategoryName, type Check, fatal, type Line, type Status, warn } from './check.ts';

export type Report = {
  readonly category: CategoryName;
  readonly lines: readonly (Line & { readonly check: string })[];
  /** Names of checks that were not run, because of a fatal line before them. */
  readonly notRun: readonly string[];
};

/** A healthy system answers each check in a fraction of it. */
const CHECK_LIMIT_MS = 6000;
/** At the same time: each has a few requests under way, and the machine is that of a running engine. */
const PARALLEL_MAX = 4;
/** Of one check: a list of all topics is some twenty. */
const LINES_MAX = 64;

export async function runCategories(
  categories: readonly Category[],
  clock: Pick<Clock, 'after'>,
): Promise<readonly Report[]> {
  const reports = new Map<CategoryName, Report>();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let category = categories[next]; category !== undefined; category = categories[next]) {
      next += 1;
      reports.set(category.name, await runCategory(category, clock));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_MAX }, worker));
  return categories.flatMap(({ name }) => reports.get(name) ?? []);
}

async function runCategory({ name, checks, close }: Category, clock: Pick<Clock, 'after'>): Promise<Report> {
  const lines: (Line & { check: string })[] = [];
  let done = 0;
  try {
    for (const check of checks) {
      done += 1;
      const found = await runCheck(check, clock);
      lines.push(...worstFirst(found).map((line) => ({ ...line, check: check.name })));
      if (found.some(({ isFatal }) => isFatal)) break;
    }
  } finally {
    await close?.();
  }
  return { category: name, lines, notRun: checks.slice(done).map((check) => check.name) };
}

const SEVERITY: Readonly<Record<Status, number>> = { fail: 0, warn: 1, pass: 2 };

/** Of too many lines, those that pass are left out first: what is not shown must not be the failure. */
function worstFirst(lines: readonly Line[]): readonly Line[] {
  if (lines.length <= LINES_MAX) return lines;
  const shown = lines.toSorted((one, other) => SEVERITY[one.status] - SEVERITY[other.status]).slice(0, LINES_MAX);
  return [
    ...shown,
    warn(`${lines.length - LINES_MAX} further lines are not shown`, 'begin with those that are shown.'),
  ];
}

async function runCheck(check: Check, clock: Pick<Clock, 'after'>): Promise<readonly Line[]> {
  const { limitMs = CHECK_LIMIT_MS, fix } = check;
  try {
    const lines = await within(clock, Promise.resolve(check.run()), limitMs);
    if (lines === LATE) return [fatal(`nothing was found out within ${limitMs / 1000} s`, fix)];
    return lines.length > 0 ? lines : [fatal('the check gave no result', fix)];
  } catch (error) {
    const detail = connectionProblem(error) ?? (error instanceof Error ? error.message : String(error));
    return [fatal(detail, fix)];
  }
}

/** The worst of all lines. */
export function worstOf(reports: readonly Report[]): Status {
  const statuses = new Set(reports.flatMap(({ lines }) => lines.map(({ status }) => status)));
  if (statuses.has('fail')) return 'fail';
  return statuses.has('warn') ? 'warn' : 'pass';
}

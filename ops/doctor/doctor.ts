// All categories over one configuration, once or until nothing fails.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { LATE, pause, within } from '../../contracts/runtime/wait.ts';
import { CATEGORIES, type Category, type CategoryName } from './check.ts';
import { configurationCategory } from './checks/configuration.ts';
import { fundingCategory } from './checks/funding.ts';
import { kafkaCategory } from './checks/kafka.ts';
import { machineCategory } from './checks/machine.ts';
import { nearCategory } from './checks/near.ts';
import { postgresCategory } from './checks/postgres.ts';
import { pricesCategory } from './checks/prices.ts';
import { venueCategory } from './checks/venue.ts';
import type { Context, Loaded } from './context.ts';
import { type Report, runCategories, worstOf } from './run.ts';

const OF_CONTEXT: Readonly<Record<Exclude<CategoryName, 'configuration'>, (context: Context) => Category>> = {
  machine: machineCategory,
  near: nearCategory,
  venue: venueCategory,
  prices: pricesCategory,
  funding: fundingCategory,
  kafka: kafkaCategory,
  postgres: postgresCategory,
};

/** Without a usable configuration there is nothing else to ask. */
function categoriesOf(loaded: Loaded, names: readonly CategoryName[]): readonly Category[] {
  const { context } = loaded;
  return CATEGORIES.filter((name) => names.includes(name) || name === 'configuration').flatMap((name) => {
    if (name === 'configuration') return [configurationCategory(loaded)];
    return context === null ? [] : [OF_CONTEXT[name](context)];
  });
}

export type DoctorOptions = {
  /** Read again with each try: what is waited for may be a file. */
  readonly load: () => Loaded;
  readonly names: readonly CategoryName[];
  /** How long to wait until nothing fails; null: not at all. */
  readonly waitMs: number | null;
  readonly clock: Clock;
  /** Called when something fails and will be tried again. */
  readonly onRetry: (reports: readonly Report[]) => void;
};

const RETRY_MS = 2000;

/** One run of all categories ends within this, whatever the other side does. */
const RUN_LIMIT_MS = 60_000;

export async function examine(options: DoctorOptions): Promise<readonly Report[]> {
  const { load, names, waitMs, clock, onRetry } = options;
  const endsUs = clock.elapsedUs() + (waitMs ?? 0) * 1000;
  for (;;) {
    const reports = await within(clock, runCategories(categoriesOf(load(), names), clock), RUN_LIMIT_MS);
    if (reports === LATE) throw new Error(`the checks did not end within ${RUN_LIMIT_MS / 1000} s`);
    if (worstOf(reports) !== 'fail' || clock.elapsedUs() + RETRY_MS * 1000 > endsUs) return reports;
    onRetry(reports);
    await pause(clock, RETRY_MS);
  }
}

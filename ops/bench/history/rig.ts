// What a run of the history bench is given, and what it works with.

import type { Services } from '../../harness/prepare.ts';
import type { DatabaseUrls } from '../../stack/postgres/roles.ts';
import type { HistorySettings } from './report.ts';
import type { Pids } from './watch.ts';

export type HistoryBenchOptions = {
  readonly settings: HistorySettings;
  readonly services: Services;
  readonly servers: Omit<Pids, 'writer'>;
  /** Of this run alone; emptied first. */
  readonly dir: string;
  readonly progress: (line: string) => void;
};

export type Rig = HistoryBenchOptions & {
  readonly accountId: string;
  readonly urls: DatabaseUrls;
  /** Of history-writer. */
  readonly group: string;
};

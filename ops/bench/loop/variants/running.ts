// A variant of the loop bench while it runs.

import type { Service } from '../../../harness/service.ts';

export type Running = {
  readonly pid: number;
  /** Its control API; null: it has none. */
  readonly service: Service | null;
  stop(): Promise<void>;
};

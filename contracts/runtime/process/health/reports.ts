// Reports the health of a process while it runs: as records, and each change as a log line.

import type { Clock } from '../../clock.ts';
import type { Log } from '../../log/log.ts';
import type { Program } from '../program.ts';
import type { Health } from './health.ts';
import { createPartReports } from './part-reports.ts';

export type HealthReportOptions = {
  readonly health: Health;
  readonly program: Pick<Program, 'noteHealth' | 'startingReasons' | 'idsOf'>;
  readonly log: Log;
  readonly clock: Clock;
};

export function createHealthReports({ health, program, log, clock }: HealthReportOptions) {
  let stopReporting = (): void => undefined;
  return {
    start(): void {
      const reportParts = createPartReports({ log, clock, starting: program.startingReasons, idsOf: program.idsOf });
      stopReporting = health.report((payload) => {
        program.noteHealth(payload);
        reportParts(health.now().parts);
      });
    },
    stop: (): void => stopReporting(),
  };
}

// Logs each distinct error once until recovery: a client may repeat an error for as long as it lasts.

import type { LogPort } from '../model/ports.ts';

export type TroubleLog = {
  report(code: string, detail: string): void;
  /** It is over: the next error is logged, also one that was logged before. */
  recovered(): void;
};

export function createTroubleLog(
  log: LogPort,
  event: string,
  fields: Readonly<Record<string, unknown>> = {},
): TroubleLog {
  // Several brokers and threads alternate between a few sentences.
  const reported = new Set<string>();
  return {
    report(code, detail) {
      const words = `${code} ${detail.replace(/[0-9]+/g, '#')}`;
      if (reported.has(words) || reported.size >= REPORTED_MAX) return;
      reported.add(words);
      log.warn(event, { ...fields, code, detail });
    },
    recovered() {
      if (reported.size === 0) return;
      reported.clear();
      log.info(`${event}_over`, fields);
    },
  };
}

/** Errors of one trouble that are logged; more say nothing new. */
const REPORTED_MAX = 20;

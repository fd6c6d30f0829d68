// Kafka's client repeats an error for as long as it lasts. This tells each once: again only when the words change, or after it
// was told that all is well.

import type { LogPort } from '../model/ports.ts';

export type TroubleLog = {
  say(code: string, detail: string): void;
  /** All is well: the next trouble is news, whatever its words. */
  wellAgain(): void;
};

export function createTroubleLog(
  log: LogPort,
  event: string,
  fields: Readonly<Record<string, unknown>> = {},
): TroubleLog {
  // Several brokers and threads alternate between a few sentences.
  const told = new Set<string>();
  return {
    say(code, detail) {
      const words = `${code} ${detail.replace(/[0-9]+/g, '#')}`;
      if (told.has(words) || told.size >= TOLD_MAX) return;
      told.add(words);
      log.warn(event, { ...fields, code, detail });
    },
    wellAgain() {
      if (told.size === 0) return;
      told.clear();
      log.info(`${event}_over`, fields);
    },
  };
}

/** Sentences that are told of one trouble; more say nothing new. */
const TOLD_MAX = 20;

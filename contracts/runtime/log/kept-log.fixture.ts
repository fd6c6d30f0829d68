// A log that keeps its lines, for tests.

import { createLog, type Log } from './log.ts';

export type KeptLog = { readonly log: Log; readonly lines: string[]; events(): string[] };

export function keptLog(): KeptLog {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ service: 'engine', component: 'test', level: 'debug', namespace: 'test', destination });
  return { log, lines, events: () => lines.map((line) => String(JSON.parse(line).event)) };
}

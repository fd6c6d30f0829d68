// Where a person finds the parts of a demo that is left running, and what to call.

import { dirname } from 'node:path';
import { PLACE, shown, TAPE } from './place.ts';

type Served = { readonly url: string; readonly tokenFile: string };

export type Kept = {
  readonly engine: Served & { readonly stateDir: string; readonly logPath: string };
  readonly historyWriter: Served;
  readonly sim: { readonly url: string };
  readonly kafkaBrokers: string;
};

export function keptLines({ engine, historyWriter, sim, kafkaBrokers }: Kept): readonly string[] {
  const env = shown(PLACE.env);
  return [
    '',
    'left running until Ctrl-C',
    `  engine          ${engine.url}   token: ${shown(engine.tokenFile)}, state: ${shown(engine.stateDir)}`,
    `  history-writer  ${historyWriter.url}   token: ${shown(historyWriter.tokenFile)}`,
    `  simulators      ${sim.url}`,
    `  Kafka           ${kafkaBrokers}   (with the database's URL in ${env})`,
    `  logs            ${shown(dirname(engine.logPath))}/*.log`,
    `  curl -H "Authorization: Bearer $(cat ${shown(engine.tokenFile)})" ${engine.url}/state`,
    `  (set -a; . ${env}; psql "$DATABASE_READER_URL")`,
    `  ./unrip replay ${shown(TAPE)} --speed 15 --sim ${sim.url}`,
  ];
}

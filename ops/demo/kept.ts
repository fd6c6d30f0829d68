// Where a person finds the parts of a demo that is left running, and what to call.

import { dirname } from 'node:path';
import { PLACE, shown, TAPE } from './place.ts';

type Served = { readonly url: string; readonly tokenFile: string };

export type Kept = {
  readonly engine: Served & { readonly stateDir: string; readonly logPath: string };
  readonly historyWriter: Served;
  readonly sidecars: { readonly liquidityManager: Served; readonly opsSentinel: Served } | null;
  readonly sim: { readonly url: string };
  readonly kafkaBrokers: string;
};

/** The longest name, and room. */
const WIDTH = 19;

export function keptLines({ engine, historyWriter, sidecars, sim, kafkaBrokers }: Kept): readonly string[] {
  const env = shown(PLACE.env);
  const served = (name: string, { url, tokenFile }: Served): string =>
    `  ${name.padEnd(WIDTH)}${url}   token: ${shown(tokenFile)}`;
  return [
    '',
    'left running until Ctrl-C',
    `${served('engine', engine)}, state: ${shown(engine.stateDir)}`,
    served('history-writer', historyWriter),
    ...(sidecars === null
      ? []
      : [served('liquidity-manager', sidecars.liquidityManager), served('ops-sentinel', sidecars.opsSentinel)]),
    `  ${'simulators'.padEnd(WIDTH)}${sim.url}`,
    `  ${'Kafka'.padEnd(WIDTH)}${kafkaBrokers}   (with the database's URL in ${env})`,
    `  ${'logs'.padEnd(WIDTH)}${shown(dirname(engine.logPath))}/*.log`,
    `  curl -H "Authorization: Bearer $(cat ${shown(engine.tokenFile)})" ${engine.url}/state`,
    `  (set -a; . ${env}; psql "$DATABASE_READER_URL")`,
    `  ./unrip replay ${shown(TAPE)} --speed 15 --sim ${sim.url}`,
  ];
}

// The reference solver of the venue, from a folder where somebody has built it: what the folder has to hold, and how it is
// started. Its own start script is run unchanged; only its environment says where relay and node are.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { type Foreign, startForeign } from './foreign.ts';

export const HOW_TO_GET_IT = `clone https://github.com/defuse-protocol/near-intents-amm-solver somewhere outside, run \`npm ci\` there,
and give its folder: ./unrip test --soak clients -- --solver PATH`;

const Package = Type.Object({
  name: Type.String(),
  version: Type.String(),
  scripts: Type.Object({ start: Type.String({ minLength: 1 }) }),
});

export type SolverFolder = {
  readonly path: string;
  /** Name, version, and a digest of its sources. */
  readonly title: string;
  readonly start: string;
};

/** The folder, or what it lacks. */
export function readSolverFolder(given: string): SolverFolder | string {
  const path = resolve(given);
  const file = join(path, 'package.json');
  if (!existsSync(file)) return `there is no package.json in ${path}; ${HOW_TO_GET_IT}`;
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Value.Check(Package, content)) return `${file} has no name, version and start script: is it the solver?`;
  if (!existsSync(join(path, 'node_modules'))) return `the solver in ${path} is not built: run \`npm ci\` there`;
  const { name, version, scripts } = content;
  return { path, title: `${name} ${version}, sources ${digestOf(path)}`, start: scripts.start };
}

/** What a folder of the solver starts, or a command line that starts any solver which takes the same environment. */
export function readSolver(given: string): SolverFolder | string {
  if (existsSync(given)) return readSolverFolder(given);
  return { path: process.cwd(), title: given, start: given };
}

/** So that a report says what ran. */
function digestOf(path: string): string {
  const hasher = new Bun.CryptoHasher('sha256');
  for (const file of [...new Bun.Glob('src/**/*').scanSync({ cwd: path })].sort()) {
    hasher.update(`${file}\n`).update(readFileSync(join(path, file)));
  }
  return hasher.digest('hex').slice(0, 12);
}

export type SolverOptions = {
  readonly folder: SolverFolder;
  readonly accountId: string;
  readonly privateKey: string;
  readonly relayWsUrl: string;
  readonly nearRpcUrl: string;
  /** NEP-141 contracts of the pair. */
  readonly contracts: readonly [string, string];
  readonly logPath: string;
  readonly logLevel: 'debug' | 'info';
};

export function startSolver(options: SolverOptions): Foreign {
  const { folder, contracts, logPath } = options;
  return startForeign({
    // What npm does with a script, without npm in between, which would not hand a signal on.
    argv: ['sh', '-c', `exec ${folder.start}`],
    cwd: folder.path,
    env: toolEnvironment({
      NODE_ENV: 'soak',
      // Any free port.
      APP_PORT: '0',
      LOG_LEVEL: options.logLevel,
      TEE_ENABLED: 'false',
      NEAR_ACCOUNT_ID: options.accountId,
      NEAR_PRIVATE_KEY: options.privateKey,
      NEAR_NODE_URL: options.nearRpcUrl,
      RELAY_WS_URL: options.relayWsUrl,
      AMM_TOKEN1_ID: contracts[0],
      AMM_TOKEN2_ID: contracts[1],
    }),
    logPath,
  });
}

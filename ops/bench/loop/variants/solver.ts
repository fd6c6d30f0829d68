// A solver of somebody else, with the account and the key of this run.

import { join } from 'node:path';
import { BTC, EURE } from '../../../../contracts/assets.ts';
import { readSolver, startSolver } from '../../../clients/solver.ts';
import { privateKeyIn } from '../../../harness/key.ts';
import type { EngineContext } from './engine.ts';
import type { Running } from './running.ts';

export function startForeignSolver(relayUrl: string, context: EngineContext): Running {
  const { dir, accountId, key, sim, settings } = context;
  const folder = readSolver(settings.solver ?? '');
  if (typeof folder === 'string') throw new Error(folder);
  const solver = startSolver({
    folder,
    accountId,
    privateKey: privateKeyIn(key.file),
    relayWsUrl: relayUrl,
    nearRpcUrl: sim.environment['NEAR_RPC_URL'] ?? '',
    contracts: [BTC.nearToken, EURE.nearToken],
    logPath: join(dir, 'solver.log'),
    logLevel: 'info',
  });
  return { pid: solver.pid, service: null, stop: () => solver.stop() };
}

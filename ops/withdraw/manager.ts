// The liquidity-manager that runs on a state directory, or at an address, as a command calls it.

import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { readOwnedFile } from '../../contracts/runtime/config/file-permissions.ts';
import { keptControlToken } from '../../contracts/runtime/config/secret-file.ts';
import { whyUnaddressed, withOwner } from '../../contracts/runtime/config/whereabouts.ts';
import { type ControlClient, createControlClient } from '../../contracts/runtime/control/client.ts';
import { addressFileOf } from '../../contracts/runtime/process/address-file.ts';
import { keptStateDir } from '../../contracts/runtime/process/state-dir.ts';
import { isManagerOf } from '../../sidecars/liquidity-manager/store/lock.ts';

const ControlFile = Type.Object({ url: Type.String({ pattern: '^http://' }) });

/** A withdrawal is reserved and published within one call. */
const LIMIT_MS = 60_000;

/** The manager, or why there is none to call. */
export function findManager(given: {
  readonly stateDir: string;
  readonly controlToken: string | null;
  /** null: the one that runs on the state directory. */
  readonly managerUrl: string | null;
}): ControlClient | string {
  if (given.managerUrl !== null) return managerAt(given.managerUrl, given.controlToken);
  const stateDir = keptStateDir(given.stateDir);
  const addressPath = join(stateDir, addressFileOf('liquidity-manager'));
  const address = readOwnedFile(addressPath);
  const isLocked = (): boolean => isManagerOf(stateDir);
  const read = address.ok ? readJson(address.text, SMALL_JSON) : null;
  // What a killed manager left behind must not send the token to whoever has its port by now.
  if (read?.ok !== true || !Value.Check(ControlFile, read.value) || !isLocked()) {
    const why = whyUnaddressed({ process: 'a liquidity-manager', stateDir, addressPath, address, isLocked });
    if (why !== null) return `${why}; nothing was withdrawn, and funded trading goes on.`;
    return `no liquidity-manager runs with STATE_DIR ${stateDir}, so nothing can be withdrawn; funded trading goes on. Set STATE_DIR to its directory, or start one (./unrip liquidity-manager).`;
  }
  const token =
    given.controlToken === null ? keptControlToken(stateDir) : { ok: true as const, text: given.controlToken };
  if (!token.ok) {
    const { variable, problem, fix } = withOwner(token.problem, stateDir);
    return `${variable} ${problem}; ${fix}`;
  }
  return createControlClient({ url: read.value.url, token: token.text, timeLimitMs: LIMIT_MS });
}

/** In a container, on another machine, or of a user whose files are closed to whoever has the key. */
function managerAt(url: string, token: string | null): ControlClient | string {
  if (token === null)
    return 'LIQUIDITY_MANAGER_URL is set without a token: set CONTROL_TOKEN_FILE to a file with that of an operator of the manager.';
  return createControlClient({ url, token, timeLimitMs: LIMIT_MS });
}

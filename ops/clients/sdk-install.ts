// Installs the SDK into a folder of its own, exactly the packages of the lock file, which has a checksum of each; none of their
// install scripts is run.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';

export const SDK_PINS = join(CHECKOUT, 'ops/clients/sdk');

/** @throws Error when the registry cannot be reached, or gives something else */
export async function installSdk(folder: string): Promise<void> {
  for (const file of ['package.json', 'bun.lock']) copyFileSync(join(SDK_PINS, file), join(folder, file));
  const child = Bun.spawn([process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts'], {
    cwd: folder,
    env: toolEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, code] = await Promise.all([child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`the SDK could not be installed in ${folder}: ${said.trim().slice(-500)}`);
}

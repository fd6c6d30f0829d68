// Directories for tests: made under the system's own, removed by `using` at the end of the block, at the latest when the
// process ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TempDir = {
  readonly path: string;
  remove(): void;
  [Symbol.dispose](): void;
};

const open = new Set<string>();

/** A new empty directory, mode 700. */
export function tempDir(label = 'test'): TempDir {
  if (open.size === 0) process.once('exit', removeAll);
  const path = mkdtempSync(join(tmpdir(), `unrip-${label}-`));
  open.add(path);
  const remove = () => {
    rmSync(path, { recursive: true, force: true });
    open.delete(path);
  };
  return { path, remove, [Symbol.dispose]: remove };
}

function removeAll(): void {
  for (const path of open) rmSync(path, { recursive: true, force: true });
  open.clear();
}

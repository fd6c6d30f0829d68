// `.unrip/sim.json`: where the simulator of this checkout listens. Written by `./unrip sim`, read by `./unrip replay` and
// the demo; mode 600, since it may hold the relay's token.

import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

export const SimFile = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  control_url: Type.String({ pattern: '^http://' }),
  /** Variables of the environment that connect a process to the simulator. */
  environment: Type.Record(Type.String(), Type.String()),
});
export type SimFile = Static<typeof SimFile>;

export type SimFileRead =
  | { readonly ok: true; readonly file: SimFile }
  | { readonly ok: false; readonly reason: string };

/** Writes it again, readable by its owner only from the first byte. */
export async function writeSimFile(path: string, file: SimFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await Bun.write(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}

export async function readSimFile(path: string): Promise<SimFileRead> {
  const file = Bun.file(path);
  if (!(await file.exists())) return { ok: false, reason: `there is no ${path}` };
  const value: unknown = await file.json().catch(() => undefined);
  return Value.Check(SimFile, value)
    ? { ok: true, file: value }
    : { ok: false, reason: `${path} is not what ./unrip sim writes` };
}

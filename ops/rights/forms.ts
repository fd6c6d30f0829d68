// The forms in which a service is handed its secrets, laid out as their makers lay them out, for a user who may not read anything
// else: systemd's credentials, a Kubernetes volume, and plain files.

import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who the service runs as; nobody on the machine has these numbers. */
export const SERVICE = { uid: 54_321, gid: 54_322, fsGroup: 54_323 } as const;

export type Form = {
  readonly name: string;
  /** Variables of the process beyond those that name its files, which lie in `secrets` of its room. */
  readonly env: (room: { readonly secrets: string; readonly state: string }) => Readonly<Record<string, string>>;
  /** Fills the folder with files of these names and texts. */
  readonly lay: (folder: string, secrets: Readonly<Record<string, string>>) => void;
  /** Makes the state directory, in which the process may write. */
  readonly makeState: (path: string) => void;
};

const ROOT = 0;

export const FORMS: readonly Form[] = [
  {
    name: "systemd's credentials",
    env: ({ secrets }) => ({ CREDENTIALS_DIRECTORY: secrets }),
    // A list of access lets the service's user in, which stat shows as the group's rights.
    lay(folder, secrets) {
      for (const [name, text] of Object.entries(secrets)) put(join(folder, name), text, 0o440, ROOT, SERVICE.gid);
      own(folder, 0o550, ROOT, SERVICE.gid);
    },
    makeState: (path) => directory(path, 0o700, SERVICE.uid, SERVICE.gid),
  },
  {
    name: 'a Kubernetes volume with fsGroup',
    // As ops/deploy/k3s has it: everybody may write the root of such a volume, an emptyDir or one of k3s, so that the state is inside.
    env: ({ state }) => ({ STATE_DIR: join(state, 'unrip') }),
    lay(folder, secrets) {
      const dated = '..2026_01_02_03_04_05.678901234';
      directory(join(folder, dated), 0o2755, ROOT, SERVICE.fsGroup);
      symlinkSync(dated, join(folder, '..data'));
      for (const [name, text] of Object.entries(secrets)) {
        put(join(folder, dated, name), text, 0o440, ROOT, SERVICE.fsGroup);
        symlinkSync(join('..data', name), join(folder, name));
      }
      own(folder, 0o3777, ROOT, SERVICE.fsGroup);
    },
    makeState: (path) => directory(path, 0o2777, ROOT, SERVICE.fsGroup),
  },
  {
    name: 'files of its own',
    env: () => ({}),
    lay(folder, secrets) {
      for (const [name, text] of Object.entries(secrets))
        put(join(folder, name), text, 0o400, SERVICE.uid, SERVICE.gid);
      own(folder, 0o755, ROOT, ROOT);
    },
    makeState: (path) => directory(path, 0o700, SERVICE.uid, SERVICE.gid),
  },
];

function directory(path: string, mode: number, uid: number, gid: number): void {
  mkdirSync(path, { recursive: true });
  own(path, mode, uid, gid);
}

function put(path: string, text: string, mode: number, uid: number, gid: number): void {
  writeFileSync(path, `${text}\n`);
  own(path, mode, uid, gid);
}

/** A change of owner takes some bits of the mode away, so that the mode comes last. */
function own(path: string, mode: number, uid: number, gid: number): void {
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}

// `./unrip COMMAND` as a service would run it: an ordinary user without any right, a root file system that is read-only with
// /tmp in it, no home, secrets in files, and one directory to write in. See sandbox.sh.

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, cacheDir } from '../stack/directory.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { within } from '../testing/wait.ts';
import { type Form, SERVICE } from './forms.ts';

const SANDBOX = join(import.meta.dir, 'sandbox.sh');
const STOP_LIMIT_MS = 15_000;

export type Sandboxed = {
  readonly pid: number;
  /** STATE_DIR as it is seen from outside. */
  readonly stateDir: string;
  readonly logPath: string;
  /** Null while it runs. */
  exitCode(): number | null;
  readonly exited: Promise<number>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number>;
};

export type SandboxOptions = {
  /** Of this process alone: secrets, state and log lie in it. */
  readonly dir: string;
  readonly form: Form;
  readonly argv: (room: Room) => readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly env: (room: Room) => Readonly<Record<string, string>>;
};

/** Paths as the process sees them. */
export type Room = { readonly app: string; readonly secrets: string; readonly state: string };

/** Why there can be no sandbox here; null: there can. */
export function whyNoSandbox(): string | null {
  if (process.platform !== 'linux') return 'mount namespaces are Linux’s';
  if (process.getuid?.() !== 0) return 'only root can make a mount namespace and become another user';
  for (const program of ['unshare', 'setpriv', 'mount']) {
    if (Bun.which(program) === null) return `${program} is missing (util-linux)`;
  }
  const tried = Bun.spawnSync(
    ['unshare', '-m', '--propagation', 'private', '--', 'mount', '-t', 'tmpfs', 'none', '/mnt'],
    {
      env: toolEnvironment(),
    },
  );
  return tried.exitCode === 0 ? null : `no mount namespace can be made: ${tried.stderr.toString().trim()}`;
}

export function startSandboxed(options: SandboxOptions): Sandboxed {
  const { dir, form, argv, secrets, env } = options;
  const folders = { secrets: join(dir, 'secrets'), state: join(dir, 'state') };
  mkdirSync(folders.secrets, { recursive: true });
  form.lay(folders.secrets, secrets);
  form.makeState(folders.state);
  // Not below the checkout, which this user may not be able to reach.
  const place = mkdtempSync('/tmp/unrip-room-');
  const room = { app: join(place, 'app'), secrets: join(place, 'secrets'), state: join(place, 'state') };
  const variables = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    UNRIP_CACHE: join(place, 'cache'),
    STATE_DIR: room.state,
    ...form.env(room),
    ...env(room),
  };
  const { uid, gid, fsGroup } = SERVICE;
  const logPath = join(dir, 'log');
  const log = openSync(logPath, 'a', 0o600);
  const child = Bun.spawn(
    [
      ...['unshare', '-m', '--propagation', 'private', '--', 'sh', SANDBOX],
      ...[place, CHECKOUT, cacheDir(), folders.secrets, folders.state],
      ...['setpriv', '--reuid', `${uid}`, '--regid', `${gid}`, '--groups', `${fsGroup}`],
      ...['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'],
      // A process that becomes another user would else outlive the one that has started it, and was killed.
      ...['--pdeathsig', 'KILL', '--'],
      ...['env', '-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)],
      ...argv(room),
    ],
    { env: toolEnvironment(), stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = child.exited.finally(() => {
    process.off('exit', kill);
    rmSync(place, { recursive: true, force: true });
  });
  return {
    pid: child.pid,
    stateDir: folders.state,
    logPath,
    exited,
    exitCode: () => child.exitCode,
    async stop() {
      child.kill('SIGTERM');
      return await within(exited, { what: `the end of ${argv(room).join(' ')}`, limitMs: STOP_LIMIT_MS });
    },
  };
}

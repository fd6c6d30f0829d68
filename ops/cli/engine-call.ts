// Calls of a command to the engine that runs on STATE_DIR: control.json there has its address, the token is in its
// file or in CONTROL_TOKEN. The token goes into a header alone, so that no process list shows it.

import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { controlToken, engineStateDir } from '../../contracts/config/shared.ts';
import type { EventMessage } from '../../contracts/control/events.ts';
import type { PullBody } from '../../contracts/control/pull.ts';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { readOwnedFile } from '../../contracts/runtime/config/file-permissions.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { keptControlToken } from '../../contracts/runtime/config/secret-file.ts';
import { whyUnaddressed, withOwner } from '../../contracts/runtime/config/whereabouts.ts';
import { type CallResult, type ControlClient, createControlClient } from '../../contracts/runtime/control/client.ts';
import { followEvents } from '../../contracts/runtime/control/events/client.ts';
import { addressFileOf } from '../../contracts/runtime/process/address-file.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { keptStateDir } from '../../contracts/runtime/process/state-dir.ts';
import { isLocked } from '../../engine/journal/flock.ts';
import { canBeHolder } from '../../engine/journal/lock.ts';

export const CALL_VARIABLES = { stateDir: engineStateDir, controlToken };

/** What a command gets of the world. */
export type Shell = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for. */
  readonly directory: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
};

export function processShell(): Shell {
  // A proxy that is set for the way out must not get the token: the engine is on this machine, or named by its own address.
  for (const name of ['NO_PROXY', 'no_proxy']) process.env[name] = '*';
  return {
    env: process.env,
    directory: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  };
}

export type EngineCaller = ControlClient & {
  /** Disarms a part: insists while it is not known whether it was done. */
  disarm(part: string): Promise<CallResult>;
  /** Withdraws live quotes: insists likewise, since a second call does no more than the first. */
  pull(body: PullBody): Promise<CallResult>;
  /** Follows /events; the result ends it. `onEnd` is called once. */
  follow(onMessage: (message: EventMessage) => void, onEnd: (why: string) => void): () => void;
  /** One line on whether it trades now, and why not. */
  tradingLine(): Promise<string>;
};

const LIMIT_MS = 20_000;
/** A control API whose Worker failed, or that is flooded, may take the next call. */
const AGAIN_MS = 200;
const AGAIN_FOR_MS = 3000;

const ControlFile = Type.Object({ pid: Type.Integer({ minimum: 1 }), url: Type.String({ pattern: '^http://' }) });
const Disarmed = Type.Object({ to: Type.Object({ armed: Type.Literal(false) }) });
const Trading = Type.Object({ trading: Type.Boolean(), not_trading: Type.Array(Type.String()) });

/** The engine of this STATE_DIR, or the exit code when there is none to call; why was written. */
export function findEngine(command: string, shell: Shell): EngineCaller | ExitCode {
  const name = `unrip ${command}`;
  const { env, directory } = shell;
  const loaded = loadConfig(CALL_VARIABLES, { env, directory, callsOthers: false });
  for (const warning of loaded.warnings) shell.err(`${name}: ${warning}\n`);
  if (!loaded.ok) {
    shell.err(renderProblems(name, loaded.problems));
    return EXIT.config;
  }
  const { controlToken: given } = loaded.config;
  const stateDir = keptStateDir(loaded.config.stateDir);
  const addressPath = join(stateDir, addressFileOf('engine'));
  const address = readOwnedFile(addressPath);
  const read = address.ok ? readJson(address.text, SMALL_JSON) : null;
  if (read?.ok !== true || !Value.Check(ControlFile, read.value) || !isEngine(stateDir, read.value.pid)) {
    const sought = { process: 'an engine', stateDir, addressPath, address, isLocked: () => isLocked(stateDir) };
    const why =
      whyUnaddressed(sought) ??
      `no engine runs with STATE_DIR ${stateDir}. Set STATE_DIR to the directory of the running engine, or start one (./unrip engine)`;
    shell.err(`${name}: ${why}.\n`);
    return EXIT.failure;
  }
  const token = given === null ? keptControlToken(stateDir) : { ok: true as const, text: given };
  if (!token.ok) {
    shell.err(renderProblems(name, [withOwner(token.problem, stateDir)]));
    return EXIT.config;
  }
  return callerOf(read.value.url, token.text);
}

/** What a killed engine left behind must not send the token to whoever has its port, and perhaps its number, by now. */
function isEngine(stateDir: string, pid: number): boolean {
  return canBeHolder(stateDir, pid) && isRunning(pid);
}

/** A process of another user counts: it cannot be signalled, and is there. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Asks again while it is not known whether it was done, for some time after the first try has come to its end: where the control API
 * hangs, that alone takes longer than until it is replaced.
 */
async function insisted(call: () => Promise<CallResult>): Promise<CallResult> {
  let result = await call();
  const endsAtUs = machineClock.elapsedUs() + AGAIN_FOR_MS * 1000;
  while (result.kind === 'unknown' && machineClock.elapsedUs() < endsAtUs) {
    await Bun.sleep(AGAIN_MS);
    result = await call();
  }
  return result;
}

function callerOf(url: string, token: string): EngineCaller {
  const client = createControlClient({ url, token, timeLimitMs: LIMIT_MS });
  /** Done is what the answer shows to be done: anything else could have given a status. */
  const disarmOnce = async (part: string): Promise<CallResult> => {
    const result = await client.post(`/${part}/disarm`, {});
    return result.kind !== 'done' || Value.Check(Disarmed, result.answer)
      ? result
      : { ...result, kind: 'unknown', detail: 'an answer that does not confirm that it is disarmed' };
  };
  return {
    ...client,
    disarm: (part) => insisted(() => disarmOnce(part)),
    pull: (body) => insisted(() => client.post('/executor/pull', body)),
    follow: (onMessage, onEnd) => followEvents({ url, token, onMessage, onEnd }),
    async tradingLine() {
      // 503 has the same body: unhealthy is no reason to hide why it does not trade.
      const { answer } = await client.get('/healthz');
      if (!Value.Check(Trading, answer)) return 'trading: not known; see GET /healthz\n';
      const { trading, not_trading } = answer;
      return trading ? 'trading: yes\n' : `trading: no (${not_trading.join(', ')})\n`;
    },
  };
}

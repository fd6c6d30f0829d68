// Calls of a command to the engine that runs on STATE_DIR: control.json there has its address, the token is in its
// file or in CONTROL_TOKEN. The token goes into a header alone, so that no process list shows it.

import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { controlToken, engineStateDir } from '../../contracts/config/shared.ts';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { boundedFetch } from '../../contracts/runtime/bounded-fetch.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { readOwnedFile } from '../../contracts/runtime/config/file-permissions.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { keptControlToken } from '../../contracts/runtime/config/secret-file.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { keptStateDir } from '../../contracts/runtime/process/state-dir.ts';
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

/** `unknown`: it may have been done or not. */
export type CallResult =
  | { readonly kind: 'done'; readonly answer: unknown }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string };

export type EngineCaller = {
  readonly url: string;
  post(path: string, body: unknown): Promise<CallResult>;
  /** Disarms a part: asks again for a short time while it is not known whether it was done. */
  disarm(part: string): Promise<CallResult>;
  get(path: string): Promise<CallResult>;
  /** One line on whether it trades now, and why not. */
  tradingLine(): Promise<string>;
};

const LIMIT_MS = 20_000;
/** A control API whose Worker failed, or that is flooded, may take the next call. */
const DISARM_AGAIN_MS = 200;
const DISARM_FOR_MS = 2000;

const ControlFile = Type.Object({ pid: Type.Integer({ minimum: 1 }), url: Type.String({ pattern: '^http://' }) });
const Disarmed = Type.Object({ to: Type.Object({ armed: Type.Literal(false) }) });
const Problem = Type.Object({ title: Type.String(), detail: Type.String() });
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
  const file = readOwnedFile(join(stateDir, 'control.json'));
  const read = file.ok ? readJson(file.text, SMALL_JSON) : null;
  if (read?.ok !== true || !Value.Check(ControlFile, read.value) || !isEngine(stateDir, read.value.pid)) {
    shell.err(
      `${name}: no engine runs on STATE_DIR ${stateDir}. Set STATE_DIR to the directory of the engine that runs, or start one (./unrip engine).\n`,
    );
    return EXIT.failure;
  }
  const token = given === null ? keptControlToken(stateDir) : { ok: true as const, text: given };
  if (!token.ok) {
    shell.err(renderProblems(name, [token.problem]));
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

function callerOf(url: string, token: string): EngineCaller {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = (path: string, body: { readonly body?: string }) =>
    boundedFetch({ url: `${url}${path}`, headers, ...body, timers: machineClock, timeLimitMs: LIMIT_MS });
  const call = async (path: string, body: { readonly body?: string }): Promise<CallResult> => {
    const reply = await ask(path, body);
    if (!reply.ok) return { kind: 'unknown', detail: `${reply.reason}: ${reply.detail}` };
    const read = readJson(reply.body, SMALL_JSON);
    if (!read.ok) return { kind: 'unknown', detail: `${reply.status} with an answer that is not JSON` };
    if (reply.status < 300) return { kind: 'done', answer: read.value };
    const detail = Value.Check(Problem, read.value) ? `${read.value.title}: ${read.value.detail}` : `${reply.status}`;
    return { kind: reply.status >= 500 ? 'unknown' : 'refused', detail };
  };
  /** Done is what the answer shows to be done: anything else could have given a status. */
  const disarmOnce = async (part: string): Promise<CallResult> => {
    const result = await call(`/${part}/disarm`, { body: '{}' });
    return result.kind !== 'done' || Value.Check(Disarmed, result.answer)
      ? result
      : { kind: 'unknown', detail: 'an answer that does not say that it is disarmed' };
  };
  return {
    url,
    post: (path, body) => call(path, { body: JSON.stringify(body) }),
    async disarm(part) {
      const endsAtUs = machineClock.elapsedUs() + DISARM_FOR_MS * 1000;
      for (;;) {
        const result = await disarmOnce(part);
        if (result.kind !== 'unknown' || machineClock.elapsedUs() >= endsAtUs) return result;
        await Bun.sleep(DISARM_AGAIN_MS);
      }
    },
    get: (path) => call(path, {}),
    async tradingLine() {
      // 503 has the same body: unhealthy is no reason to hide why it does not trade.
      const reply = await ask('/healthz', {});
      const read = reply.ok ? readJson(reply.body, SMALL_JSON) : null;
      if (read?.ok !== true || !Value.Check(Trading, read.value)) return 'trading: not known; see GET /healthz\n';
      const { trading, not_trading } = read.value;
      return trading ? 'trading: yes\n' : `trading: no (${not_trading.join(', ')})\n`;
    },
  };
}

// A healthy outside world on real sockets, as the doctor sees it, and the doctor's answer as JSON: tests put one fault into it.

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../contracts/assets.ts';
import { startTestNode, type TestNode } from '../../contracts/runtime/near/node.fixture.ts';
import { doctor } from '../cli/doctor.ts';
import { throwAwayKey } from '../harness/key.ts';
import { startWorld, type World } from '../sim/world.ts';
import { type TempDir, tempDir } from '../testing/temp-dir.ts';
import type { CategoryName, Status } from './check.ts';

export const ACCOUNT = 'maker.sim.near';
export const NBTC = 'nep141:nbtc.bridge.near';
export const RELAY_KEY = 'partner-key-of-the-test-000000000000';

const SLOW_ANSWER = / answers? in \d+ ms$/;

export type Finding = {
  readonly check: string;
  readonly status: Status;
  readonly detail: string;
  readonly fix: string | null;
};
type CategoryReport = {
  readonly category: string;
  readonly lines: readonly Finding[];
  readonly not_checked: readonly string[];
};

export type Rig = {
  readonly world: World;
  /** Both of NEAR_RPC_URL. */
  readonly nodes: readonly [TestNode, TestNode];
  readonly dir: string;
  readonly publicKey: string;
  /** May be changed before `examine`. */
  readonly env: Record<string, string>;
  examine(...names: readonly CategoryName[]): Promise<Examined>;
  close(): Promise<void>;
};

/** A fault that is put into the rig, and what is found of it. */
export type Case = {
  readonly name: string;
  readonly category: CategoryName;
  readonly seed: (rig: Rig) => void | Promise<void>;
  readonly check: string;
  readonly status: Status;
  readonly detail: RegExp;
  readonly fix: RegExp;
};

export type Examined = {
  readonly code: number;
  /** Everything that was written. */
  readonly output: string;
  readonly categories: readonly CategoryReport[];
  /** What did not pass. That a server here is slow to answer, which is warned of, is up to the machine, and left out. */
  readonly findings: readonly Finding[];
};

export function openRig(): Rig {
  const temp: TempDir = tempDir('doctor');
  const dir = temp.path;
  const key = throwAwayKey(join(dir, 'key.json'), ACCOUNT);
  const balances = { [BTC.id]: 1_000_000n, [EURE.id]: 400n * 10n ** 18n };
  const world = startWorld({
    account: { accountId: ACCOUNT, publicKey: key.publicKey },
    balances,
    relayToken: RELAY_KEY,
  });
  const nodes = [startTestNode(world.chain), startTestNode(world.chain)] as const;
  const env: Record<string, string> = {
    ...world.urls,
    NEAR_RPC_URL: nodes.map(({ url }) => url).join(','),
    NEAR_ACCOUNT_ID: ACCOUNT,
    NEAR_KEY_FILE: key.file,
    RELAY_API_KEY: RELAY_KEY,
    STATE_DIR: dir,
    UV_THREADPOOL_SIZE: '8',
    CONTROL_PORT: '0',
  };
  return {
    world,
    nodes,
    dir,
    publicKey: key.publicKey,
    env,
    examine: (...names) => examined(env, dir, names),
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await world.close();
      temp.remove();
    },
  };
}

async function examined(
  env: Record<string, string>,
  directory: string,
  names: readonly CategoryName[],
): Promise<Examined> {
  let out = '';
  let err = '';
  const shell = {
    env,
    directory,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  };
  const code = await doctor([...names, '--json'], shell);
  const { categories } = JSON.parse(out) as { categories: CategoryReport[] };
  const findings = categories.flatMap(({ lines }) =>
    lines.filter(({ status, detail }) => status !== 'pass' && !(status === 'warn' && SLOW_ANSWER.test(detail))),
  );
  return { code, output: `${out}${err}`, categories, findings };
}

/** A file with this text that anybody may read. */
export function openFile(dir: string, name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return path;
}

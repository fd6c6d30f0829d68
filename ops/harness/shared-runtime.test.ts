// What engine and history-writer share as processes, on each of them: how they refuse to start, and how they end.

import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import type { PartAnswers } from '../../contracts/control/part-state.ts';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';
import { begin, FAULTS, type Fault, PROGRAMS, type ProgramName, type Running } from './shared-runtime.fixture.ts';

const LIMIT_MS = 60_000;

/** What a process that ended in order logs at last, whatever else it logs. */
const LAST = ['drain_begun', 'ended'] as const;
const among = (events: readonly string[], wanted: readonly string[]) =>
  events.filter((event) => wanted.includes(event));

const listens = async ({ child }: Running): Promise<void> => {
  await child.waitForLine(/"control_listening"/);
};

describe.each([...PROGRAMS])('%s', (name: ProgramName) => {
  test(
    'ends with 0 on SIGTERM, and takes its address away',
    async () => {
      using dir = tempDir('shared');
      const running = begin(name, { dir: dir.path });
      await using child = running.child;
      await listens(running);
      expect((await fetch(`${running.url()}/livez`)).status).toBe(200);
      expect(await child.stop('SIGTERM')).toBe(EXIT.ok);
      expect(among(running.events(), LAST)).toEqual([...LAST]);
      expect(existsSync(running.addressFile)).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    'drains without a start when SIGTERM comes before its control API listens',
    async () => {
      using dir = tempDir('shared');
      const { child: ending, events, addressFile } = begin(name, { dir: dir.path, endsEarly: true });
      await using child = ending;
      expect(await child.exited).toBe(EXIT.ok);
      const order = ['drain_begun', 'control_listening', 'engine_started', 'parts_started', 'ended'];
      expect(among(events(), order)).toEqual(['drain_begun', 'control_listening', 'ended']);
      expect(existsSync(addressFile)).toBe(false);
    },
    LIMIT_MS,
  );

  test.each(Object.keys(FAULTS) as Fault[])(
    '%s outside of every guard ends it with 1 after a drain',
    async (fault) => {
      using dir = tempDir('shared');
      const running = begin(name, { dir: dir.path, fault });
      await using child = running.child;
      await listens(running);
      expect(await child.stop('SIGUSR2')).toBe(EXIT.failure);
      expect(among(running.events(), ['process_faulted', ...LAST])).toEqual(['process_faulted', ...LAST]);
      expect(child.lines.find((line) => line.includes('process_faulted'))).toContain('made by the test');
      expect(existsSync(running.addressFile)).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    'says in its state what it lacks, when nothing that it needs is there',
    async () => {
      using dir = tempDir('shared');
      const running = begin(name, { dir: dir.path });
      await using child = running.child;
      await child.waitForLine(/"control_listening"/);
      const token = readFileSync(join(dir.path, 'state', 'control-token'), 'utf8').trim();
      const answer = await fetch(`${running.url()}/state`, { headers: { authorization: `Bearer ${token}` } });
      const state = (await answer.json()) as Record<string, unknown>;
      const parts = name === 'engine' ? [state['ingest'], state['reference'], state['inventory']] : [state];
      for (const part of parts)
        expect(part).toMatchObject({ healthy: false, connected: false, last_success_at: null, freshness: 'unknown' });
      for (const part of parts) expect((part as PartAnswers).blocked_by).not.toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'takes the tokens of CONTROL_TOKENS_FILE by role and account, and changes the level of its log',
    async () => {
      using dir = tempDir('shared');
      const token = (who: string): string => `${who}-${'t'.repeat(40)}`;
      const entry = (who: string, role: string, accounts: readonly string[]) => ({
        ...{ name: who, role, accounts },
        sha256: new Bun.CryptoHasher('sha256').update(token(who)).digest('hex'),
      });
      const tokens = [
        entry('anna', 'viewer', ['*']),
        entry('ben', 'operator', ['*']),
        entry('eve', 'operator', ['other.near']),
      ];
      const file = join(dir.path, 'tokens.json');
      writeFileSync(file, JSON.stringify({ tokens }), { mode: 0o600 });
      const running = begin(name, { dir: dir.path, env: { CONTROL_TOKENS_FILE: file } });
      await using child = running.child;
      await listens(running);
      const call = async (who: string, method: string, path: string, body?: object): Promise<Response> =>
        await fetch(`${running.url()}${path}`, {
          method,
          headers: { authorization: `Bearer ${token(who)}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      const level = async (): Promise<unknown> => (await (await call('anna', 'GET', '/log/level')).json()) as unknown;
      expect(await level()).toEqual({ level: 'info' });
      expect((await call('anna', 'PUT', '/log/level', { level: 'debug' })).status).toBe(403);
      expect((await call('eve', 'GET', '/state')).status).toBe(403);
      expect((await call('ben', 'PUT', '/log/level', { level: 'trace' })).status).toBe(400);
      expect((await call('ben', 'PUT', '/log/level', { level: 'debug' })).status).toBe(200);
      await child.waitForLine(/"control_action".*"actor":"ben"/);
      await waitFor(async () => Bun.deepEquals(await level(), { level: 'debug' }), { what: 'the level' });
      expect(child.lines.join('\n')).not.toContain('t'.repeat(40));

      // Another token for ben, and then a file that cannot be used.
      const replaced = { ...entry('ben', 'operator', ['*']), sha256: entry('next', 'operator', ['*']).sha256 };
      writeFileSync(file, JSON.stringify({ tokens: [replaced] }));
      await child.waitForLine(/"control_tokens_changed".*"removed":\["anna","eve"\],"changed":\["ben"\]/);
      expect((await call('ben', 'GET', '/state')).status).toBe(401);
      expect((await call('next', 'PUT', '/log/level', { level: 'info' })).status).toBe(200);
      writeFileSync(file, '{"tokens":');
      await child.waitForLine(/"control_tokens_refused"/);
      const { notes } = (await (await call('next', 'GET', '/healthz')).json()) as { notes: readonly string[] };
      expect(notes).toContain('control.tokens_file_refused');
      // Without the file nobody's but the local one is accepted.
      rmSync(file);
      await child.waitForLine(/"control_tokens_changed".*"removed":\["ben"\]/);
      expect((await call('next', 'GET', '/state')).status).toBe(401);
    },
    LIMIT_MS,
  );

  test(
    'a second SIGTERM ends it at once with 1',
    async () => {
      using dir = tempDir('shared');
      const running = begin(name, { dir: dir.path, env: { DRAIN_LIMIT_MS: '600000' } });
      await using child = running.child;
      await listens(running);
      process.kill(child.pid, 'SIGTERM');
      await child.waitForLine(/"drain_begun"/);
      expect(await child.stop('SIGTERM')).toBe(EXIT.failure);
      expect(running.events()).not.toContain('ended');
    },
    LIMIT_MS,
  );

  test(
    'leaves the address of another process that took over its directory',
    async () => {
      using dir = tempDir('shared');
      const running = begin(name, { dir: dir.path });
      await using child = running.child;
      await listens(running);
      writeFileSync(running.addressFile, '{"pid":1,"url":"http://127.0.0.1:1"}\n');
      expect(await child.stop('SIGTERM')).toBe(EXIT.ok);
      expect(existsSync(running.addressFile)).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    'a taken port is refused with 78, and the next start on the same directory succeeds',
    async () => {
      using dir = tempDir('shared');
      const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
      try {
        const refused = begin(name, { dir: dir.path, env: { CONTROL_PORT: String(taken.port) } });
        await using child = refused.child;
        expect(await child.exited).toBe(EXIT.config);
        expect(child.errorText()).toContain(`CONTROL_PORT ${taken.port} on 127.0.0.1 is in use by another process`);
        expect(existsSync(refused.addressFile)).toBe(false);
      } finally {
        taken.stop(true);
      }
      const next = begin(name, { dir: dir.path });
      await using child = next.child;
      await listens(next);
      expect(await child.stop('SIGTERM')).toBe(EXIT.ok);
    },
    LIMIT_MS,
  );

  type Spoiled = {
    readonly what: string;
    readonly spoil: (dir: string) => Readonly<Record<string, string>>;
    readonly says: RegExp;
  };
  const SPOILED: readonly Spoiled[] = [
    {
      what: 'a token file that is open to others',
      spoil: (dir) => tokenFile(dir, 'x'.repeat(40), 0o644),
      says: /STATE_DIR names ".*", which is open to others \(mode 644\)[\s\S]*fix: chmod 600 .*control-token\n/,
    },
    {
      what: 'a token file with a short token',
      spoil: (dir) => tokenFile(dir, 'short', 0o600),
      says: /STATE_DIR names ".*", which holds a token that is too short[\s\S]*fix: remove .*control-token: the next start makes a new token\.\n/,
    },
    {
      what: 'a state directory that cannot be made',
      spoil: (dir) => {
        writeFileSync(join(dir, 'file'), '');
        return { STATE_DIR: join(dir, 'file', 'state') };
      },
      says: /STATE_DIR names ".*", which cannot be created, read, written or set to mode 700 \(ENOTDIR\)/,
    },
    {
      what: 'a Kafka setting that is fixed',
      spoil: () => ({ KAFKA_CONFIG_JSON: '{"acks":0}' }),
      says: /KAFKA_CONFIG_JSON must not set acks: .*\n.*\n +fix: remove the setting or correct its value\.\n/,
    },
    {
      what: 'a Kafka setting that the client does not take',
      spoil: () => ({ KAFKA_CONFIG_JSON: '{"no.such.setting":1}' }),
      says: /KAFKA_CONFIG_JSON is not taken by the Kafka client: .*no\.such\.setting/,
    },
  ];
  test.each(SPOILED.map((one) => [one.what, one] as const))(
    '%s is refused with 78, naming the variable',
    async (_, { spoil, says }) => {
      using dir = tempDir('shared');
      const running = begin(name, { dir: dir.path, env: spoil(dir.path) });
      await using child = running.child;
      expect(await child.exited).toBe(EXIT.config);
      expect(child.errorText()).toMatch(says);
      expect(child.errorText()).not.toMatch(/\n {4}at /);
      expect(running.events()).not.toContain('control_listening');
    },
    LIMIT_MS,
  );
});

test(
  'the engine keeps its priority, and a sidecar gives way to it',
  async () => {
    const own = getPriority();
    const niceness = { engine: own, 'history-writer': Math.max(own, 5) } as const;
    for (const name of PROGRAMS) {
      using dir = tempDir('shared');
      const running = begin(name, { dir: dir.path });
      await using child = running.child;
      await listens(running);
      expect(getPriority(child.pid)).toBe(niceness[name]);
    }
  },
  LIMIT_MS,
);

function tokenFile(dir: string, token: string, mode: number): Readonly<Record<string, string>> {
  const stateDir = join(dir, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  writeFileSync(join(stateDir, 'control-token'), token, { mode });
  return {};
}

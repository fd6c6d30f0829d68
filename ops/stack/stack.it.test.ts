// The stack against itself: real servers in directories of the test's own, started, killed, started again.

import { expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import postgres from 'postgres';
import { IS_ROOT } from '../../contracts/runtime/process/as-user.fixture.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';
import { ensureMemoryBroker, memoryBrokerStatus, stopMemoryBroker } from './kafka/memory.ts';
import { brokerAnswers } from './kafka/probe.ts';
import { createDatabase, dropDatabase } from './postgres/databases.ts';
import { ensurePostgres } from './postgres/postgres.ts';
import { isOurs } from './process.ts';
import { existingPlace } from './server-place.ts';
import { removeServersBelow } from './servers-below.ts';
import { ensureStack, removeStack, stackStatus, stopStack } from './stack.ts';

const quiet = { progress: () => {} };

/** `closed`: as root, the server's user cannot reach it, so that PostgreSQL's data lie elsewhere. */
async function inDirectory(access: 'open' | 'closed', work: (dir: string) => Promise<void>): Promise<void> {
  using parent = tempDir('stack');
  chmodSync(parent.path, access === 'open' ? 0o711 : 0o700);
  const dir = join(parent.path, 'stack');
  try {
    await work(dir);
  } finally {
    await removeStack(dir);
  }
}

function portOf(brokers: string): number {
  return Number(brokers.split(':')[1]);
}

/** Who runs the process, and who owns each file of its data. */
function usersOf(pid: number | null, partDir: string): { readonly process: number; readonly data: readonly number[] } {
  const { dataDir } = existingPlace(partDir);
  // A file may go away meanwhile.
  const files = readdirSync(dataDir, { recursive: true }).flatMap((file) => {
    const found = lstatSync(join(dataDir, String(file)), { throwIfNoEntry: false });
    return found === undefined ? [] : [found.uid];
  });
  return { process: statSync(`/proc/${pid}`).uid, data: [statSync(dataDir).uid, ...files] };
}

/** As Linux tells them, without leading zeros. */
function rightsOf(pid: number | null): Readonly<Record<string, string>> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const value = (name: string) => new RegExp(`^${name}:\\s+0*(\\w+)$`, 'm').exec(status)?.[1] ?? 'none';
  return Object.fromEntries(['CapEff', 'CapPrm', 'CapBnd', 'NoNewPrivs'].map((name) => [name, value(name)]));
}

/** As root two users that are neither root nor each other, without rights; else the caller. */
function expectOwnUsers(dir: string): void {
  const { kafka, postgres: server } = stackStatus(dir);
  const found = [usersOf(kafka.pid, join(dir, 'kafka')), usersOf(server.pid, join(dir, 'postgres'))];
  for (const one of found) expect(new Set(one.data)).toEqual(new Set([one.process]));
  const users = found.map((one) => one.process);
  if (!IS_ROOT) {
    expect(new Set(users)).toEqual(new Set([process.getuid?.() ?? -1]));
    return;
  }
  expect(new Set([0, ...users]).size).toBe(3);
  for (const { pid } of [kafka, server])
    expect(rightsOf(pid)).toEqual({ CapEff: '0', CapPrm: '0', CapBnd: '0', NoNewPrivs: '1' });
}

describeWith(['kafka', 'database'], 'the stack', () => {
  test('up is idempotent, keeps its addresses and data over down and up, and status tells', async () => {
    await inDirectory('closed', async (dir) => {
      const [first, second] = await Promise.all([ensureStack(dir, quiet), ensureStack(dir, quiet)]);
      expect(second).toEqual(first);
      expect(stackStatus(dir)).toMatchObject({ kafka: { up: true }, postgres: { up: true } });
      expect(statSync(join(dir, 'stack.env')).mode & 0o777).toBe(0o600);
      expectOwnUsers(dir);

      const { owner } = await createDatabase(first, 'kept');
      expect(await stopStack(dir)).toEqual({ kafka: true, postgres: true });
      expect(stackStatus(dir)).toMatchObject({ kafka: { up: false }, postgres: { up: false } });
      expect(await brokerAnswers(portOf(first.kafkaBrokers))).toBe(false);
      expect(await stopStack(dir)).toEqual({ kafka: false, postgres: false });

      const third = await ensureStack(dir, quiet);
      expect(third).toEqual(first);
      const sql = postgres(owner, { max: 1 });
      expect(Array.from(await sql`select current_database() as name`)).toEqual([{ name: 'kept' }]);
      await sql.end();
      await dropDatabase(first, 'kept');
      await expect(ensureStack(dir, { ...quiet, kafkaPort: 1 })).rejects.toThrow('Kafka already runs on port');
    });
  });

  test('up works after both were killed, and does not fall for pid files that name a stranger', async () => {
    await inDirectory('open', async (dir) => {
      const before = await ensureStack(dir, quiet);
      const { kafka, postgres: server } = stackStatus(dir);
      for (const pid of [kafka.pid, server.pid]) {
        if (pid === null) throw new Error('a server has no process');
        process.kill(pid, 'SIGKILL');
        await waitFor(() => !isOurs(pid, []), { what: 'the end of a killed server' });
      }
      expect(stackStatus(dir)).toMatchObject({ kafka: { up: false }, postgres: { up: false } });
      // This very process plays the stranger that got the number after a new boot.
      writeFileSync(join(dir, 'kafka/pid'), `${process.pid}\n`);
      expect(stackStatus(dir).kafka.up).toBe(false);
      expect(await stopStack(dir)).toEqual({ kafka: false, postgres: false });

      const after = await ensureStack(dir, quiet);
      expect(after.adminUrl).toBe(before.adminUrl);
      expect(await brokerAnswers(portOf(after.kafkaBrokers))).toBe(true);
    });
  });

  test.each(['open', 'closed'] as const)(
    'both end with what they have, without being known by a pid file, when the directory above is cleared (%s)',
    async (access) => {
      await inDirectory(access, async (dir) => {
        await ensureStack(dir, quiet);
        const { kafka, postgres: server } = stackStatus(dir);
        const folders = ['kafka', 'postgres'].map((part) => existingPlace(join(dir, part)).folder);
        rmSync(join(dir, 'kafka/pid'));
        await removeServersBelow(dirname(dir));
        for (const { pid } of [kafka, server]) expect(isOurs(pid ?? 0, [])).toBe(false);
        // Below the directory it is the caller's to remove.
        expect(folders.filter((folder) => !folder.startsWith(dir) && existsSync(folder))).toEqual([]);
      });
    },
  );

  test('up works after the directory was deleted under running servers', async () => {
    await inDirectory('closed', async (dir) => {
      const before = await ensureStack(dir, quiet);
      rmSync(dir, { recursive: true });
      const after = await ensureStack(dir, quiet);
      expect(after.adminUrl).not.toBe(before.adminUrl);
      expect(await ensureStack(dir, quiet)).toEqual(after);
    });
  });

  test('each server runs as a user of its own that owns its data and has no rights beyond', async () => {
    await inDirectory('open', async (dir) => {
      await ensureStack(dir, quiet);
      expectOwnUsers(dir);
      if (!IS_ROOT) return;
      // Data of a time when root ran the server.
      await stopStack(dir);
      for (const part of ['kafka', 'postgres']) chownSync(join(dir, part, 'data'), 0, 0);
      await ensureStack(dir, quiet);
      expectOwnUsers(dir);
    });
  });

  test('a start that fails says so with the end of the log', async () => {
    await inDirectory('open', async (dir) => {
      using taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
      const asked = ensurePostgres(join(dir, 'postgres'), { ...quiet, port: taken.port });
      await expect(asked).rejects.toThrow(/PostgreSQL .* ended at its start[\s\S]*Address already in use/);
    });
  });

  test('the broker in memory answers, stays over two calls, and is gone after its stop', async () => {
    using dir = tempDir('stack');
    const first = await ensureMemoryBroker(dir.path);
    try {
      expect(await ensureMemoryBroker(dir.path)).toEqual(first);
      expect(memoryBrokerStatus(dir.path)).toMatchObject({ up: true, port: portOf(first.brokers) });
    } finally {
      expect(await stopMemoryBroker(dir.path)).toBe(true);
    }
    expect(await brokerAnswers(portOf(first.brokers))).toBe(false);
  });
});

// Backups of a journal that is being written, and what is put back from them.

import { describe, expect, test } from 'bun:test';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readPosition } from '../../../engine/bus/watermark-file.ts';
import { numbered, openJournal } from '../../../engine/journal/fixtures.ts';
import { isCopy } from '../../../engine/journal/place.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { script, scriptWith } from './scripts.fixture.ts';

const LIMIT_MS = 120_000;

/** A small journal that nobody writes to. */
async function closedJournal(stateDir: string): Promise<void> {
  const journal = openJournal(stateDir);
  await journal.close({ kind: 'closed', atMs: 1 });
}

test(
  'each copy of a journal that is written meanwhile is whole up to what was published, and is known as a copy',
  async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    const writer = Bun.spawn([process.execPath, join(import.meta.dir, 'write-journal.fixture.ts'), at('state')], {
      stdout: 'pipe',
      stderr: 'inherit',
    });
    let durableSeq = 0;
    const said = (async () => {
      let rest = '';
      const decoder = new TextDecoder();
      for await (const bytes of writer.stdout) {
        const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n');
        rest = lines.pop() ?? '';
        durableSeq = Number(lines.at(-1) ?? durableSeq);
      }
    })();
    try {
      const removedSegments = () => !existsSync(at('state', 'journal', '0000000000000001.log'));
      await waitFor(() => durableSeq >= 2000 && removedSegments(), {
        what: 'old segments to be removed',
        limitMs: 30_000,
      });
      for (let round = 0; round < 6; round++) {
        const durableBefore = durableSeq;
        const backup = await script('backup', at('state'), at('backups'));
        expect(backup).toMatchObject({ code: 0, err: '' });
        const restored = at(`restored-${round}`);
        expect(await script('restore', backup.out, restored)).toMatchObject({ code: 0, err: '' });

        const published = readPosition(join(restored, 'journal', 'outbox.json'))?.others ?? 0;
        expect(published).toBeGreaterThanOrEqual(durableBefore);
        const journal = openJournal(restored, { durableAtLeast: published });
        expect(journal.lastSeq).toBeGreaterThanOrEqual(published);
        expect(isCopy(join(restored, 'journal'))).toBe(true);
        expect(statSync(join(restored, 'journal')).mode & 0o777).toBe(0o700);
        await journal.abandon();
      }
      expect(readdirSync(at('backups')).filter((name) => name.startsWith('.'))).toEqual([]);
    } finally {
      writer.kill('SIGKILL');
      await writer.exited;
      await said;
    }
  },
  LIMIT_MS,
);

describe('a restore', () => {
  test('refuses a directory that has a journal, and leaves it as it is', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    await closedJournal(at('state'));
    const backup = await script('backup', at('state'), at('backups'));
    const before = readdirSync(at('state', 'journal'));
    const { code, err } = await script('restore', backup.out, at('state'));
    expect(code).toBe(1);
    expect(err).toContain('move it away first');
    expect(readdirSync(at('state', 'journal'))).toEqual(before);
  });

  test('refuses a directory of an engine that runs, also when its journal was moved away', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    const journal = openJournal(at('state'), { onFailure: () => {} });
    try {
      journal.append(numbered(journal.lastSeq + 1));
      await journal.synced(journal.lastSeq);
      const backup = await script('backup', at('state'), at('backups'));
      renameSync(at('state', 'journal'), at('moved'));
      const { code, err } = await script('restore', backup.out, at('state'));
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('an engine runs on') });
      expect(existsSync(at('state', 'journal'))).toBe(false);
    } finally {
      await journal.abandon();
    }
  });

  test('puts the journal where the engine looks for it: inside of a volume of root', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    mkdirSync(at('volume'));
    await closedJournal(at('volume', 'unrip'));
    const backup = await script('backup', at('volume'), at('backups'));
    expect(backup).toMatchObject({ code: 0, err: '' });
    expect(await script('restore', backup.out, at('volume'))).toMatchObject({ code: 1 });
    mkdirSync(at('other', 'unrip'), { recursive: true });
    expect(await script('restore', backup.out, at('other'))).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(at('other'))).toEqual(['unrip']);
    expect(readdirSync(at('other', 'unrip', 'journal'))).toEqual(['0000000000000001.log']);
    mkdirSync(at('volume', 'journal'));
    expect(await script('backup', at('volume'), at('backups'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('two journals'),
    });
  });

  test('says so where the engine will not know that it runs on a copy: without times of birth', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    await closedJournal(at('state'));
    const backup = await script('backup', at('state'), at('backups'));
    mkdirSync(at('bin'));
    const without = '#!/bin/sh\ncase $* in *%W*) echo 0 ;; *) exec /usr/bin/stat "$@" ;; esac\n';
    writeFileSync(at('bin', 'stat'), without, { mode: 0o755 });
    const PATH = `${at('bin')}:${process.env['PATH'] ?? ''}`;
    const { code, err } = await scriptWith({ PATH }, 'restore', backup.out, at('restored'));
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('do not arm it') });
    expect(readdirSync(at('restored')).sort()).toEqual(['journal', 'signed-ids']);
  });

  test.each([
    ['was not finished', (backup: string) => Bun.file(join(backup, 'SHA256SUMS')).delete(), 'SHA256SUMS is missing'],
    [
      'is damaged',
      (backup: string) => appendFileSync(join(backup, 'engine/journal/0000000000000001.log'), 'x'),
      'is damaged',
    ],
    [
      'has a segment of another journal',
      (backup: string) => writeFileSync(join(backup, 'engine/journal/0000000000000099.log'), ''),
      'files that backup.sh did not put there',
    ],
  ])('refuses a backup that %s', async (_what, harm, why) => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    await closedJournal(at('state'));
    const backup = await script('backup', at('state'), at('backups'));
    await harm(backup.out);
    const { code, err } = await script('restore', backup.out, at('again'));
    expect(code).toBe(1);
    expect(err).toContain(why);
    expect(existsSync(at('again', 'journal'))).toBe(false);
  });
});

describe('a backup', () => {
  test('of a directory without a journal says so, and leaves nothing', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    mkdirSync(at('empty', 'journal'), { recursive: true });
    expect(await script('backup', at('none'), at('backups'))).toMatchObject({ code: 1 });
    expect(await script('backup', at('empty'), at('backups'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no journal'),
    });
    expect(readdirSync(at('backups'))).toEqual([]);
  });

  test('of the same second as others is one of its own, and whole', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    await closedJournal(at('state'));
    const made = await Promise.all(Array.from({ length: 6 }, () => script('backup', at('state'), at('backups'))));
    expect(made.map(({ code, err }) => ({ code, err }))).toEqual(made.map(() => ({ code: 0, err: '' })));
    expect(made.map(({ out }) => out).sort()).toEqual(
      readdirSync(at('backups'))
        .map((name) => at('backups', name))
        .sort(),
    );
    for (const { out } of made) expect(readdirSync(out).sort()).toEqual(['SHA256SUMS', 'engine']);
  });

  test('has nothing that lets somebody act: no token, no lock, no key', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    await closedJournal(at('state'));
    writeFileSync(at('state', 'control-token'), 'secret');
    writeFileSync(at('state', 'key.json'), 'secret');
    const backup = await script('backup', at('state'), at('backups'));
    expect(readdirSync(backup.out).sort()).toEqual(['SHA256SUMS', 'engine']);
    expect(readdirSync(join(backup.out, 'engine')).sort()).toEqual(['journal', 'signed-ids']);
    expect(statSync(join(backup.out, 'engine')).mode & 0o777).toBe(0o700);
  });

  /** A pg_dump that writes down its arguments and the password. */
  const withDump = (directory: string): { readonly PATH: string; readonly said: string } => {
    const [bin, said] = [join(directory, 'bin'), join(directory, 'said')];
    mkdirSync(bin);
    const text = `#!/bin/sh\nprintf '%s|%s' "$*" "\${PGPASSWORD:-}" >'${said}'\n`;
    writeFileSync(join(bin, 'pg_dump'), text, { mode: 0o755 });
    return { PATH: `${bin}:${process.env['PATH'] ?? ''}`, said };
  };

  test('gives the password of the database by the environment, also when a file has the URL', async () => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    await closedJournal(at('state'));
    const { PATH, said } = withDump(directory.path);
    writeFileSync(at('url'), 'postgres://owner:hunter2@db/unrip\n', { mode: 0o600 });
    const env = { PATH, DATABASE_OWNER_URL_FILE: at('url') };
    const backup = await scriptWith(env, 'backup', at('state'), at('backups'));
    expect(backup).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(backup.out)).toContain('history.dump');
    expect(readFileSync(said, 'utf8')).toBe('-Fc --no-password -d postgres://owner@db/unrip|hunter2');
  });

  test.each([
    ['postgres://owner:hun@ter2@db/unrip'],
    ['postgres://db/unrip?user=owner&password=hunter2'],
    ['host=db user=owner PASSWORD = hunter2'],
    ['postgres://owner:hunter%32@db/unrip'],
  ])('of a database whose URL is %s shows its password to nobody: it is refused', async (url) => {
    using directory = tempDir('backup');
    const at = (...names: readonly string[]) => join(directory.path, ...names);
    await closedJournal(at('state'));
    const { PATH, said } = withDump(directory.path);
    const env = { PATH, DATABASE_OWNER_URL: url };
    const { code, err } = await scriptWith(env, 'backup', at('state'), at('backups'));
    expect(code).toBe(1);
    expect(err).toContain('PGPASSFILE');
    expect(err).not.toMatch(/hunter|ter2/);
    expect(existsSync(said)).toBe(false);
    expect(readdirSync(at('backups'))).toEqual([]);
  });
});

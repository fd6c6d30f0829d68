import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asUser, IS_ROOT, STRANGER } from '../process/as-user.fixture.ts';
import { type FileText, type OwnedFileOptions, readOwnedFile } from './file-permissions.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unrip-owned-'));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Kept = { readonly mode: number; readonly uid?: number; readonly gid?: number };

function fileOf({ mode, uid = 0, gid = 0 }: Kept, path = join(directory, 'key')): string {
  writeFileSync(path, 'the secret\n');
  if (IS_ROOT) chownSync(path, uid, gid);
  chmodSync(path, mode);
  return path;
}

/** 'kept', or what is wrong with it as the home of a secret. */
function verdict(file: FileText): string {
  if (!file.ok) return file.problem;
  return file.exposed === null ? 'kept' : file.exposed.problem;
}

const GROUP = 12_345;
const { uid: SELF, gid: OWN_GROUP } = STRANGER;

describe.skipIf(!IS_ROOT)('read by an ordinary user', () => {
  const read = (path: string, options: OwnedFileOptions = {}) =>
    asUser({ uid: SELF, gid: OWN_GROUP, groups: [GROUP] }, () => readOwnedFile(path, options));

  test.each([
    ['its own, closed', { mode: 0o600, uid: SELF, gid: OWN_GROUP }, 'kept'],
    ['its own, read-only', { mode: 0o400, uid: SELF, gid: OWN_GROUP }, 'kept'],
    ['its own, which a group may read', { mode: 0o440, uid: SELF, gid: GROUP }, 'is open to others (mode 440)'],
    ['its own, which all may read', { mode: 0o604, uid: SELF, gid: OWN_GROUP }, 'is open to others (mode 604)'],
    ["root's, for its group", { mode: 0o440, uid: 0, gid: GROUP }, 'kept'],
    ["root's, written by root", { mode: 0o640, uid: 0, gid: GROUP }, 'kept'],
    ["root's, which its group may write", { mode: 0o660, uid: 0, gid: GROUP }, 'is open to others (mode 660)'],
    ["root's, which all may read", { mode: 0o444, uid: 0, gid: GROUP }, 'is open to others (mode 444)'],
    ["root's, which all may write", { mode: 0o446, uid: 0, gid: GROUP }, 'is open to others (mode 446)'],
    ["root's, closed", { mode: 0o400, uid: 0, gid: 0 }, 'cannot be read by this user'],
    ["another user's, for a group", { mode: 0o440, uid: 999, gid: GROUP }, 'belongs to another user (uid 999)'],
    ["another user's, open", { mode: 0o644, uid: 999, gid: 999 }, 'belongs to another user (uid 999)'],
  ] as const)('%s', (_name, kept, expected) => {
    expect(verdict(read(fileOf(kept)))).toBe(expected);
  });

  test('a credential of systemd, and a secret of Kubernetes behind its links, are read', () => {
    const credentials = join(directory, 'credentials');
    mkdirSync(credentials);
    const credential = fileOf({ mode: 0o440, gid: GROUP }, join(credentials, 'key'));
    expect(verdict(read(credential, { credentialsDirectory: credentials }))).toBe('kept');

    mkdirSync(join(directory, '..2026_01_02_03_04_05.678'));
    fileOf({ mode: 0o440, gid: GROUP }, join(directory, '..2026_01_02_03_04_05.678/token'));
    symlinkSync('..2026_01_02_03_04_05.678', join(directory, '..data'));
    symlinkSync('..data/token', join(directory, 'token'));
    expect(read(join(directory, 'token'))).toEqual({ ok: true, text: 'the secret\n', exposed: null, changeable: null });
  });

  const fixOf = (file: FileText) => (file.ok ? file.exposed?.fix : file.problem);

  test('the fix is one that can be carried out where the file is', () => {
    const credentials = join(directory, 'credentials');
    mkdirSync(credentials);
    const credential = fileOf({ mode: 0o444, gid: GROUP }, join(credentials, 'key'));
    expect(fixOf(read(credential, { credentialsDirectory: credentials }))).toContain('LoadCredential=');
    mkdirSync(join(directory, '..2026'));
    fileOf({ mode: 0o644, gid: GROUP }, join(directory, '..2026/token'));
    symlinkSync('..2026', join(directory, '..data'));
    symlinkSync('..data/token', join(directory, 'token'));
    expect(fixOf(read(join(directory, 'token')))).toContain('defaultMode: 0440');
    const own = fileOf({ mode: 0o644, uid: SELF, gid: OWN_GROUP }, join(directory, 'own'));
    expect(fixOf(read(own))).toBe(`chmod 600 ${own}`);
    const roots = fileOf({ mode: 0o644 }, join(directory, 'roots'));
    expect(fixOf(read(roots))).toContain(`as root: chmod 640 ${roots}`);
  });
});

test.skipIf(!IS_ROOT)("read by root: a group may read what was handed over, not an ordinary file of root's", () => {
  const read = (mode: number, path: string) => verdict(readOwnedFile(fileOf({ mode, gid: GROUP }, path)));
  expect(read(0o440, join(directory, 'credential'))).toBe('kept');
  expect(read(0o640, join(directory, 'made by hand'))).toBe('is open to others (mode 640)');
  mkdirSync(join(directory, '..2026'));
  expect(read(0o640, join(directory, '..2026/token'))).toBe('kept');
});

test('who can change the content is judged apart from who can read it', () => {
  const changeable = (mode: number) => {
    const file = readOwnedFile(fileOf({ mode }));
    return file.ok ? (file.changeable?.problem ?? null) : file.problem;
  };
  expect(changeable(0o644)).toBeNull();
  expect(changeable(0o664)).toBe('can be changed by others (mode 664)');
  expect(changeable(0o602)).toBe('can be changed by others (mode 602)');
});

test('what is no regular file is refused at once, whatever it is', () => {
  const pipe = join(directory, 'pipe');
  Bun.spawnSync(['mkfifo', pipe]);
  expect(verdict(readOwnedFile(pipe))).toBe('is not a regular file');
  symlinkSync(pipe, join(directory, 'link'));
  expect(verdict(readOwnedFile(join(directory, 'link')))).toBe('is not a regular file');
  for (const path of ['/dev/zero', '/dev/tty', '/dev/null', directory]) {
    expect(verdict(readOwnedFile(path))).toMatch(/^(is not a regular file|does not exist)$/);
  }
  using server = Bun.listen({ unix: join(directory, 'socket'), socket: { data() {} } });
  expect(verdict(readOwnedFile(join(directory, 'socket')))).toBe('is not a regular file');
  server.stop(true);
});

test('no more than the limit is read', () => {
  const path = fileOf({ mode: 0o600 });
  truncateSync(path, 1 << 20);
  expect(verdict(readOwnedFile(path))).toBe('kept');
  truncateSync(path, (1 << 20) + 1);
  expect(verdict(readOwnedFile(path))).toBe('is larger than 1 MiB');
  truncateSync(path, 2 ** 40);
  expect(verdict(readOwnedFile(path))).toBe('is larger than 1 MiB');
});

test('a link is refused where this software makes the file itself', () => {
  symlinkSync(fileOf({ mode: 0o600 }), join(directory, 'link'));
  expect(verdict(readOwnedFile(join(directory, 'link')))).toBe('kept');
  expect(verdict(readOwnedFile(join(directory, 'link'), { refuseLink: true }))).toBe('is a symbolic link');
  symlinkSync('loop', join(directory, 'loop'));
  expect(readOwnedFile(join(directory, 'loop')).ok).toBe(false);
});

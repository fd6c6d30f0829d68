import { describe, expect, test } from 'bun:test';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { type TempDir, tempDir } from '../../ops/testing/temp-dir.ts';
import type { LogPort, Random } from '../model/ports.ts';
import { readIdFile } from './signed-id-codec.ts';
import { SignedIdStore, type SignedIdStoreOptions } from './signed-id-store.ts';

const NO_LOG: LogPort = { info: () => {}, warn: () => {}, error: () => {} };
const random: Pick<Random, 'fill'> = { fill: (bytes) => void crypto.getRandomValues(bytes) };
const DAY_MS = 86_400_000;

const openStore = (dir: TempDir, clock = new ManualClock(), over: Partial<SignedIdStoreOptions> = {}) =>
  new SignedIdStore({
    stateDir: dir.path,
    clock,
    random,
    log: NO_LOG,
    isOwned: () => true,
    isClockTrusted: () => true,
    ...over,
  });

const filesIn = (dir: TempDir) => readdirSync(join(dir.path, 'signed-ids')).sort();
const FIRST = 'signed-ids/0000000000000001.ids';

async function savedWith(dir: TempDir, count: number, clock = new ManualClock()) {
  const store = openStore(dir, clock);
  for (let n = 0; n < count; n++) store.ids.add(`q${n}`, clock.elapsedUs());
  const expected = store.expected();
  await store.save();
  return { store, expected };
}

describe('signed ids on disk', () => {
  test('are known after a restart, with their age, and go on in the same file', async () => {
    using dir = tempDir('ids');
    const clock = new ManualClock();
    const { store } = await savedWith(dir, 10_000, clock);
    clock.advance(DAY_MS / 2);
    store.ids.add('half-a-day-later', clock.elapsedUs());
    await store.save();
    const next = openStore(dir, clock);
    expect(next.state()).toMatchObject({ ids: 10_001, unsaved: 0, problem: null });
    for (let n = 0; n < 10_000; n += 7) expect(next.ids.has(`q${n}`)).toBe(true);
    expect(next.missingOf(store.expected())).toEqual([]);
    clock.advance(DAY_MS / 2 + 1);
    await next.expire();
    expect(next.ids.has('half-a-day-later')).toBe(true);
    const third = openStore(dir, clock);
    clock.advance(DAY_MS);
    await third.expire();
    expect(third.ids.has('half-a-day-later')).toBe(false);
    expect(filesIn(dir)).toEqual([]);
    // Nothing of that is missing: a day is over.
    expect(openStore(dir, clock).missingOf(store.expected())).toEqual([]);
  });

  test('belong to their owner only', async () => {
    using dir = tempDir('ids');
    await savedWith(dir, 1);
    expect(statSync(join(dir.path, 'signed-ids')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir.path, FIRST)).mode & 0o777).toBe(0o600);
  });

  test('a clock that is set back does not make them older, one set forward makes nothing younger', async () => {
    using dir = tempDir('ids');
    await savedWith(dir, 3);
    const behind = new ManualClock(new ManualClock().nowMs() - 10 * DAY_MS);
    const store = openStore(dir, behind);
    behind.advance(DAY_MS);
    await store.expire();
    expect(store.ids.has('q0')).toBe(true);
  });

  test('of an earlier run are not forgotten by a clock that is ahead, nor by one that nobody vouches for', async () => {
    using dir = tempDir('ids');
    await savedWith(dir, 3);
    let isClockTrusted = false;
    let aheadMs = 2 * DAY_MS;
    const clock = new ManualClock();
    const wrong = {
      nowMs: () => clock.nowMs() + aheadMs,
      elapsedUs: () => clock.elapsedUs(),
      every: () => () => {},
    };
    const store = openStore(dir, clock, { clock: wrong, isClockTrusted: () => isClockTrusted });
    await store.expire();
    expect(store.ids.has('q0')).toBe(true);
    // Set right while the engine runs: what the wrong one made of the age does not count any more.
    aheadMs = 0;
    isClockTrusted = true;
    await store.expire();
    expect(store.ids.has('q0')).toBe(true);
    expect(openStore(dir).ids.has('q0')).toBe(true);
    clock.advance(DAY_MS + 1);
    await store.expire();
    expect(store.ids.has('q0')).toBe(false);
    expect(filesIn(dir)).toEqual([]);
  });

  test('are neither written nor removed when the state directory may be that of another process', async () => {
    using dir = tempDir('ids');
    const clock = new ManualClock();
    let isOwned = true;
    const store = openStore(dir, clock, { isOwned: () => isOwned });
    store.ids.add('q0', clock.elapsedUs());
    await store.save();
    // Another process has gone on from a copy.
    const other = openStore(dir, clock);
    for (let n = 0; n < 100; n++) other.ids.add(`other-${n}`, clock.elapsedUs());
    await other.save();
    isOwned = false;
    store.ids.add('q1', clock.elapsedUs());
    await expect(store.save()).rejects.toThrow('no longer that of this process');
    clock.advance(2 * DAY_MS);
    await store.expire();
    expect(openStore(dir, clock).state().ids).toBe(101);
  });

  test.each([
    ['the file is gone', (path: string) => rmSync(path), 8],
    ['its header is broken', (path: string) => writeFileSync(path, 'x'), 8],
    ['its end is cut off', (path: string) => truncateSync(path, statSync(path).size - 1), 3],
    [
      'a bit of its last batch has turned',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      },
      3,
    ],
  ])('that a checkpoint counts on and a restart does not find are named: %s', async (_name, change, missing) => {
    using dir = tempDir('ids');
    const { store } = await savedWith(dir, 5);
    for (let n = 0; n < 3; n++) store.ids.add(`later-${n}`, 0);
    const expected = store.expected();
    await store.save();
    change(join(dir.path, FIRST));
    const next = openStore(dir);
    expect(next.missingOf(expected)).toEqual([
      expect.stringMatching(
        new RegExp(`^${missing} of 8 signed quote ids are missing from .*ids: they could be signed again$`),
      ),
    ]);
    expect(next.ids.has('q0')).toBe(missing === 3);
    // What is added now is found again, whatever was broken before.
    next.ids.add('after', 0);
    await next.save();
    expect(openStore(dir).ids.has('after')).toBe(missing === 3 || !readdirSync(dir.path).includes('broken'));
  });

  test('a torn batch, which a crash leaves, is written over', async () => {
    using dir = tempDir('ids');
    const { expected } = await savedWith(dir, 5);
    appendFileSync(join(dir.path, FIRST), new Uint8Array(40).fill(3));
    const store = openStore(dir);
    expect(store.missingOf(expected)).toEqual([]);
    store.ids.add('after', 0);
    await store.save();
    const again = openStore(dir);
    expect(again.state().ids).toBe(6);
    expect(again.ids.has('after')).toBe(true);
  });

  test('that cannot be written are reported once, kept, and written later', async () => {
    using dir = tempDir('ids');
    const events: string[] = [];
    const log: LogPort = { info: (event) => events.push(event), warn: (event) => events.push(event), error: () => {} };
    const store = openStore(dir, new ManualClock(), { log });
    rmSync(join(dir.path, 'signed-ids'), { recursive: true });
    store.ids.add('q0', 0);
    for (let round = 0; round < 3; round++) {
      store.ids.add(`q${round}`, 0);
      await expect(store.save()).rejects.toThrow('ENOENT');
    }
    expect(store.state()).toMatchObject({ unsaved: 3, problem: expect.stringContaining('ENOENT') });
    mkdirSync(join(dir.path, 'signed-ids'));
    await store.save();
    expect(store.state()).toMatchObject({ unsaved: 0, problem: null });
    expect(events).toEqual(['signed_ids_not_saved', 'signed_ids_not_saved_over']);
    expect(openStore(dir).state().ids).toBe(3);
  });

  test('are saved every minute and when idle is awaited', async () => {
    using dir = tempDir('ids');
    const clock = new ManualClock();
    const store = openStore(dir, clock);
    const stop = store.start();
    store.ids.add('q0', clock.elapsedUs());
    clock.advance(60_000);
    await store.idle();
    expect(openStore(dir).ids.has('q0')).toBe(true);
    stop();
    expect(clock.pending).toBe(0);
  });
});

test('any bytes are read as a file or as none, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, withMagic) => {
      if (withMagic) bytes.set(new TextEncoder().encode('unripI1\n').subarray(0, bytes.length));
      const file = readIdFile(bytes);
      if (file !== null) expect([...file.hashes()].length).toBe(file.ids);
    }),
  );
});

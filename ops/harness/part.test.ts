// Children as an operator would start them: nothing inherited, an end in order or by force, and nothing left behind.

import { expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../stack/process.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { throwAwayKey } from './key.ts';
import { startPart } from './part.ts';
import { startRig } from './rig.ts';
import { startSim } from './sim.ts';
import { endStale, notePart, PART_FILE_SUFFIX, startOf } from './stale.ts';

const ACCOUNT = 'harness.near';

const partFiles = (dir: string) => readdirSync(dir).filter((name) => name.endsWith(PART_FILE_SUFFIX));

function simIn(dir: string) {
  const { publicKey } = throwAwayKey(join(dir, 'key.json'), ACCOUNT);
  return startSim({ dir, accountId: ACCOUNT, publicKey, relayToken: 'throw-away' });
}

test('a child inherits no setting and no key of its parent', async () => {
  using dir = tempDir('part');
  const before = process.env['NEAR_ACCOUNT_ID'];
  process.env['NEAR_ACCOUNT_ID'] = 'inherited.near';
  try {
    const part = startPart({ name: 'engine', args: ['engine'], dir: dir.path });
    expect(await part.exited).toBe(78);
    expect(readFileSync(part.logPath, 'utf8')).toContain('NEAR_ACCOUNT_ID is not set');
    expect(statSync(part.logPath).mode & 0o777).toBe(0o600);
    expect(await part.stop()).toBe(78);
  } finally {
    if (before === undefined) delete process.env['NEAR_ACCOUNT_ID'];
    else process.env['NEAR_ACCOUNT_ID'] = before;
  }
});

test('the simulators come up with the account that was asked for, and end with 0 when they are stopped', async () => {
  using dir = tempDir('part');
  const sim = await simIn(dir.path);
  try {
    expect(sim.environment).toMatchObject({ NEAR_ACCOUNT_ID: ACCOUNT, RELAY_API_KEY: 'throw-away' });
    expect(await sim.counts()).toMatchObject({ asked: 0, settled: 0 });
    expect(partFiles(dir.path)).toEqual(['sim.part']);
  } finally {
    expect(await sim.stop()).toBe(0);
  }
  expect(await sim.stop()).toBe(0);
  expect(partFiles(dir.path)).toEqual([]);
});

test('what a killed parent left is found by its file and ended', async () => {
  using dir = tempDir('stale');
  const sim = await simIn(dir.path);
  expect(await endStale([dir.path, join(dir.path, 'nowhere')])).toEqual([`sim (process ${sim.pid})`]);
  expect(await sim.exited).toBe(137);
  expect(isAlive(sim.pid)).toBe(false);
  expect(await endStale([dir.path])).toEqual([]);
});

test('a stranger that got the number since is left in peace', async () => {
  using dir = tempDir('stale');
  const sim = await simIn(dir.path);
  try {
    const file = join(dir.path, 'sim.part');
    // The same process, but for the moment of its start.
    const noted: object = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...noted, started: `${startOf(sim.pid)}0` }));
    // A process with another command line.
    notePart(join(dir.path, 'test.part'), { pid: process.pid, command: 'engine' });
    writeFileSync(join(dir.path, 'broken.part'), 'no JSON');
    expect(await endStale([dir.path])).toEqual([]);
    expect(sim.exitCode()).toBeNull();
    expect(partFiles(dir.path)).toEqual([]);
  } finally {
    await sim.kill();
  }
});

test('a key for nothing is its owner’s alone, and another one each time', () => {
  using dir = tempDir('key');
  const file = join(dir.path, 'key.json');
  writeFileSync(file, 'older', { mode: 0o644 });
  const first = throwAwayKey(file, ACCOUNT);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ account_id: ACCOUNT, public_key: first.publicKey });
  expect(throwAwayKey(file, ACCOUNT).publicKey).not.toBe(first.publicKey);
});

const NO_KAFKA = { kafkaBrokers: '127.0.0.1:9', kafkaKind: 'kafka' } as const;

test('a rig whose services do not answer leaves no child', async () => {
  using dir = tempDir('rig');
  const services = { ...NO_KAFKA, adminUrl: 'postgres://nobody@127.0.0.1:9/none' };
  const path = join(dir.path, 'run');
  await expect(startRig({ dir: path, services, label: 'test', armed: true })).rejects.toThrow(/CONN/);
  expect(partFiles(path)).toEqual([]);
});

test('a rig that is interrupted half-way leaves no child', async () => {
  using dir = tempDir('rig');
  // Takes connections and says nothing.
  using silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const services = { ...NO_KAFKA, adminUrl: `postgres://nobody@127.0.0.1:${silent.port}/none` };
  const interrupt = new AbortController();
  const path = join(dir.path, 'run');
  const start = startRig({
    dir: path,
    services,
    label: 'test',
    armed: true,
    signal: interrupt.signal,
    progress: () => interrupt.abort(new Error('told to end')),
  });
  await expect(start).rejects.toThrow('told to end');
  expect(partFiles(path)).toEqual([]);
});

// Secrets of a deployment: who gets which, by the commands of k3s/README.md, and what the script makes of them.

import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTokens } from '../../contracts/config/control-tokens.ts';
import { createTokenCheck } from '../../contracts/runtime/control/auth.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { containerOf, type Fields, K3S, secretsOf, variablesOf, WORKLOADS } from './manifests.fixture.ts';
import { secretFilesOf } from './processes.fixture.ts';

const FOLDER = '/etc/unrip/';

/** Keys of each secret, and the file that each is made of, by the commands of the document. */
const SECRETS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  [...readFileSync(join(K3S, 'README.md'), 'utf8').matchAll(/create secret generic (\S+)((?: --from-file=\S+)+)/g)].map(
    ([, name = '', keys = '']) => [
      name,
      new Map([...keys.matchAll(/--from-file=([^\s=]+)(?:=(\S+))?/g)].map(([, key = '', file = key]) => [key, file])),
    ],
  ),
);

/** Files of secrets that a workload has, and those that its variables name. */
function filesOf(document: Fields) {
  const mounted = secretsOf(document).flatMap(({ name, keys }) => keys ?? [...(SECRETS.get(name)?.keys() ?? [])]);
  const read = [...variablesOf(document).values()].filter((value) => value.startsWith(FOLDER));
  return { mounted: mounted.sort(), read: read.map((path) => path.slice(FOLDER.length)).sort() };
}

describe.each(WORKLOADS.map(({ name, document }) => [name, document] as const))('%s', (_name, document) => {
  test('has each secret that it reads, and no other', () => {
    const { mounted, read } = filesOf(document);
    expect(read.length).toBeGreaterThan(0);
    expect(mounted).toEqual(read);
  });

  test('reads each that its command needs', () => {
    const command = String((containerOf(document)['args'] as readonly string[])[0]);
    const needed = secretFilesOf(command);
    expect(needed.length).toBeGreaterThan(0);
    const given = [...variablesOf(document).keys()].filter((name) => name.endsWith('_FILE'));
    expect(needed.filter((names) => !names.some((name) => given.includes(name)))).toEqual([]);
    // Who may call a control API is the only one of the operator's own choice.
    const others = given.filter((name) => !needed.flat().includes(name));
    expect(others).toEqual(given.includes('CONTROL_TOKENS_FILE') ? ['CONTROL_TOKENS_FILE'] : []);
  });
});

describe('the secrets of k3s', () => {
  test('nobody but the engine, and the doctor that shows its key, has the key', () => {
    const holders = WORKLOADS.filter(({ document }) => filesOf(document).mounted.includes('near-key'));
    expect(holders.map(({ name }) => name)).toEqual(['unrip-doctor', 'unrip-engine', 'unrip-engine-standby']);
  });

  test('each process has a user of its own in PostgreSQL and in Kafka', () => {
    const files = [...SECRETS.values()].flatMap((keys) => [...keys]);
    for (const key of ['database-url', 'kafka-config']) {
      const of = files.flatMap(([name, file]) => (name === key ? [file] : []));
      expect(of.length).toBeGreaterThan(1);
      expect(new Set(of).size).toBe(of.length);
    }
  });
});

describe('the script', () => {
  const make = (folder: string) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync(['sh', join(import.meta.dir, 'secrets.sh'), folder], {
      env: toolEnvironment(),
      stdout: 'pipe',
      stderr: 'pipe',
    });
    return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
  };
  const textsIn = (folder: string) =>
    new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

  test('makes every file that it can make, closed to others, names the rest, and changes nothing that is there', () => {
    using dir = tempDir('secrets');
    const folder = join(dir.path, 'made here');
    const first = make(folder);
    expect(first).toMatchObject({ code: 0, err: '' });
    const missing = [...first.out.matchAll(/^missing: .*\/(\S+)$/gm)].map(([, name = '']) => name);
    expect(missing).toEqual(['near-key', 'relay-api-key', 'database-url-owner', 'database-url-writer']);
    const made = textsIn(folder);
    const needed = new Set([...SECRETS.values()].flatMap((keys) => [...keys.values()]));
    expect([...needed].filter((name) => !made.has(name)).sort()).toEqual(missing.sort());
    for (const name of made.keys()) expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    for (const name of missing) writeFileSync(join(folder, name), 'x', { mode: 0o600 });
    expect(make(folder)).toEqual({ code: 0, out: '', err: '' });
    expect(textsIn(folder)).toEqual(new Map([...made, ...missing.map((name) => [name, 'x'] as const)]));
  });

  test('lets the manager reserve in the engine and nowhere else, and Prometheus read everywhere', () => {
    using dir = tempDir('secrets');
    make(dir.path);
    const texts = textsIn(dir.path);
    const rolesIn = (list: string) => {
      const parsed = parseTokens(texts.get(list) ?? '');
      if (!parsed.ok) throw new Error(parsed.problem);
      const check = createTokenCheck(parsed.value);
      return ['engine-control-token', 'metrics-token'].map((name) => {
        const checked = check(`Bearer ${texts.get(name)}`);
        return checked.ok ? checked.role : null;
      });
    };
    expect(rolesIn('control-tokens-engine')).toEqual(['reserver', 'viewer']);
    expect(rolesIn('control-tokens')).toEqual([null, 'viewer']);
  });

  test('refuses a list without the hash of a token that is there', () => {
    using dir = tempDir('secrets');
    make(dir.path);
    rmSync(join(dir.path, 'engine-control-token'));
    expect(make(dir.path)).toMatchObject({
      code: 1,
      err: expect.stringContaining('control-tokens-engine lacks the hash'),
    });
  });

  test.each<[string[]]>([[[]], [['one', 'two']], [['--help']]])(
    'with the arguments %j says how it is called',
    (args) => {
      const { exitCode, stderr } = Bun.spawnSync(['sh', join(import.meta.dir, 'secrets.sh'), ...args], {
        env: toolEnvironment(),
        stdout: 'pipe',
        stderr: 'pipe',
      });
      expect([exitCode, stderr.toString()]).toEqual([2, expect.stringContaining('secrets.sh DIRECTORY')]);
    },
  );
});

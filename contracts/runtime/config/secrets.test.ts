// Secrets in files, and what a `.env` has to be like.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DECLARED_NAMES } from '../../config/declared.ts';
import { ENGINE_VARIABLES } from '../../config/engine.ts';
import { HISTORY_WRITER_VARIABLES } from '../../config/history-writer.ts';
import { fileNamesOf, type Variable, type Variables } from '../../config/variable.ts';
import { IS_ROOT } from '../process/as-user.fixture.ts';
import { helpText } from './help.ts';
import { loadConfig, renderProblems } from './load.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unrip-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Env = Record<string, string>;

function secretFile(text: string, name = 'secret'): string {
  writeFileSync(join(directory, name), text, { mode: 0o600 });
  return join(directory, name);
}

function load<V extends Variables>(variables: V, env: Env) {
  return loadConfig(variables, { env: { NEAR_ACCOUNT_ID: 'solver.near', ...env }, directory });
}

function problemsOf(env: Env, variables: Variables = ENGINE_VARIABLES): string {
  const loaded = load(variables, env);
  return loaded.ok ? '' : renderProblems('engine', loaded.problems);
}

const SECRETS = [
  ['NEAR_PRIVATE_KEY', 'privateKey', `ed25519:${'3'.repeat(88)}`],
  ['RELAY_API_KEY', 'relayApiKey', 'eyJhbGciOiJIUzI1NiJ9.e30.abc'],
  ['COINGECKO_API_KEY', 'coingeckoApiKey', 'CG-abcdef'],
  ['CONTROL_TOKEN', 'controlToken', 'x'.repeat(40)],
  ['KAFKA_CONFIG_JSON', 'kafkaConfig', '{"sasl.password":"p w"}'],
  ['DATABASE_URL', 'databaseUrl', 'postgres://u:p@db.example/unrip'],
] as const;

const ALL: Variables = { ...HISTORY_WRITER_VARIABLES, ...ENGINE_VARIABLES };

test.each(SECRETS)('%s is read from the file that its _FILE form names, trimmed', (name, key, text) => {
  const direct = load(ALL, { [name]: text });
  for (const around of ['', '\n', '\r\n', ' \t\n']) {
    const loaded = load(ALL, { [`${name}_FILE`]: secretFile(`${around}${text}${around}`) });
    expect(loaded.ok && loaded.config[key]).toEqual(direct.ok && direct.config[key]);
    expect(loaded.ok && loaded.originOf(key)).toMatchObject({ name: `${name}_FILE`, fromFile: true });
  }
  writeFileSync(join(directory, '.env'), `${name}_FILE=${secretFile(text)}\n`, { mode: 0o644 });
  const fromDotEnv = load(ALL, {});
  expect(fromDotEnv.ok && fromDotEnv.config[key]).toEqual(direct.ok && direct.config[key]);
});

test.each(SECRETS)('%s that is set in two ways is refused, wherever the two are', (name, _key, text) => {
  const file = secretFile(text);
  const both = problemsOf({ [name]: text, [`${name}_FILE`]: file }, ALL);
  expect(both).toContain(`${name}_FILE and ${name} are both set in the environment`);
  expect(both).toContain(`keep ${name}_FILE, and remove ${name}`);
  writeFileSync(join(directory, '.env'), `${name}=${text}\n`, { mode: 0o600 });
  expect(problemsOf({ [`${name}_FILE`]: file }, ALL)).toContain('are both set (the environment; .env)');
  expect(problemsOf({ [`${name}_FILE`]: ' ' }, ALL)).toBe('');
});

test('every declared secret, and nothing else, has a file form, which help names and no spelling check refuses', () => {
  const variables: Variable<unknown>[] = [ENGINE_VARIABLES, HISTORY_WRITER_VARIABLES].flatMap((each: Variables) =>
    Object.values(each),
  );
  const help = helpText(ENGINE_VARIABLES) + helpText(HISTORY_WRITER_VARIABLES);
  for (const variable of variables) {
    expect(fileNamesOf(variable).includes(`${variable.name}_FILE`)).toBe(variable.secret);
    for (const name of fileNamesOf(variable)) {
      expect(DECLARED_NAMES).toContain(name);
      expect(help).toContain(name);
    }
  }
  expect(variables.filter(({ secret }) => secret).length).toBeGreaterThanOrEqual(SECRETS.length);
});

test('a file that cannot be used is named with its variable, never with its content', () => {
  const file = secretFile('hunter2 hunter2 hunter2');
  const wrong = problemsOf({ CONTROL_TOKEN_FILE: file });
  expect(wrong).toContain('CONTROL_TOKEN_FILE names a file whose content is too short');
  expect(problemsOf({ RELAY_API_KEY_FILE: file })).toContain('names a file whose content has spaces');
  chmodSync(file, 0o644);
  const open = problemsOf({ RELAY_API_KEY_FILE: file });
  expect(open).toMatch(/RELAY_API_KEY_FILE names ".*", which is open to others \(mode 644\)/);
  expect(open).toContain(`chmod 600 ${file}`);
  expect(wrong + open).not.toContain('hunter2');
  expect(problemsOf({ DATABASE_URL_FILE: secretFile('\n', 'empty') }, ALL)).toContain('is empty');
  Bun.spawnSync(['mkfifo', join(directory, 'pipe')]);
  expect(problemsOf({ KAFKA_CONFIG_JSON_FILE: join(directory, 'pipe') })).toContain('is not a regular file');
});

describe('.env', () => {
  const path = () => join(directory, '.env');
  const writeEnv = (text: string, mode: number) => {
    writeFileSync(path(), text);
    chmodSync(path(), mode);
  };

  test.each([0o666, 0o664, 0o646, 0o620, 0o602])('that others may write is refused (%p)', (mode) => {
    writeEnv('NONCE_LANES=2\n', mode);
    const text = problemsOf({});
    expect(text).toContain('.env can be changed by others');
    expect(text).toContain(`chmod go-w ${path()}`);
  });

  test.skipIf(!IS_ROOT)('of another user is refused, without a secret as well', () => {
    writeEnv('NONCE_LANES=2\n', 0o600);
    chownSync(path(), 12_345, 12_345);
    expect(problemsOf({})).toContain('.env belongs to another user (uid 12345)');
  });

  test('that is a pipe is refused without waiting for a writer', () => {
    Bun.spawnSync(['mkfifo', path()]);
    expect(problemsOf({})).toContain('.env is not a regular file');
  });

  test.each([
    ['DATABASE_URL=postgres://unrip:hunter2@db.example/unrip', 'DATABASE_URL'],
    ['DATABASE_URL=postgres:///unrip?host=/run/postgresql&password=hunter2', 'DATABASE_URL'],
    ['NEAR_RPC_URL=https://user:hunter2@rpc.example', 'NEAR_RPC_URL'],
    ['NEAR_RPC_URL=https://rpc.example/?apiKey=hunter2', 'NEAR_RPC_URL'],
    ['KAFKA_CONFIG_JSON={"sasl.password":"hunter2"}', 'KAFKA_CONFIG_JSON'],
  ])('that all may read must not hold %p', (line, name) => {
    writeEnv(`${line}\n`, 0o644);
    for (const variables of [ENGINE_VARIABLES, HISTORY_WRITER_VARIABLES]) {
      const text = problemsOf({}, variables);
      expect(text).toContain(`.env is open to others (mode 644) and holds a secret (${name})`);
      expect(text).not.toContain('hunter2');
    }
    chmodSync(path(), 0o600);
    expect(problemsOf({})).toBe('');
  });
});

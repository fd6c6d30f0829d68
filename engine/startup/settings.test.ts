// Configuration of the engine: every bad value is reported with the name of its variable and with a fix, all of them at once, and no
// text ever holds the key.

import { describe, expect, test } from 'bun:test';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeyPair } from '@near-js/crypto';
import fc from 'fast-check';
import { BTC, EURE } from '../../contracts/assets.ts';
import { renderProblems } from '../../contracts/runtime/config/load.ts';
import type { ConfigProblem } from '../../contracts/runtime/config/problem.ts';
import { tempDir } from '../../ops/testing/temp-dir.ts';
import { loadSettings, startingLimits } from './settings.ts';

const KEY = KeyPair.fromRandom('ed25519').toString();
const GOOD = { NEAR_ACCOUNT_ID: 'solver.near', NEAR_PRIVATE_KEY: KEY };

function problemsOf(env: Readonly<Record<string, string | undefined>>): readonly ConfigProblem[] {
  const loaded = loadSettings({ ...GOOD, ...env }, null);
  return loaded.ok ? [] : loaded.problems;
}

describe('a good configuration', () => {
  test('needs the account and its key, nothing else', () => {
    const loaded = loadSettings(GOOD, null);
    if (!loaded.ok) throw new Error(renderProblems('engine', loaded.problems));
    const { config, signer, secrets } = loaded.settings;
    expect(config).toMatchObject({ account: 'solver.near', intentsContract: 'intents.near', nonceLanes: 4 });
    expect(signer.publicKey).toBe(
      KeyPair.fromString(KEY as never)
        .getPublicKey()
        .toString(),
    );
    expect(secrets).toEqual([KEY]);
    expect(startingLimits(config)).toMatchObject({
      minEdgePctE4: 20_000n,
      targetEdgePctE4: 20_000n,
      maxNotionalEurE18: 5n * 10n ** 18n,
      quoteLifetimeMaxMs: 75_000,
      partners: [],
    });
  });

  test.each([
    ['another account', { account_id: 'other.near' }, 1],
    ['the same account', { account_id: 'solver.near' }, 0],
    ['no account', {}, 0],
  ])('a key file that names %s', (_name, named, warnings) => {
    const loaded = loadSettings({ ...GOOD, NEAR_PRIVATE_KEY: JSON.stringify({ ...named, private_key: KEY }) }, null);
    expect(loaded).toMatchObject({ ok: true });
    expect(loaded.warnings).toHaveLength(warnings);
    for (const warning of loaded.warnings) {
      expect(warning).toContain('key of the account "other.near", but NEAR_ACCOUNT_ID is "solver.near"');
      expect(warning).not.toContain(KEY);
    }
  });

  test('an empty text counts as not set', () => {
    expect(
      problemsOf({ STRATEGY_TARGET_EDGE_PCT: '', NEAR_KEY_FILE: '', RELAY_API_KEY: '', KAFKA_BROKERS: '' }),
    ).toEqual([]);
  });

  test('the target edge may be above the minimum one, and every secret is listed', () => {
    const loaded = loadSettings(
      {
        ...GOOD,
        STRATEGY_TARGET_EDGE_PCT: '2.5',
        RELAY_API_KEY: 'relay-secret',
        COINGECKO_API_KEY: 'gecko-secret',
        CONTROL_TOKEN: 'a-token-of-thirty-two-characters',
        RELAY_PARTNERS: 'one, two',
        KAFKA_CONFIG_JSON: '{"sasl.username":"u","sasl.password":"sasl-secret","ssl.key.password":"tls-secret"}',
      },
      null,
    );
    if (!loaded.ok) throw new Error(renderProblems('engine', loaded.problems));
    expect(startingLimits(loaded.settings.config)).toMatchObject({
      targetEdgePctE4: 25_000n,
      partners: ['one', 'two'],
    });
    expect(loaded.settings.secrets).toEqual([
      KEY,
      'relay-secret',
      'gecko-secret',
      'a-token-of-thirty-two-characters',
      'sasl-secret',
      'tls-secret',
    ]);
  });
});

test('the assets of the pair and the start value of its filter', () => {
  const settingsOf = (env: Readonly<Record<string, string>>) => {
    const loaded = loadSettings({ ...GOOD, ...env }, null);
    if (!loaded.ok) throw new Error(renderProblems('engine', loaded.problems));
    return loaded.settings;
  };
  expect(settingsOf({})).toMatchObject({ pair: { btc: BTC, eure: EURE }, config: { pairFilter: 'pair' } });
  const nbtc = 'nep141:nbtc.bridge.near';
  const other = settingsOf({ BTC_ASSET_ID: nbtc, PAIR_FILTER: `${nbtc}->${EURE.id}, nep141:a.near->nep141:b.near` });
  expect(other.pair).toMatchObject({ btc: { id: nbtc, bridge: 'omni', decimals: 8 }, eure: EURE });
  expect(other.config.pairFilter).toEqual([
    { assetIn: nbtc, assetOut: EURE.id },
    { assetIn: 'nep141:a.near', assetOut: 'nep141:b.near' },
  ]);
});

test('an edge that looks like a fraction is warned about', () => {
  const warningsAt = (edge: string) => loadSettings({ ...GOOD, STRATEGY_MIN_EDGE_PCT: edge }, null).warnings;
  expect(warningsAt('0.02')).toEqual([expect.stringContaining('STRATEGY_MIN_EDGE_PCT is 0.0200 percent')]);
  expect(warningsAt('0')).toHaveLength(1);
  expect(warningsAt('0.1')).toEqual([]);
});

describe('a bad value names its variable', () => {
  test.each([
    ['NEAR_ACCOUNT_ID', undefined],
    ['NEAR_ACCOUNT_ID', 'Not An Account'],
    ['NEAR_ACCOUNT_ID', 'x'],
    ['NEAR_PRIVATE_KEY', 'ed25519:short'],
    ['NEAR_PRIVATE_KEY', 'secp256k1:3aTtQ'],
    ['NEAR_PRIVATE_KEY', KEY.slice(0, -1)],
    ['BTC_ASSET_ID', 'nep141:btc.omft.nea'],
    ['BTC_ASSET_ID', EURE.id],
    ['EURE_ASSET_ID', BTC.id],
    ['PAIR_FILTER', 'off'],
    ['PAIR_FILTER', `${BTC.id}`],
    ['PAIR_FILTER', `${BTC.id}->${EURE.id},`],
    ['PAIR_FILTER', `${BTC.id}->${BTC.id}`],
    ['PAIR_FILTER', 'a->b->c'],
    ['PAIR_FILTER', Array.from({ length: 101 }, (_, index) => `a${index}->b`).join(',')],
    ['RELAY_WS_URL', 'https://relay.example'],
    ['RELAY_WS_URL', 'relay'],
    ['RELAY_RPC_URL', 'ws://relay.example'],
    ['NEAR_RPC_URL', 'https://one.example,two'],
    ['KRAKEN_WS_URL', 'wss://'],
    ['COINGECKO_URL', 'ftp://x.example'],
    ['KAFKA_BROKERS', 'localhost'],
    ['KAFKA_BROKERS', 'localhost:99999'],
    ['KAFKA_CONFIG_JSON', '[]'],
    ['KAFKA_CONFIG_JSON', '{"sasl.password":'],
    ['KAFKA_CONFIG_JSON', '{"bootstrap.servers":"x:1"}'],
    ['CONTROL_PORT', '70000'],
    ['CONTROL_PORT', '-1'],
    ['CONTROL_TOKEN', 'short'],
    ['STRATEGY_MIN_EDGE_PCT', '-1'],
    ['STRATEGY_MIN_EDGE_PCT', '100'],
    ['STRATEGY_MIN_EDGE_PCT', '2.00001'],
    ['STRATEGY_MIN_EDGE_PCT', '2,5'],
    ['STRATEGY_TARGET_EDGE_PCT', '1.9999'],
    ['STRATEGY_TARGET_EDGE_PCT', 'more'],
    ['STRATEGY_MAX_NOTIONAL_EUR', '1e3'],
    ['MAX_QUOTE_LIFETIME_MS', '600001'],
    ['MAX_QUOTE_LIFETIME_MS', '10999'],
    ['REFERENCE_MAX_AGE_MS', '0'],
    ['REFERENCE_FALLBACK', 'maybe'],
    ['REFERENCE_MAX_DIVERGENCE_PCT', '101'],
    ['EURE_EUR_BASIS', 'kraken'],
    ['INVENTORY_POLL_MS', '1.5'],
    ['INVENTORY_MAX_AGE_MS', '99'],
    ['INVENTORY_MAX_AGE_MS', '3999'],
    ['NONCE_LANES', '0'],
    ['NONCE_LANES', '65'],
    ['PERSISTENCE_POLICY', 'STRICT'],
    ['DRAIN_LIMIT_MS', '99'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%s', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems.map(({ variable }) => variable)).toEqual([name]);
    const [problem] = problems;
    expect(problem?.fix).toMatch(/\.$/);
    expect(renderProblems('engine', problems)).toContain(`  ${name} `);
  });

  test('a balance that would be too old before the next one can be read is refused with both numbers', () => {
    const [problem] = problemsOf({ INVENTORY_POLL_MS: '10000', INVENTORY_MAX_AGE_MS: '19999' });
    expect(problem).toMatchObject({
      variable: 'INVENTORY_MAX_AGE_MS',
      problem: expect.stringContaining('INVENTORY_POLL_MS (10000)'),
      fix: 'raise INVENTORY_MAX_AGE_MS to 20000 or more, or lower INVENTORY_POLL_MS.',
    });
    expect(problemsOf({ INVENTORY_POLL_MS: '10000', INVENTORY_MAX_AGE_MS: '20000' })).toEqual([]);
  });

  test('all of them at once', () => {
    const bad = {
      NEAR_ACCOUNT_ID: '?',
      NONCE_LANES: 'x',
      KRAKEN_WS_URL: 'x',
      STRATEGY_MIN_EDGE_PCT: 'x',
      LEASE: 'postgres',
    };
    expect(problemsOf(bad).map(({ variable }) => variable)).toEqual([
      'NEAR_ACCOUNT_ID',
      'KRAKEN_WS_URL',
      'STRATEGY_MIN_EDGE_PCT',
      'NONCE_LANES',
      'LEASE',
    ]);
  });
});

describe('what this version does not have refuses', () => {
  test.each([['LEASE', 'postgres', 'off']])('%s=%s, and takes "%s"', (name, value, harmless) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ variable: name });
    expect(problems[0]?.problem).toContain('this version does not have yet');
    expect(problemsOf({ [name]: harmless })).toEqual([]);
  });
});

describe('the key', () => {
  test('neither, or both', () => {
    for (const [env, word] of [
      [{ NEAR_PRIVATE_KEY: undefined }, 'are not set'],
      [{ NEAR_KEY_FILE: '/nowhere' }, 'are both set'],
    ] as const) {
      const problems = problemsOf(env);
      expect(problems.map(({ variable }) => variable)).toEqual(['NEAR_KEY_FILE']);
      expect(problems[0]?.problem).toContain(word);
    }
  });

  test('from a file: bare, as credentials, with a newline', () => {
    using directory = tempDir('settings');
    const file = join(directory.path, 'key');
    for (const text of [KEY, `${KEY}\n`, JSON.stringify({ account_id: 'solver.near', private_key: KEY })]) {
      writeFileSync(file, text, { mode: 0o600 });
      const loaded = loadSettings({ NEAR_ACCOUNT_ID: 'solver.near', NEAR_KEY_FILE: file }, null);
      expect(loaded.ok && loaded.settings.secrets).toEqual([KEY]);
    }
  });

  test.each([
    ['that others may read', (file: string) => chmodSync(file, 0o644), 'is open to others'],
    ['that is empty', (file: string) => writeFileSync(file, ''), 'is empty'],
    ['whose key is cut short', (file: string) => writeFileSync(file, KEY.slice(0, 60)), 'names a file whose content'],
    ['of another kind of JSON', (file: string) => writeFileSync(file, '{"key":1}'), 'names a file whose content'],
    ['that is not there', (file: string) => rmSync(file), 'NEAR_KEY_FILE names'],
  ])('a file %s is refused by name', (_name, spoil, said) => {
    using directory = tempDir('settings');
    const file = join(directory.path, 'key');
    writeFileSync(file, KEY, { mode: 0o600 });
    spoil(file);
    const problems = problemsOf({ NEAR_PRIVATE_KEY: undefined, NEAR_KEY_FILE: file });
    expect(problems.map(({ variable }) => variable)).toEqual(['NEAR_KEY_FILE']);
    const text = renderProblems('engine', problems);
    expect(text).toContain(said);
    expect(text).not.toContain(KEY.slice(10, 50));
  });

  test('a directory in place of a file', () => {
    using directory = tempDir('settings');
    const problems = problemsOf({ NEAR_PRIVATE_KEY: undefined, NEAR_KEY_FILE: directory.path });
    expect(problems.map(({ variable }) => variable)).toEqual(['NEAR_KEY_FILE']);
  });

  test('never appears in a problem, a warning or the settings as text, however it is spoilt', () => {
    const spoilt = fc.oneof(
      fc.integer({ min: 1, max: KEY.length - 1 }).map((at) => KEY.slice(0, at)),
      fc.integer({ min: 1, max: KEY.length - 1 }).map((at) => `${KEY.slice(0, at)}0${KEY.slice(at + 1)}`),
      fc.constantFrom(` ${KEY} x`, KEY.replace('ed25519', 'ed448'), KEY.replace('ed25519:', ''), `"${KEY}"`, KEY + KEY),
      fc.constantFrom(`{"private_key":"${KEY}0"}`, `{"private_key":"${KEY}"`, `{"secret":"${KEY}"}`),
    );
    const body = KEY.slice('ed25519:'.length);
    /** Any twelve characters of the key in a row. */
    const shows = (text: string): boolean => {
      for (let at = 0; at + 12 <= body.length; at++) if (text.includes(body.slice(at, at + 12))) return true;
      return false;
    };
    fc.assert(
      fc.property(spoilt, fc.boolean(), (text, inFile) => {
        using directory = tempDir('settings');
        const file = join(directory.path, 'key');
        writeFileSync(file, text, { mode: 0o600 });
        const key = inFile ? { NEAR_KEY_FILE: file } : { NEAR_PRIVATE_KEY: text };
        const loaded = loadSettings({ NEAR_ACCOUNT_ID: 'solver.near', ...key }, null);
        const said = loaded.ok ? '' : renderProblems('engine', loaded.problems);
        expect(shows(`${said}${loaded.warnings.join('\n')}`)).toBe(false);
        if (loaded.ok) {
          const { secrets: _, config, ...rest } = loaded.settings;
          expect(shows(JSON.stringify({ ...rest, ...{ ...config, privateKey: null } }, bigintText))).toBe(false);
          expect(shows(Bun.inspect(rest.signer, { depth: 9 }))).toBe(false);
        } else {
          expect(loaded.problems.map(({ variable }) => variable)).toEqual([
            inFile ? 'NEAR_KEY_FILE' : 'NEAR_PRIVATE_KEY',
          ]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const bigintText = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

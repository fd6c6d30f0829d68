import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ENGINE_VARIABLES } from '../../config/engine.ts';
import { HISTORY_WRITER_VARIABLES } from '../../config/history-writer.ts';
import type { Variables } from '../../config/variable.ts';
import { helpText } from './help.ts';
import { type ConfigCheck, loadConfig, renderProblems } from './load.ts';

const ACCOUNT = 'solver.near';
const KEY = `ed25519:${'3'.repeat(88)}`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unrip-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function writeEnv(text: string, mode = 0o600): void {
  writeFileSync(join(directory, '.env'), text);
  chmodSync(join(directory, '.env'), mode);
}

type Env = Record<string, string | undefined>;
const load = (env: Env) => loadConfig(ENGINE_VARIABLES, { env, directory });

function problemsOf(env: Env): string {
  const loaded = load(env);
  return loaded.ok ? '' : renderProblems('engine', loaded.problems);
}

function configOf(env: Env) {
  const loaded = load(env);
  if (!loaded.ok) throw new Error(renderProblems('engine', loaded.problems));
  return loaded.config;
}

test('with an account alone everything else has its default', () => {
  const config = configOf({ NEAR_ACCOUNT_ID: ACCOUNT });
  expect(String(config.account)).toBe(ACCOUNT);
  expect(config.minEdgePctE4).toBe(20_000n);
  expect(config.maxNotionalEurE18).toBe(5_000_000_000_000_000_000n);
  expect(config.targetEdgePctE4).toBeNull();
  expect(config.controlPort).toBe(7070);
  expect(config.relayPartners).toEqual([]);
  expect(config.nearRpcUrls.length).toBe(2);
});

test.each([
  ['a missing account', {}, 'NEAR_ACCOUNT_ID is not set', 'set NEAR_ACCOUNT_ID'],
  ['an empty account', { NEAR_ACCOUNT_ID: '' }, 'NEAR_ACCOUNT_ID is not set', 'set NEAR_ACCOUNT_ID'],
  [
    'an account in capitals',
    { NEAR_ACCOUNT_ID: 'Solver.near' },
    'NEAR_ACCOUNT_ID is not a NEAR account',
    '"Solver.near"',
  ],
  [
    'a wrong scheme',
    { RELAY_WS_URL: 'http://relay.example/ws' },
    'RELAY_WS_URL does not start with wss://',
    'expected: URL',
  ],
  ['no URL', { KRAKEN_WS_URL: 'kraken' }, 'KRAKEN_WS_URL is not a URL', 'wss://ws.kraken.com/v2'],
  [
    'one wrong URL of several',
    { NEAR_RPC_URL: 'https://a.example,b' },
    'NEAR_RPC_URL is not a URL',
    'fix: set NEAR_RPC_URL',
  ],
  ['no number', { STRATEGY_MIN_EDGE_PCT: 'two' }, 'STRATEGY_MIN_EDGE_PCT is not a decimal', '"two"'],
  ['a negative number', { STRATEGY_MAX_NOTIONAL_EUR: '-5' }, 'STRATEGY_MAX_NOTIONAL_EUR is not a decimal', '"-5"'],
  [
    'a number out of bounds',
    { MAX_QUOTE_LIFETIME_MS: '600001' },
    'MAX_QUOTE_LIFETIME_MS is not a whole',
    '11000 to 600000',
  ],
  ['an exponent', { INVENTORY_POLL_MS: '2e3' }, 'INVENTORY_POLL_MS is not a whole number', '"2e3"'],
  ['an invalid port', { CONTROL_PORT: '70700' }, 'CONTROL_PORT is not a whole number', '0 to 65535'],
  ['no broker list', { KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS is not a list of host:port', '"localhost"'],
  ['what is not built', { LEASE: 'postgres' }, 'LEASE requires something', 'remove LEASE'],
  ['a mode that is none', { EXECUTOR_MODE: 'dry' }, 'EXECUTOR_MODE is none of: live, shadow', 'leave it out for live'],
  [
    'a choice that is none',
    { EURE_EUR_BASIS: 'one' },
    'EURE_EUR_BASIS is none of: par, coingecko',
    'leave it out for par',
  ],
])('%s is named with its fix', (_name, env: Env, said, alsoSaid) => {
  const shown = problemsOf(said.startsWith('NEAR_ACCOUNT_ID') ? env : { NEAR_ACCOUNT_ID: ACCOUNT, ...env });
  expect(shown).toContain(said);
  expect(shown).toContain(alsoSaid);
  expect(shown).toContain('one problem');
});

test('all problems are reported at once', () => {
  writeEnv('this is no line\nNEAR_PRIVATE_KEY=x\n', 0o644);
  const loaded = load({ CONTROL_PORT: 'x', RELAY_WS_URL: 'y', NONCE_LANES: '0' });
  expect(loaded.ok).toBe(false);
  if (loaded.ok) return;
  expect(loaded.problems.map(({ variable }) => variable).sort()).toEqual(
    ['.env', '.env line 1', 'CONTROL_PORT', 'NEAR_ACCOUNT_ID', 'NONCE_LANES', 'RELAY_WS_URL'].sort(),
  );
});

test('a secret is not shown, nor one that was put into the wrong variable', () => {
  const text = problemsOf({
    NEAR_ACCOUNT_ID: KEY,
    CONTROL_TOKEN: 'short-secret',
    KAFKA_CONFIG_JSON: '{"sasl.password":"hunter2hunter2"',
    DATABASE_URL: 'unused',
    RELAY_WS_URL: 'http://user:pass-word@relay.example/ws?key=abcdef',
  });
  expect(text).not.toContain('3333');
  expect(text).not.toContain('short-secret');
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain('pass-word');
  expect(text).not.toContain('abcdef');
  expect(text).toContain('CONTROL_TOKEN');
  expect(text).toContain('http://relay.example/...');
});

test('the environment wins over .env, .env over the default, and nothing empty counts', () => {
  writeEnv('NEAR_ACCOUNT_ID=from-file.near\nNONCE_LANES=7\nLOG_LEVEL=\nSTRATEGY_MIN_EDGE_PCT=3\n');
  const config = configOf({ NONCE_LANES: '9', STRATEGY_MIN_EDGE_PCT: '' });
  expect(String(config.account)).toBe('from-file.near');
  expect(config.nonceLanes).toBe(9);
  expect(config.logLevel).toBe('info');
  expect(config.minEdgePctE4).toBe(30_000n);
});

test('the alias is read, and named when it is wrong or contradicts', () => {
  expect(configOf({ NEAR_ACCOUNT_ID: ACCOUNT, EXECUTOR_STATE_DIR: '/var/lib/x' }).stateDir).toBe('/var/lib/x');
  const same = configOf({ NEAR_ACCOUNT_ID: ACCOUNT, EXECUTOR_STATE_DIR: '/a', STATE_DIR: '/a' });
  expect(same.stateDir).toBe('/a');
  const text = problemsOf({ NEAR_ACCOUNT_ID: ACCOUNT, EXECUTOR_STATE_DIR: '/a', STATE_DIR: '/b' });
  expect(text).toContain('STATE_DIR and EXECUTOR_STATE_DIR');
});

test.each([
  ['a declared secret, owner only', `NEAR_PRIVATE_KEY=${KEY}`, 0o600, true],
  ['a declared secret, open to the group', `NEAR_PRIVATE_KEY=${KEY}`, 0o640, false],
  ['a declared secret, open to all', `DATABASE_URL=postgres://u:p@h/d\nNEAR_PRIVATE_KEY=${KEY}`, 0o644, false],
  ["another process's secret, open to all", 'ALERT_API_KEY=abc', 0o644, false],
  ['an empty secret, open to all', 'NEAR_PRIVATE_KEY=\nNONCE_LANES=2', 0o644, true],
  ['no secret, open to all', 'NONCE_LANES=2', 0o644, true],
])('.env with %s', (_name, text, mode, accepted) => {
  writeEnv(text, mode);
  const loaded = load({ NEAR_ACCOUNT_ID: ACCOUNT });
  expect(loaded.ok).toBe(accepted);
  if (loaded.ok) return;
  const shown = renderProblems('engine', loaded.problems);
  expect(shown).toContain(`chmod 600 ${directory}/.env`);
  expect(shown).not.toContain('3333');
});

test('.env that is a directory is a problem, none is not', () => {
  expect(load({ NEAR_ACCOUNT_ID: ACCOUNT }).ok).toBe(true);
  mkdirSync(join(directory, '.env'));
  expect(problemsOf({ NEAR_ACCOUNT_ID: ACCOUNT })).toContain('.env is not a regular file');
});

test('a misspelt name is a problem, wherever it is; a name given twice is a warning', () => {
  writeEnv('NONCE_LANE=3\nUNRIP_SOMETHING=1\nPATH_TO_X=2\nLOG_LEVEL=warn\nLOG_LEVEL=info\n');
  const loaded = load({ NEAR_ACCOUNT_ID: ACCOUNT, STRATEGY_MAX_NOTIONAL: '3' });
  expect(loaded.ok).toBe(false);
  if (loaded.ok) return;
  expect(loaded.problems.map(({ variable, problem }) => `${variable} ${problem}`)).toEqual([
    'STRATEGY_MAX_NOTIONAL in the environment is not a variable of this command, so its value has no effect; did you mean STRATEGY_MAX_NOTIONAL_EUR?',
    'NONCE_LANE in .env line 1 is not a variable of this command, so its value has no effect; did you mean NONCE_LANES?',
    'UNRIP_SOMETHING in .env line 2 is not a variable of this command, so its value has no effect',
  ]);
  expect(loaded.problems.map(({ fix }) => fix)).toEqual([
    'rename it to STRATEGY_MAX_NOTIONAL_EUR, or remove it.',
    'rename it to NONCE_LANES, or remove it.',
    'remove UNRIP_SOMETHING.',
  ]);
  expect(loaded.warnings).toEqual(['.env line 5: LOG_LEVEL is set more than once; the last value is used']);
});

test('a process accepts what another one declares, and warns once about names that others may have set', () => {
  const shared: Env = { NEAR_ACCOUNT_ID: ACCOUNT, STRATEGY_MIN_EDGE_PCT: '3', HISTORY_BATCH_RECORDS: '7' };
  const foreign = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`KAFKA_FOREIGN_${index}`, 'x']));
  for (const variables of [ENGINE_VARIABLES, HISTORY_WRITER_VARIABLES]) {
    const loaded = loadConfig(variables, { env: { ...shared, ...foreign }, directory: null });
    expect(loaded.ok).toBe(true);
    expect(loaded.warnings).toHaveLength(1);
    expect(loaded.warnings[0]).toMatch(/^not known to this version, ignored: KAFKA_FOREIGN_0, .* and 2 more$/);
  }
});

test('the value of a name that nobody reads is not shown', () => {
  expect(problemsOf({ NEAR_ACCOUNT_ID: ACCOUNT, NEAR_PRIVATE_KEYS: KEY, RELAY_KEY: 'hunter2hunter2' })).not.toMatch(
    /3333|hunter2/,
  );
});

test('white space around a value has no meaning', () => {
  const config = configOf({ NEAR_ACCOUNT_ID: ` ${ACCOUNT}\n`, NONCE_LANES: ' 9 ', STRATEGY_MIN_EDGE_PCT: ' \t' });
  expect(String(config.account)).toBe(ACCOUNT);
  expect(config.nonceLanes).toBe(9);
  expect(config.minEdgePctE4).toBe(20_000n);
  const key = configOf({ NEAR_ACCOUNT_ID: ACCOUNT, NEAR_PRIVATE_KEY: `${KEY}\r\n` }).privateKey;
  expect(key).toBe(KEY);
});

const NOT_NUMBERS = [
  '5,0',
  '5.000,0',
  '5e0',
  '1E3',
  '0x10',
  '0b1',
  '-1',
  '-0',
  '+5',
  '5.',
  '.5',
  '1_000',
  '1 000',
  '1.000.000',
  'NaN',
  'Infinity',
  '5 EUR',
  '5EUR',
  '2%',
  '2 %',
  '3s',
  '3000ms',
  '٥',
  '５',
  '5\u00a0000',
  'null',
  'true',
  '""',
  '5;6',
  '--',
] as const;

test.each(NOT_NUMBERS)('%p is no number for any variable that takes one', (text) => {
  for (const variables of [ENGINE_VARIABLES, HISTORY_WRITER_VARIABLES]) {
    const numeric = Object.values(variables).filter(({ shape }) => /^[a-zA-Z ]+, [0-9]+ to [0-9]+/.test(shape));
    expect(numeric.length).toBeGreaterThan(1);
    for (const { name } of numeric) {
      const loaded = loadConfig<Variables>(variables, {
        env: { NEAR_ACCOUNT_ID: ACCOUNT, [name]: text },
        directory: null,
      });
      expect(loaded.ok ? [] : loaded.problems.map(({ variable }) => variable)).toEqual([name]);
    }
  }
});

test('checks across variables see what was given, and undefined for what is already reported', () => {
  const seen: unknown[] = [];
  const check: ConfigCheck<typeof ENGINE_VARIABLES> = ({ config, given }) => {
    seen.push(config.minEdgePctE4, given('relayApiKey'), given('privateKey'));
    const { minEdgePctE4, targetEdgePctE4 } = config;
    if (minEdgePctE4 === undefined || typeof targetEdgePctE4 !== 'bigint' || targetEdgePctE4 >= minEdgePctE4) return [];
    return [
      { variable: 'STRATEGY_TARGET_EDGE_PCT', problem: 'is below the minimum edge', shape: null, fix: 'raise it.' },
    ];
  };
  const loadChecked = (env: Env) => loadConfig(ENGINE_VARIABLES, { env, directory: null, checks: [check] });
  expect(loadChecked({ NEAR_ACCOUNT_ID: ACCOUNT, STRATEGY_TARGET_EDGE_PCT: '1.9' }).ok).toBe(false);
  expect(loadChecked({ NEAR_ACCOUNT_ID: ACCOUNT, STRATEGY_TARGET_EDGE_PCT: '2.0' }).ok).toBe(true);
  loadChecked({ NEAR_ACCOUNT_ID: ACCOUNT, STRATEGY_MIN_EDGE_PCT: 'x', RELAY_API_KEY: 'k' });
  expect(seen.slice(-3)).toEqual([undefined, true, false]);
});

test('no environment and no file makes it throw', () => {
  const names = Object.values(ENGINE_VARIABLES).map(({ name }) => name);
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom(...names),
        fc.oneof(fc.string(), fc.constantFrom('0', '-1', 'https://x', '{}', ',')),
      ),
      fc.string(),
      (env, text) => {
        writeEnv(text);
        const loaded = load(env);
        return loaded.ok || loaded.problems.length > 0;
      },
    ),
    { numRuns: 300 },
  );
});

test('help lists every variable of a process with its default', () => {
  for (const variables of [ENGINE_VARIABLES, HISTORY_WRITER_VARIABLES]) {
    const text = helpText(variables);
    for (const { name } of Object.values(variables)) expect(text).toContain(`  ${name}  `);
  }
  expect(helpText(ENGINE_VARIABLES)).toContain('NEAR_ACCOUNT_ID  (required)');
  expect(helpText(ENGINE_VARIABLES)).toContain('NONCE_LANES  (default 4)');
  expect(helpText(ENGINE_VARIABLES)).toContain('also read as EXECUTOR_STATE_DIR');
});

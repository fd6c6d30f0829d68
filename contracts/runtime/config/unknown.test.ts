// A name that nobody reads must not be passed over when it can only be meant for this project, and a name that another program set
// must not keep a process from starting.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { DECLARED_NAMES } from '../../config/declared.ts';
import { judgeName } from './unknown.ts';

const isRefused = (name: string) => judgeName(name, 'x')?.refused === true;

describe('is refused, with the name that is meant', () => {
  test.each([
    ['STRATEGY_MAX_NOTIONAL', 'STRATEGY_MAX_NOTIONAL_EUR'],
    ['STRATEGY_MAX_NOTIONAL_USD', 'STRATEGY_MAX_NOTIONAL_EUR'],
    ['STRATEGY_NOTIONAL_MAX_EUR', 'STRATEGY_MAX_NOTIONAL_EUR'],
    ['strategy_max_notional_eur', 'STRATEGY_MAX_NOTIONAL_EUR'],
    ['STRATEGYMAX_NOTIONAL_EUR', 'STRATEGY_MAX_NOTIONAL_EUR'],
    ['MAX_NOTIONAL_EUR', 'STRATEGY_MAX_NOTIONAL_EUR'],
    ['MIN_EDGE_PCT', 'STRATEGY_MIN_EDGE_PCT'],
    ['STRATEGY_MIN_EDGE', 'STRATEGY_MIN_EDGE_PCT'],
    ['STRATEGY_MIN_EGDE_PCT', 'STRATEGY_MIN_EDGE_PCT'],
    ['REFERENCE_MAX_AGE', 'REFERENCE_MAX_AGE_MS'],
    ['REFERENCE_MAX_AGE_S', 'REFERENCE_MAX_AGE_MS'],
    ['INVENTORY_MAX_AGE', 'INVENTORY_MAX_AGE_MS'],
    ['MAX_QUOTE_LIFETIME', 'MAX_QUOTE_LIFETIME_MS'],
    ['NONCE_LANE', 'NONCE_LANES'],
    ['RELAY_URL', 'RELAY_WS_URL'],
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['KAFKA_CONFIG', 'KAFKA_CONFIG_JSON'],
    ['KRAKEN_URL', 'KRAKEN_WS_URL'],
    ['COINGECKO_KEY', 'COINGECKO_API_KEY'],
    ['NEAR_ACCOUNT', 'NEAR_ACCOUNT_ID'],
    ['NEAR_KEYFILE', 'NEAR_KEY_FILE'],
    ['NEAR_RPC_URLS', 'NEAR_RPC_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['CONTROL_TOKEM', 'CONTROL_TOKEN'],
    ['EXECUTOR_MODES', 'EXECUTOR_MODE'],
    ['LOG_LEVELS', 'LOG_LEVEL'],
    ['EURE_BASIS', 'EURE_EUR_BASIS'],
    ['LEASES', 'LEASE'],
    ['LOG_LEVEL_FILE', 'LOG_LEVEL'],
    ['UNRIP_NAMESPCAE', 'UNRIP_NAMESPACE'],
  ])('%s: %s', (name, meant) => {
    expect(judgeName(name, '3')).toMatchObject({ name, refused: true });
    expect(judgeName(name, '3')?.meant[0]).toBe(meant);
  });

  test.each(['STRATEGY_COLOUR', 'REFERENCE_X', 'INVENTORY_ON', 'PULL_BACK', 'UNRIP_ZZZ', 'MAX_FILLED_X'])(
    '%s, whose prefix is used by this project alone',
    (name) => expect(judgeName(name, '3')).toEqual({ name, meant: expect.any(Array), refused: true }),
  );

  test('where several may be meant, all of them', () => {
    expect(judgeName('MAX_AGE_MS', '1')?.meant).toEqual(
      expect.arrayContaining(['REFERENCE_MAX_AGE_MS', 'INVENTORY_MAX_AGE_MS']),
    );
  });
});

describe('is left alone', () => {
  test.each([
    ['KAFKA_HOME', 1],
    ['KAFKA_OPTS', 1],
    ['KAFKA_HEAP_OPTS', 1],
    ['KAFKA_BROKER_ID', 1],
    ['NEAR_ENV', 1],
    ['NEAR_HOME', 1],
    ['NEAR_CLI_TESTNET_RPC_SERVER_URL', 1],
    ['EXECUTOR_NUMBER', 1],
    ['STATE_DIRECTORY', 1],
    ['LOG_NAMESPACE', 1],
    ['CONTROL_PLANE', 1],
    ['KRAKEN_SECRET', 1],
    ['PATH', 0],
    ['HOME', 0],
    ['PORT', 0],
    ['HOST', 0],
    ['LOGLEVEL', 0],
    ['API_KEY', 0],
    ['RPC_URL', 0],
    ['WS_URL', 0],
    ['GNOSIS_RPC_URL', 0],
    ['MAX_OLD_SPACE', 0],
    ['LOGS_DIRECTORY', 0],
    ['CREDENTIALS_DIRECTORY', 0],
    ['npm_config_registry', 0],
    ['_', 0],
    ['__CF_USER_TEXT_ENCODING', 0],
    ['', 0],
  ])('%s', (name, warned) => {
    const unknown = judgeName(name, '/somewhere');
    expect(unknown?.refused ?? false).toBe(false);
    expect(unknown === null ? 0 : 1).toBe(warned);
  });

  test('what systemd sets for each service', () => expect(isRefused('JOURNAL_STREAM')).toBe(false));

  test('what Kubernetes sets for services named as ours', () => {
    const links = {
      UNRIP_SERVICE_HOST: '10.0.0.1',
      UNRIP_SERVICE_PORT: '7070',
      UNRIP_SERVICE_PORT_HTTP_CONTROL: '7070',
      UNRIP_ENGINE_SERVICE_HOST: '10.0.0.1',
      UNRIP_PORT: 'tcp://10.0.0.1:7070',
      UNRIP_PORT_7070_TCP: 'tcp://10.0.0.1:7070',
      UNRIP_PORT_7070_TCP_PROTO: 'tcp',
      RELAY_PORT_443_TCP_ADDR: '10.0.0.2',
      RELAY_PORT: 'tcp://10.0.0.2:443',
    };
    for (const [name, value] of Object.entries(links)) expect(judgeName(name, value)).toBeNull();
    expect(judgeName('RELAY_PORT', '443')?.refused).toBe(true);
  });

  test('a name that is set to nothing, and every declared name', () => {
    expect(judgeName('STRATEGY_MAX_NOTIONAL', ' ')).toBeNull();
    for (const name of DECLARED_NAMES) expect(judgeName(name, 'x')).toBeNull();
  });
});

test('one slip of the finger in any declared name is refused, and that name is among those that are meant', () => {
  const slip = fc
    .tuple(
      fc.constantFrom(...DECLARED_NAMES.filter((name) => name.length > 6)),
      fc.nat(),
      fc.constantFrom('drop', 'swap', 'add', 'change'),
    )
    .map(([name, position, kind]) => {
      const at = position % (name.length - 1);
      const tail = {
        drop: name.slice(at + 1),
        swap: `${name[at + 1]}${name[at]}${name.slice(at + 2)}`,
        add: `Q${name.slice(at)}`,
        change: `Q${name.slice(at + 1)}`,
      }[kind];
      return { name, typed: `${name.slice(0, at)}${tail}` };
    })
    .filter(({ typed }) => !DECLARED_NAMES.includes(typed) && typed !== 'LOGLEVEL');
  fc.assert(
    fc.property(slip, ({ name, typed }) => {
      const unknown = judgeName(typed, '3');
      expect(unknown?.refused).toBe(true);
      expect(unknown?.meant).toContain(name);
    }),
    { numRuns: 2000 },
  );
});

test('no name makes it throw, and a long one costs little', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (name, value) => void judgeName(name, value)));
  expect(isRefused(`STRATEGY_${'X'.repeat(2_000_000)}`)).toBe(true);
});

// Faults put into a healthy system, over real sockets: each is found, named, and comes with its fix.

import { afterEach, describe, expect, test } from 'bun:test';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EURE } from '../../contracts/assets.ts';
import { COINGECKO_IDS } from '../../contracts/wire/coingecko.ts';
import { throwAwayKey } from '../harness/key.ts';
import { waitFor } from '../testing/wait.ts';
import { NEAR_FAULTS } from './near-faults.fixture.ts';
import { ACCOUNT, type Case, NBTC, openFile, openRig, RELAY_KEY, type Rig } from './rig.fixture.ts';

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

/** A journal of an earlier version of the engine. */
const RECORDED = join(import.meta.dir, '../../engine/journal/recorded');

function putJournal(dir: string): string {
  const journal = join(dir, 'journal');
  mkdirSync(journal, { mode: 0o700 });
  for (const name of readdirSync(RECORDED).filter((each) => each.endsWith('.segment'))) {
    cpSync(join(RECORDED, name), join(journal, name.replace('.segment', '.log')));
  }
  return journal;
}

/** A request as soon as somebody listens; the doctor does so at a time of its own. */
function askOnceHeard({ relay }: Rig['world'], assetIn: string): void {
  void waitFor(() => relay.subscribers() > 0 || null, { what: 'the doctor to subscribe' }).then(() => {
    relay.ask(
      {
        quote_id: 'quote-1',
        defuse_asset_identifier_in: assetIn,
        defuse_asset_identifier_out: EURE.id,
        exact_amount_in: '10000',
        min_deadline_ms: 60_000,
      },
      { shape: 'event' },
    );
  });
}

const CONFIGURATION: readonly Case[] = [
  {
    name: 'a variable that is misspelt',
    category: 'configuration',
    seed: ({ env }) => {
      env['STRATEGY_MAX_NOTIONAL'] = '3';
    },
    check: 'variables',
    status: 'fail',
    detail: /STRATEGY_MAX_NOTIONAL .* did you mean STRATEGY_MAX_NOTIONAL_EUR/,
    fix: /rename it to STRATEGY_MAX_NOTIONAL_EUR/,
  },
  {
    name: 'a value out of its bounds',
    category: 'configuration',
    seed: ({ env }) => {
      env['MAX_QUOTE_LIFETIME_MS'] = '700000';
    },
    check: 'variables',
    status: 'fail',
    detail: /MAX_QUOTE_LIFETIME_MS .* expected: milliseconds, 11000 to 600000/,
    fix: /set MAX_QUOTE_LIFETIME_MS/,
  },
  {
    name: 'a key that is no key',
    category: 'configuration',
    seed: ({ env, dir }) => {
      writeFileSync(join(dir, 'key.json'), 'ed25519:abc', { mode: 0o600 });
      env['NEAR_KEY_FILE'] = join(dir, 'key.json');
    },
    check: 'variables',
    status: 'fail',
    detail: /NEAR_KEY_FILE .* is not an ed25519 key/,
    fix: /registered in the verifier/,
  },
  {
    name: 'a key file that others can read',
    category: 'configuration',
    seed: ({ dir }) => chmodSync(join(dir, 'key.json'), 0o644),
    check: 'variables',
    status: 'fail',
    detail: /NEAR_KEY_FILE .* is open to others \(mode 644\)/,
    fix: /chmod 600/,
  },
  {
    name: 'credentials of another account',
    category: 'configuration',
    seed: ({ env, dir }) => {
      env['NEAR_KEY_FILE'] = throwAwayKey(join(dir, 'other.json'), 'somebody-else.near').file;
    },
    check: 'variables',
    status: 'warn',
    detail: /has a key of the account .*somebody-else\.near/,
    fix: /correct or remove the variable/,
  },
  {
    name: 'a .env with a secret that others can read',
    category: 'configuration',
    seed: ({ dir }) => void openFile(dir, '.env', 'COINGECKO_API_KEY=CG-abcdefghijklmnop\n'),
    check: 'variables',
    status: 'fail',
    detail: /\.env .* holds a secret \(COINGECKO_API_KEY\)/,
    fix: /chmod 600/,
  },
  {
    name: 'an endpoint that is not encrypted',
    category: 'configuration',
    seed: ({ env }) => {
      env['NEAR_RPC_URL'] = `${env['NEAR_RPC_URL']},http://rpc.example.org/key`;
    },
    check: 'encryption',
    status: 'warn',
    detail: /NEAR_RPC_URL: rpc\.example\.org is not encrypted/,
    fix: /https:/,
  },
];

const MACHINE: readonly Case[] = [
  {
    name: 'another process on the port of the control API',
    category: 'machine',
    seed: ({ env }) => {
      const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
      server.unref();
      env['CONTROL_PORT'] = String(server.port);
    },
    check: 'control port',
    status: 'fail',
    detail: /something listens on 127\.0\.0\.1:\d+ already/,
    fix: /CONTROL_PORT/,
  },
  {
    name: 'a state directory that is open to others',
    category: 'machine',
    seed: ({ dir }) => chmodSync(dir, 0o755),
    check: 'STATE_DIR',
    status: 'warn',
    detail: /open to others \(mode 755\)/,
    fix: /chmod 700/,
  },
  {
    name: 'a state directory that is not one',
    category: 'machine',
    seed: ({ dir, env }) => {
      env['STATE_DIR'] = openFile(dir, 'state', '');
    },
    check: 'STATE_DIR',
    status: 'fail',
    detail: /is not a directory/,
    fix: /set STATE_DIR to a directory/,
  },
  {
    name: 'a thread pool that Kafka can occupy',
    category: 'machine',
    seed: ({ env }) => {
      env['UV_THREADPOOL_SIZE'] = '2';
    },
    check: 'thread pool',
    status: 'warn',
    detail: /has 2 threads/,
    fix: /UV_THREADPOOL_SIZE=8/,
  },
  {
    name: 'a journal with a byte changed in its middle',
    category: 'machine',
    seed: ({ dir }) => {
      const journal = putJournal(dir);
      const path = join(journal, readdirSync(journal).sort()[0] ?? '');
      const bytes = readFileSync(path);
      bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
      writeFileSync(path, bytes);
    },
    check: 'journal',
    status: 'fail',
    detail: /journal is damaged/,
    fix: /STATE_DIR" in ops\/OPERATIONS\.md/,
  },
  {
    name: 'a journal that was copied here',
    category: 'machine',
    seed: ({ dir }) => {
      const journal = putJournal(dir);
      writeFileSync(join(journal, 'place.json'), '{"directory":"1-1"}\n', { mode: 0o600 });
    },
    check: 'journal',
    status: 'warn',
    detail: /is a copy or was restored/,
    fix: /--accept-recovery-findings/,
  },
];

const VENUE: readonly Case[] = [
  {
    name: 'no key of the relay',
    category: 'venue',
    seed: ({ env }) => {
      delete env['RELAY_API_KEY'];
    },
    check: 'relay',
    status: 'fail',
    detail: /needs a key, and none is set/,
    fix: /RELAY_API_KEY_FILE/,
  },
  {
    name: 'a key that the relay refuses',
    category: 'venue',
    seed: ({ env }) => {
      env['RELAY_API_KEY'] = 'another-partner-key-00000000000000';
    },
    check: 'relay',
    status: 'fail',
    detail: /the relay refuses the key/,
    fix: /withdrawn, expired, or another one/,
  },
  {
    name: 'an address that the relay refuses',
    category: 'venue',
    seed: ({ env }) => {
      const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(null, { status: 403 }) });
      server.unref();
      env['RELAY_WS_URL'] = `ws://127.0.0.1:${server.port}/ws`;
    },
    check: 'relay',
    status: 'fail',
    detail: /refuses this address, and did not look at the key/,
    fix: /let the address of this machine in/,
  },
  {
    name: 'a relay where nothing listens',
    category: 'venue',
    seed: ({ env }) => {
      env['RELAY_WS_URL'] = 'ws://127.0.0.1:1/ws';
    },
    check: 'relay',
    status: 'fail',
    detail: /127\.0\.0\.1:1 cannot be used/,
    fix: /RELAY_WS_URL, the network and its certificates/,
  },
  {
    name: 'a JSON-RPC that refuses, over which quotes would be withdrawn',
    category: 'venue',
    seed: ({ world }) => world.relay.faults.refuseRpc(403),
    check: 'relay JSON-RPC',
    status: 'fail',
    detail: /answers 403/,
    fix: /PULL_VIA=near/,
  },
  {
    name: 'a path of the relay at which there is a page, and no JSON-RPC',
    category: 'venue',
    seed: ({ env }) => {
      const server = Bun.serve({
        hostname: '127.0.0.1',
        port: 0,
        fetch: () => Response.json({ error: 'Not Found', statusCode: 404 }, { status: 404 }),
      });
      server.unref();
      env['RELAY_RPC_URL'] = `http://127.0.0.1:${server.port}/rcp`;
    },
    check: 'relay JSON-RPC',
    status: 'fail',
    detail: /answers 404, and not as the JSON-RPC of the relay/,
    fix: /check RELAY_RPC_URL/,
  },
  {
    name: 'a venue that asks for BTC under another id',
    category: 'venue',
    seed: ({ world }) => askOnceHeard(world, NBTC),
    check: 'requests',
    status: 'warn',
    detail: /the venue asks for BTC under nep141:nbtc\.bridge\.near/,
    fix: /BTC_ASSET_ID=nep141:nbtc\.bridge\.near/,
  },
  {
    name: 'a bridge that gives no list of tokens',
    category: 'venue',
    seed: ({ env }) => {
      env['POA_BRIDGE_URL'] = 'http://127.0.0.1:1/rpc';
    },
    check: 'tokens',
    status: 'warn',
    detail: /the bridge lists no tokens/,
    fix: /POA_BRIDGE_URL/,
  },
];

const PRICES: readonly Case[] = [
  {
    name: 'a Kraken that turns us away',
    category: 'prices',
    seed: ({ world }) => world.kraken.faults.refuse(true),
    check: 'Kraken',
    status: 'fail',
    detail: /503/,
    fix: /KRAKEN_WS_URL/,
  },
  {
    name: 'a key of CoinGecko for another plan',
    category: 'prices',
    seed: ({ world }) =>
      world.coingecko.faults.fail(1, 400, '{"status":{"error_code":10010,"error_message":"wrong root URL"}}'),
    check: 'CoinGecko',
    status: 'warn',
    detail: /api_key_of_another_plan/,
    fix: /COINGECKO_API_KEY/,
  },
  {
    name: 'sources that contradict each other',
    category: 'prices',
    seed: ({ world }) => void world.coingecko.setPrice(COINGECKO_IDS.btc, '45000'),
    check: 'divergence',
    status: 'fail',
    detail: /percent apart, more than REFERENCE_MAX_DIVERGENCE_PCT/,
    fix: /which of them is wrong/,
  },
];

const FUNDING: readonly Case[] = [
  {
    name: 'an observer of Bitcoin that is not there',
    category: 'funding',
    seed: ({ env }) => {
      env['BTC_OBSERVER_URL'] = `${env['BTC_OBSERVER_URL']},http://127.0.0.1:1`;
    },
    check: 'Bitcoin',
    status: 'warn',
    detail: /127\.0\.0\.1:1: .*nothing listens there/,
    fix: /correct BTC_OBSERVER_URL/,
  },
  {
    name: 'a node of another chain than Gnosis',
    category: 'funding',
    seed: ({ env }) => {
      const fetch = () => Response.json({ jsonrpc: '2.0', id: 1, result: '0x1' });
      const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
      server.unref();
      env['GNOSIS_RPC_URL'] = `http://127.0.0.1:${server.port}`;
    },
    check: 'Gnosis',
    status: 'warn',
    detail: /is of the chain 1, not of Gnosis \(100\)/,
    fix: /correct GNOSIS_RPC_URL/,
  },
];

const ALL: readonly Case[] = [...CONFIGURATION, ...MACHINE, ...NEAR_FAULTS, ...VENUE, ...PRICES, ...FUNDING];
/** Found over real sockets and files; those of Kafka and PostgreSQL are in the tests next to this one. */
const FAULTS_MIN = 25;

test('there are enough of them, and no two are the same', () => {
  const texts = ALL.map(({ category, check, detail }) => `${category} ${check} ${detail.source}`);
  expect(new Set(texts).size).toBe(ALL.length);
  expect(ALL.length).toBeGreaterThanOrEqual(FAULTS_MIN);
});

describe('finds, and names the fix of', () => {
  test.each(ALL.map((each) => [each.name, each] as const))('%s', async (_name, each) => {
    rig = openRig();
    await each.seed(rig);
    const { findings, code, output } = await rig.examine(each.category);
    const found = findings.find(({ check, detail }) => check === each.check && each.detail.test(detail));
    expect(found).toMatchObject({ status: each.status, fix: expect.stringMatching(each.fix) });
    expect(code).toBe(each.status === 'warn' ? 0 : each.category === 'configuration' ? 78 : 1);
    expect(output).not.toContain(RELAY_KEY);
    expect(output).not.toContain('CG-abcdefghijklmnop');
  });
});

/**
 * There is no journal before the first start, which is said; and what the directories of tests lie on, and how busy that is, is up to
 * the machine.
 */
const OF_THE_PLACE = new Set(['journal', 'file system', 'disk sync']);
const MEMORY = '/dev/shm';

test.if(existsSync(MEMORY))('finds a state directory that a restart of the machine empties', async () => {
  rig = openRig();
  const dir = mkdtempSync(join(MEMORY, 'unrip-doctor-'));
  try {
    rig.env['STATE_DIR'] = dir;
    const { findings } = await rig.examine('machine');
    expect(findings.find(({ check }) => check === 'file system')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('in memory'),
      fix: expect.stringContaining('on a disk'),
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('a healthy world', () => {
  test('passes every check of machine, chain, venue, prices and funding', async () => {
    rig = openRig();
    const { findings, code, categories } = await rig.examine('machine', 'near', 'venue', 'prices', 'funding');
    expect(findings.filter(({ check }) => !OF_THE_PLACE.has(check))).toEqual([]);
    expect(categories.flatMap(({ not_checked }) => not_checked)).toEqual([]);
    expect(code).toBe(0);
  });

  test('a fault ends its own category alone, and names what was not checked', async () => {
    rig = openRig();
    for (const node of rig.nodes) node.lie(() => new Response('no', { status: 500 }));
    const { categories } = await rig.examine('near', 'prices');
    const [, near, prices] = categories;
    expect(near?.not_checked).toEqual(['clock', 'verifier', 'confirmation', 'balances', 'decimals', 'access key']);
    expect([...new Set(prices?.lines.map(({ check, status }) => `${check} ${status}`))]).toEqual([
      'Kraken pass',
      'CoinGecko pass',
      'divergence pass',
      'basis pass',
    ]);
  });

  test('a torn last record is no fault: a start cuts it off, and the doctor leaves it', async () => {
    rig = openRig();
    rig.env['NEAR_ACCOUNT_ID'] = ACCOUNT;
    const journal = putJournal(rig.dir);
    const path = join(journal, readdirSync(journal).sort().at(-1) ?? '');
    appendFileSync(path, Buffer.from([1, 2, 3]));
    const before = readFileSync(path);
    const { categories } = await rig.examine('machine');
    const line = categories.flatMap(({ lines }) => lines).find(({ check }) => check === 'journal');
    expect(line?.detail).toContain('torn');
    expect(readFileSync(path)).toEqual(before);
  });
});

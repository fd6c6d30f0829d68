// A NEAR node over real HTTP: every view, blocks, transactions, both forms of error, and the faults.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type SimChain, startChain } from '../chain/chain.ts';
import { type ManualClock, manualClock } from '../chain/clock.ts';
import { BTC, EURE, NOW_MS, NOW_NS, SOLVER, signIntents, tokenDiff, wireOf } from '../verifier/fixtures.ts';
import { FEE_COLLECTOR_ID } from '../verifier/state.ts';
import { type NearRpcSim, startNearRpcSim } from './server.ts';

let clock: ManualClock;
let chain: SimChain;
let node: NearRpcSim;

beforeEach(() => {
  clock = manualClock(NOW_MS);
  chain = startChain({ clock, firstHeight: 100, keepBlocks: 20 });
  node = startNearRpcSim({ chain });
  chain.registerKey('solver.near', SOLVER.publicKey);
  chain.credit('solver.near', BTC, 100_000n);
  chain.credit('solver.near', EURE, 5n * 10n ** 18n);
  clock.advance(3_000);
});

afterEach(() => node.close());

const post = (body: unknown) => fetch(node.url, { method: 'POST', body: JSON.stringify(body) });
const call = async (method: string, params: unknown) =>
  JSON.parse(await (await post({ jsonrpc: '2.0', id: 'dontcare', method, params })).text());

const query = (method: string, args: unknown, reference: object = { finality: 'final' }) =>
  call('query', {
    request_type: 'call_function',
    account_id: 'intents.near',
    method_name: method,
    args_base64: Buffer.from(JSON.stringify(args)).toString('base64'),
    ...reference,
  });

async function view(method: string, args: unknown, reference?: object): Promise<unknown> {
  const { result } = await query(method, args, reference);
  return JSON.parse(Buffer.from(result.result).toString('utf8'));
}

describe('views', () => {
  const id = 'solver.near';
  test.each<[string, unknown, unknown]>([
    ['mt_balance_of', { account_id: id, token_id: BTC }, '100000'],
    [
      'mt_batch_balance_of',
      { account_id: id, token_ids: [EURE, 'nep141:typo.near', BTC] },
      ['5000000000000000000', '0', '100000'],
    ],
    ['mt_balance_of', { account_id: 'nobody.near', token_id: 'no token' }, '0'],
    ['mt_supply', { token_id: BTC }, '100000'],
    ['mt_batch_supply', { token_ids: [BTC, 'no token'] }, ['100000', null]],
    ['mt_tokens_for_owner', { account_id: id, limit: 1 }, [{ token_id: BTC, owner_id: null }]],
    ['has_public_key', { account_id: id, public_key: SOLVER.publicKey }, true],
    ['has_public_key', { account_id: 'user.near', public_key: SOLVER.publicKey }, false],
    ['public_keys_of', { account_id: id }, [SOLVER.publicKey]],
    ['is_nonce_used', { account_id: id, nonce: Buffer.alloc(32).toString('base64') }, false],
    ['current_salt', {}, '252812b3'],
    ['is_valid_salt', { salt: '252812b3' }, true],
    ['is_valid_salt', { salt: '00000000' }, false],
    ['fee', {}, 1],
    ['fee_collector', {}, FEE_COLLECTOR_ID],
    ['is_auth_by_predecessor_id_enabled', { account_id: id }, true],
    ['is_account_locked', { account_id: id }, false],
  ])('%s %j', async (method, args, expected) => {
    expect(await view(method, args)).toEqual(expected);
  });

  test('a used nonce shows at final two blocks later', async () => {
    const nonce = new Uint8Array(32).fill(7);
    chain.execute([signIntents(SOLVER, [], { nonce })], 'relay.near');
    const args = { account_id: id, nonce: Buffer.from(nonce).toString('base64') };
    clock.advance(1_000);
    expect(await view('is_nonce_used', args, { finality: 'optimistic' })).toBe(true);
    expect(await view('is_nonce_used', args)).toBe(false);
    clock.advance(2_000);
    expect(await view('is_nonce_used', args)).toBe(true);
  });

  test('at one block, by height and by hash', async () => {
    const args = { account_id: id, token_id: BTC };
    expect(await view('mt_balance_of', args, { block_id: 100 })).toBe('0');
    expect(await view('mt_balance_of', args, { block_id: chain.block(101)?.hash })).toBe('100000');
  });

  test('simulate_intents of one side of a trade', async () => {
    const quote = signIntents(SOLVER, [tokenDiff({ [BTC]: '10', [EURE]: '-1000' })]);
    expect(await view('simulate_intents', { signed: [wireOf(quote)] })).toMatchObject({
      intents_executed: [{ account_id: id }],
      invariant_violated: { unmatched_deltas: { [BTC]: '10', [EURE]: '-999' } },
      state: { fee: 1, current_salt: '252812b3' },
    });
  });
});

describe('errors', () => {
  test('a panic is inside of a result', async () => {
    const quote = signIntents(SOLVER, [tokenDiff({ [BTC]: '-100001' })]);
    const { result } = await query('simulate_intents', { signed: [wireOf(quote)] });
    expect(result.error).toContain('Smart contract panicked: insufficient balance or overflow');
    expect(result).toMatchObject({ logs: [], block_height: chain.blockAt('final').height });
  });

  test.each([
    ['no_such_view', {}, 'MethodNotFound'],
    ['mt_balance_of', { account_id: 'solver.near' }, 'token_id'],
    ['mt_balance_of', { account_id: 'Solver', token_id: BTC }, 'invalid character'],
    ['is_nonce_used', { account_id: 'solver.near', nonce: 'AAAA' }, 'length 3'],
  ])('view %s with %j', async (method, args, text) => {
    const { result } = await query(method, args);
    expect(result.error).toContain(text);
  });

  test.each([
    ['a block that is to come', { block_id: 10_000 }],
    ['a block that was forgotten', { block_id: 99 }],
    ['a hash of no block', { block_id: 'abc' }],
  ])('%s', async (_name, reference) => {
    const { error } = await query('fee', {}, reference);
    expect(error).toMatchObject({ name: 'HANDLER_ERROR', cause: { name: 'UNKNOWN_BLOCK' } });
  });

  test('blocks are forgotten in time', async () => {
    clock.advance(30_000);
    expect((await query('fee', {}, { block_id: 101 })).error.cause.name).toBe('UNKNOWN_BLOCK');
  });

  test.each([
    ['query', { request_type: 'view_nothing', account_id: 'a.near' }, 'PARSE_ERROR'],
    ['send_tx', {}, 'PARSE_ERROR'],
    ['send_tx', { signed_tx_base64: 'AAAA' }, 'PARSE_ERROR'],
    ['query', {}, 'PARSE_ERROR'],
    ['tx', { tx_hash: 'unknown', sender_account_id: 'a.near' }, 'UNKNOWN_TRANSACTION'],
  ])('%s %j: %s', async (method, params, cause) => {
    expect((await call(method, params)).error.cause.name).toBe(cause);
  });

  test('texts and codes are those by which clients of a real node tell errors apart', async () => {
    expect((await query('no_such_view', {})).result.error).toBe(
      'wasm execution failed with error: MethodResolveError(MethodNotFound)',
    );
    expect((await call('no_such', {})).error).toEqual({
      name: 'REQUEST_VALIDATION_ERROR',
      cause: { name: 'METHOD_NOT_FOUND', info: { method_name: 'no_such' } },
      code: -32601,
      message: 'Method not found',
      data: 'no_such',
    });
    const text = 'Failed parsing args: missing field `account_id`';
    expect((await call('query', { request_type: 'call_function' })).error).toEqual({
      name: 'REQUEST_VALIDATION_ERROR',
      cause: { name: 'PARSE_ERROR', info: { error_message: text } },
      code: -32700,
      message: 'Parse error',
      data: text,
    });
    expect((await query('fee', {}, { block_id: 10_000 })).error).toMatchObject({
      cause: { name: 'UNKNOWN_BLOCK', info: { block_reference: { block_id: 10_000 } } },
      code: -32000,
      message: 'Server error',
    });
  });

  test('another contract is not there', async () => {
    const params = {
      request_type: 'call_function',
      account_id: 'other.near',
      method_name: 'fee',
      args_base64: '',
      finality: 'final',
    };
    expect((await call('query', params)).error.cause.name).toBe('UNKNOWN_ACCOUNT');
  });
});

test('block: time to the nanosecond next to a number that cannot hold it', async () => {
  const { result } = await call('block', { finality: 'optimistic' });
  expect(result.header).toMatchObject({ height: 103, timestamp_nanosec: String(NOW_NS + 3_000_000_000n) });
  expect(result.header.prev_hash).toBe(chain.block(102)?.hash);
});

test('status: the network, which can be another one, and the newest block', async () => {
  const newest = chain.blockAt('optimistic');
  expect((await call('status', [])).result).toMatchObject({
    chain_id: 'mainnet',
    sync_info: { latest_block_height: newest.height, latest_block_hash: newest.hash, syncing: false },
  });
  await node.close();
  node = startNearRpcSim({ chain, chainId: 'testnet' });
  expect((await call('status', [])).result.chain_id).toBe('testnet');
});

describe('accounts and tokens', () => {
  const look = (requestType: string, accountId: string, more: object = {}) =>
    call('query', { request_type: requestType, account_id: accountId, finality: 'final', ...more });

  test('an account, its keys, and one that is not there', async () => {
    const place = { block_height: chain.blockAt('final').height, block_hash: chain.blockAt('final').hash };
    expect((await look('view_account', 'solver.near')).result).toMatchObject({
      amount: `1${'0'.repeat(25)}`,
      ...place,
    });
    const key = { public_key: SOLVER.publicKey };
    const { result } = await look('view_access_key', 'solver.near', key);
    expect(result).toMatchObject({ permission: 'FullAccess', ...place });
    const { nonce, permission } = result;
    expect((await look('view_access_key_list', 'solver.near')).result.keys).toEqual([
      { ...key, access_key: { nonce, permission } },
    ]);
    const other = { public_key: `ed25519:${'1'.repeat(32)}` };
    expect((await look('view_access_key', 'solver.near', other)).result.error).toBe(
      `access key ${other.public_key} does not exist while viewing`,
    );
    expect((await look('view_access_key', 'solver.near')).error.data).toContain('missing field `public_key`');
    expect((await look('view_access_key', 'solver.near', { public_key: 'x' })).error.cause.name).toBe('PARSE_ERROR');
    const missing = (await look('view_account', 'nobody.near')).error;
    expect(missing.cause).toEqual({ name: 'UNKNOWN_ACCOUNT', info: { requested_account_id: 'nobody.near', ...place } });
  });

  test.each([
    ['btc.omft.near', { symbol: 'BTC', decimals: 8 }],
    [EURE.slice('nep141:'.length), { symbol: 'EURe', decimals: 18 }],
    ['nbtc.bridge.near', { decimals: 8 }],
  ])('the token contract %s', async (contract, expected) => {
    const args = (value: object) => ({ args_base64: Buffer.from(JSON.stringify(value)).toString('base64') });
    const viewed = async (method: string, value: object = {}) => {
      const { result } = await look('call_function', contract, { method_name: method, ...args(value) });
      return result.error ?? JSON.parse(Buffer.from(result.result).toString('utf8'));
    };
    expect(await viewed('ft_metadata')).toMatchObject({ spec: 'ft-1.0.0', ...expected });
    const held = await viewed('ft_balance_of', { account_id: 'intents.near' });
    expect(held).toBe(await viewed('ft_total_supply'));
    expect(held).toBe(await view('mt_supply', { token_id: `nep141:${contract}` }));
    expect(await viewed('ft_balance_of', { account_id: 'solver.near' })).toBe('0');
    expect(await viewed('current_salt')).toContain('MethodNotFound');
  });

  test('an account without a contract', async () => {
    const { result } = await look('call_function', 'solver.near', { method_name: 'fee', args_base64: '' });
    expect(result.error).toBe(
      'wasm execution failed with error: CompilationError(CodeDoesNotExist { account_id: "solver.near" })',
    );
  });

  test('the price of gas, also of one block', async () => {
    for (const params of [[null], [], [100], {}, { block_id: null }, { block_id: 100 }]) {
      expect((await call('gas_price', params)).result).toEqual({ gas_price: '100000000' });
    }
    expect((await call('gas_price', [10_000])).error.cause.name).toBe('UNKNOWN_BLOCK');
    expect((await call('gas_price', { block_id: {} })).error.cause.name).toBe('PARSE_ERROR');
  });
});

describe('tx', () => {
  test('with its receipts', async () => {
    const done = chain.execute([signIntents(SOLVER, [])], 'relay.near');
    clock.advance(1_000);
    const params = { tx_hash: done.hash, sender_account_id: 'relay.near' };
    const { receipts, ...rest } = (await call('EXPERIMENTAL_tx_status', params)).result;
    expect(rest).toEqual((await call('tx', params)).result);
    expect(receipts).toMatchObject([{ receipt_id: done.receiptId, predecessor_id: 'relay.near' }]);
    expect(rest.transaction.actions).toMatchObject([{ FunctionCall: { method_name: 'execute_intents' } }]);
  });

  test('a success with its events, once it is in a block', async () => {
    const done = chain.execute([signIntents(SOLVER, [])], 'relay.near');
    const params = { tx_hash: done.hash, sender_account_id: 'relay.near' };
    expect((await call('tx', params)).error.cause.name).toBe('UNKNOWN_TRANSACTION');
    clock.advance(1_000);
    const { result } = await call('tx', params);
    expect(result).toMatchObject({ final_execution_status: 'EXECUTED_OPTIMISTIC', status: { SuccessValue: '' } });
    expect(result.receipts_outcome[0].outcome.logs).toEqual(done.logs);
    clock.advance(2_000);
    expect((await call('tx', params)).result.final_execution_status).toBe('FINAL');
  });

  test('a failure says the contract’s text', async () => {
    const intent = signIntents(SOLVER, []);
    chain.execute([intent], 'relay.near');
    const failed = chain.execute([intent], 'relay.near');
    clock.advance(1_000);
    const { result } = await call('tx', [failed.hash, 'relay.near']);
    expect(JSON.stringify(result.status)).toContain('Smart contract panicked: nonce was already used');
  });
});

describe('faults', () => {
  test.each([
    ['429', 429],
    ['500', 500],
  ] as const)('%s', async (fault, status) => {
    node.faults.fail(fault);
    expect((await post({})).status).toBe(status);
    node.faults.fail(null);
    expect((await post({})).status).toBe(200);
  });

  test('so many times and no more', async () => {
    node.faults.failNext('500', 2);
    const seen = [];
    for (let i = 0; i < 3; i += 1) seen.push((await post({})).status);
    expect(seen).toEqual([500, 500, 200]);
  });

  test('a node that has no blocks, and one that speaks no JSON', async () => {
    node.faults.failNext('unsynced', 1);
    expect((await query('fee', {})).error.cause.name).toBe('NO_SYNCED_BLOCKS');
    node.faults.failNext('garbage', 1);
    expect(await (await post({})).text()).toStartWith('<html>');
  });

  test('no answer at all', async () => {
    node.faults.fail('timeout');
    const aborted = fetch(node.url, { method: 'POST', body: '{}', signal: AbortSignal.timeout(50) });
    await expect(aborted).rejects.toThrow();
  });

  test('a node that is behind', async () => {
    node.faults.lagBlocks(2);
    expect((await call('block', { finality: 'optimistic' })).result.header.height).toBe(101);
    expect((await query('fee', {}, { block_id: 103 })).error.cause.name).toBe('UNKNOWN_BLOCK');
  });
});

test('requests are counted by method', async () => {
  await view('fee', {});
  await view('fee', {});
  await call('block', { finality: 'final' });
  expect(Object.fromEntries(node.requests())).toEqual({ 'query/fee': 2, block: 1 });
});

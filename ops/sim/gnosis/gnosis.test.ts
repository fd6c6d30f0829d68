import { afterEach, describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import {
  DECIMALS_CALL,
  EthBlock,
  EthLog,
  EthReply,
  EURE_CONTRACT,
  TRANSFER_TOPIC,
} from '../../../contracts/wire/gnosis.ts';
import { stringifyExact } from './json-rpc.ts';
import { type GnosisSimOptions, startGnosisSim } from './server.ts';

const OURS = '0x1111111111111111111111111111111111111111';
const OTHER = '0x2222222222222222222222222222222222222222';
const topic = (address: string): string => `0x${address.slice(2).padStart(64, '0')}`;
const hex = (value: number): string => `0x${value.toString(16)}`;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start(options: GnosisSimOptions = {}) {
  const sim = startGnosisSim({ now: () => 1_767_225_600_000, ...options });
  open.push(sim);
  const post = async (body: unknown): Promise<unknown> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return (await fetch(sim.url, { method: 'POST', body: text })).json();
  };
  const rpc = async (method: string, ...params: unknown[]): Promise<EthReply> => {
    const reply = await post({ jsonrpc: '2.0', id: 4, method, params });
    if (!Value.Check(EthReply, reply)) throw new Error(`not a reply: ${JSON.stringify(reply)}`);
    return reply;
  };
  const logs = async (filter: object): Promise<EthLog[]> => {
    const { result } = await rpc('eth_getLogs', { address: EURE_CONTRACT, ...filter });
    const list = result as EthLog[];
    for (const log of list) expect(Value.Check(EthLog, log)).toBe(true);
    return list;
  };
  return { ...sim, post, rpc, logs };
}

test('a transfer as transaction and receipt, before and in its block', async () => {
  const { chain, rpc, faults } = start();
  const txHash = chain.transfer({ to: OURS, units: 7n, from: OTHER });
  const transaction = async () => (await rpc('eth_getTransactionByHash', txHash)).result;
  const receipt = async () => (await rpc('eth_getTransactionReceipt', txHash)).result;
  expect(await transaction()).toMatchObject({ hash: txHash, blockHash: null, blockNumber: null, from: OTHER });
  expect(await receipt()).toBeNull();
  const number = hex(chain.mine());
  const block = (await rpc('eth_getBlockByNumber', number, true)).result as { hash: string };
  const place = { blockHash: block.hash, blockNumber: number, transactionIndex: '0x0' };
  const input = `0xa9059cbb${topic(OURS).slice(2)}${'7'.padStart(64, '0')}`;
  expect(await transaction()).toMatchObject({ ...place, to: EURE_CONTRACT, input });
  expect(await receipt()).toMatchObject({ ...place, status: '0x1', logs: [{ transactionHash: txHash, ...place }] });
  expect(block).toMatchObject({ transactions: [{ hash: txHash, ...place }] });
  expect((await rpc('eth_getBlockByHash', block.hash, false)).result).toMatchObject({ number, transactions: [txHash] });
  faults.lag(1);
  expect([await receipt(), (await rpc('eth_getBlockByHash', block.hash, false)).result]).toEqual([null, null]);
  for (const method of ['eth_getTransactionReceipt', 'eth_getTransactionByHash']) {
    expect((await rpc(method, `0x${'0'.repeat(64)}`)).result).toBeNull();
    expect((await rpc(method, 5)).error).toMatchObject({ code: -32602 });
  }
});

test('chain id, head, decimals', async () => {
  const { chain, rpc, faults } = start();
  expect((await rpc('eth_chainId')).result).toBe('0x64');
  expect((await rpc('eth_blockNumber')).result).toBe(hex(chain.headNumber()));
  const decimals = async () =>
    BigInt(String((await rpc('eth_call', { to: EURE_CONTRACT, data: DECIMALS_CALL }, 'latest')).result));
  expect(await decimals()).toBe(18n);
  faults.decimals(6);
  expect(await decimals()).toBe(6n);
  expect((await rpc('eth_call', { to: OTHER, data: DECIMALS_CALL }, 'latest')).result).toBe('0x');
});

describe('blocks', () => {
  test('latest, finalized, by number, not there', async () => {
    const { chain, rpc } = start({});
    chain.mine(5);
    const block = async (tag: string): Promise<EthBlock> => {
      const { result } = await rpc('eth_getBlockByNumber', tag, false);
      if (!Value.Check(EthBlock, result)) throw new Error('no block');
      return result;
    };
    const latest = await block('latest');
    expect(latest.number).toBe(hex(chain.headNumber()));
    expect((await block(hex(chain.headNumber() - 1))).hash).toBe(latest.parentHash);
    expect((await block('finalized')).number).toBe(hex(chain.headNumber() - 32));
    expect((await rpc('eth_getBlockByNumber', hex(chain.headNumber() + 1), false)).result).toBeNull();
  });

  test('a node that lags answers with an older head and knows nothing above it', async () => {
    const { chain, rpc, logs, faults } = start();
    chain.transfer({ to: OURS, units: 1n });
    const at = chain.mine();
    faults.lag(1);
    expect((await rpc('eth_blockNumber')).result).toBe(hex(at - 1));
    expect(await logs({ fromBlock: hex(at - 5), toBlock: hex(at) })).toEqual([]);
    faults.lag(0);
    expect(await logs({ fromBlock: hex(at - 5), toBlock: hex(at) })).toHaveLength(1);
  });
});

describe('logs', () => {
  test('a transfer appears with its exact amount once its block is there', async () => {
    const { chain, logs } = start();
    const txHash = chain.transfer({ from: OTHER, to: OURS.toUpperCase().replace('X', 'x'), units: 10n ** 19n });
    const filter = { fromBlock: hex(chain.headNumber()), topics: [TRANSFER_TOPIC, null, topic(OURS)] };
    expect(await logs(filter)).toEqual([]);
    const number = chain.mine();
    const [log, ...others] = await logs(filter);
    expect(others).toEqual([]);
    expect(log).toMatchObject({
      transactionHash: txHash,
      blockNumber: hex(number),
      blockHash: chain.block(number)?.hash,
      topics: [TRANSFER_TOPIC, topic(OTHER), topic(OURS)],
      data: '0x0000000000000000000000000000000000000000000000008ac7230489e80000',
    });
  });

  test('contract, sender and receiver each filter; several in a block have indexes of their own', async () => {
    const { chain, logs } = start();
    chain.transfer({ to: OURS, units: 1n });
    chain.transfer({ to: OTHER, units: 2n });
    chain.transfer({ to: OURS, units: 3n, contract: OTHER });
    chain.transfer({ to: OURS, units: 4n, from: OTHER });
    const number = hex(chain.mine());
    const amounts = async (filter: object) =>
      (await logs({ fromBlock: number, toBlock: number, ...filter })).map((log) => Number(log.data));
    expect(await amounts({})).toEqual([1, 2, 4]);
    expect(await amounts({ address: OTHER })).toEqual([3]);
    expect(await amounts({ topics: [null, null, topic(OURS)] })).toEqual([1, 4]);
    expect(await amounts({ topics: [TRANSFER_TOPIC, [topic(OTHER)]] })).toEqual([4]);
    expect(await amounts({ topics: [[topic(OURS)]] })).toEqual([]);
    const all = await logs({ blockHash: chain.block(Number(number))?.hash });
    expect(new Set(all.map((log) => log.logIndex)).size).toBe(3);
  });

  test.each([
    [{ fromBlock: '0x0', toBlock: 'latest' }, {}, -32602, 'query exceeds max block range 10000'],
    [{ fromBlock: 'latest', toBlock: '0x1' }, {}, -32602, 'invalid block range'],
    [{ fromBlock: 'soon' }, {}, -32602, 'invalid block number'],
    [{ topics: 'x' }, {}, -32602, 'invalid filter'],
    [{ blockHash: `0x${'0'.repeat(64)}` }, {}, -32000, 'unknown block'],
    [{ fromBlock: 'earliest' }, { maxResults: 1 }, -32005, 'query returned more than 1 results'],
  ])('%p is refused', async (filter, options, code, message) => {
    const { chain, rpc } = start(options);
    chain.transfer({ to: OURS, units: 1n });
    chain.transfer({ to: OURS, units: 2n });
    chain.mine();
    expect((await rpc('eth_getLogs', filter)).error).toEqual({ code, message });
  });

  test('a reorganisation takes a log away and brings it back in another block', async () => {
    const { chain, logs } = start();
    const kept = chain.transfer({ to: OURS, units: 1n });
    const lost = chain.transfer({ to: OURS, units: 2n });
    const before = chain.mine();
    chain.reorg({ depth: 1, drop: [lost] });
    expect(await logs({ fromBlock: hex(before) })).toEqual([]);
    chain.mine();
    const after = await logs({ fromBlock: hex(before) });
    expect(after.map((log) => log.transactionHash)).toEqual([kept]);
    expect(after[0]?.blockNumber).not.toBe(hex(before));
    expect(() => chain.reorg({ depth: 33 })).toThrow('would undo final ones');
  });

  test('of undone blocks are listed as removed when that is asked for', async () => {
    const { chain, logs, faults } = start();
    const txHash = chain.transfer({ to: OURS, units: 1n });
    const before = chain.mine();
    chain.reorg({ depth: 1 });
    chain.mine();
    faults.listRemoved(true);
    const found = await logs({ fromBlock: hex(before) });
    expect(found.map(({ transactionHash, removed }) => [transactionHash, removed])).toEqual([
      [txHash, true],
      [txHash, false],
    ]);
    faults.listRemoved(false);
    expect(await logs({ fromBlock: hex(before) })).toHaveLength(1);
  });

  test('of one transaction have numbers of their own, and are all in its receipt', async () => {
    const { chain, rpc } = start();
    const txHash = chain.transfer({ to: OURS, units: 1n });
    chain.transfer({ to: OTHER, units: 2n, within: txHash });
    chain.mine();
    const { result } = await rpc('eth_getTransactionReceipt', txHash);
    expect(result).toMatchObject({ logs: [{ logIndex: '0x0' }, { logIndex: '0x1', transactionHash: txHash }] });
  });

  test('and heads can come from nodes that are not equally far', async () => {
    const { chain, rpc, faults } = start();
    const head = chain.mine();
    faults.lagNext([0, 3]);
    const heads = [await rpc('eth_blockNumber'), await rpc('eth_blockNumber'), await rpc('eth_blockNumber')];
    expect(heads.map(({ result }) => result)).toEqual([hex(head), hex(head - 3), hex(head)]);
  });
});

describe('json-rpc', () => {
  test('batches, unknown methods, what is no request', async () => {
    const { post, rpc } = start();
    expect(await post([{ id: 1, method: 'eth_chainId' }, { id: 'b', method: 'eth_chainId' }, 7])).toEqual([
      { jsonrpc: '2.0', id: 1, result: '0x64' },
      { jsonrpc: '2.0', id: 'b', result: '0x64' },
      { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Invalid Request' } },
    ]);
    expect(await post('{')).toMatchObject({ error: { code: -32700 } });
    expect((await rpc('eth_mine')).error?.code).toBe(-32601);
  });

  test('a bigint is printed as a number with all its digits, whatever text is around it', () => {
    expect(stringifyExact({ amount: 10n ** 19n + 1n, text: 'units:5', list: [-3n] })).toBe(
      '{"amount":10000000000000000001,"text":"units:5","list":[-3]}',
    );
  });

  test('failures can be asked for', async () => {
    const { faults, url, rpc } = start();
    faults.fail({ requests: 1, status: 503, body: 'busy', retryAfterS: 1 });
    const response = await fetch(url, { method: 'POST', body: '{}' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await rpc('eth_chainId')).result).toBe('0x64');
  });
});

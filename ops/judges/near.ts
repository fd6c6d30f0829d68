// Clients of NEAR's RPC against the simulated node: one checks every answer with schemas, the other reads errors by their text.

import { BTC } from '../../contracts/assets.ts';
import { startChain } from '../sim/chain/chain.ts';
import { realClock } from '../sim/chain/clock.ts';
import { startNearRpcSim } from '../sim/near-rpc/server.ts';
import { type Case, type Judge, verdictsOf } from './judge.ts';
import type { Call, Class, Module } from './packages.ts';

const ACCOUNT = 'maker.near';
const KEY = 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy';
const ABSENT_KEY = `ed25519:${'1'.repeat(32)}`;

const missing = (name: string): Promise<never> => Promise.reject(new Error(`the judge has no ${name}`));

export const judge: Judge = {
  name: 'near',
  summary: '@near-js/jsonrpc-client and near-api-js on the simulated NEAR node',
  async run({ packages }) {
    const party = nearCases(await packages.load('@near-js/jsonrpc-client'), await packages.load('near-api-js'));
    try {
      return await verdictsOf(party.cases);
    } finally {
      await party.close();
    }
  },
};

function nearCases(typed: Module, classic: Module) {
  const chain = startChain({ clock: realClock });
  chain.registerKey(ACCOUNT, KEY);
  const settled = chain.credit(ACCOUNT, BTC.id, 5n);
  const failed = chain.withdraw(ACCOUNT, BTC.id, 6n);
  chain.mine(4);
  const node = startNearRpcSim({ chain });
  const client = new (typed['NearRpcClient'] as Class)({ endpoint: node.url, retries: 0 });
  const provider = new (classic['JsonRpcProvider'] as Class)({ url: node.url });
  const call = (name: string, params?: object) => () => (typed[name] as Call)(client, params);
  const ask =
    (name: string, ...args: readonly unknown[]) =>
    () =>
      provider[name]?.(...args) ?? missing(name);
  const at = { finality: 'final', accountId: ACCOUNT };
  const tx = (txHash: string) => ({ txHash, senderAccountId: 'admin.near', waitUntil: 'FINAL' });
  const cases: readonly Case[] = [
    { name: 'status', run: call('status') },
    { name: 'block', run: call('block', { finality: 'final' }) },
    { name: 'gas price', run: call('gasPrice', { blockId: null }) },
    { name: 'account', run: call('viewAccount', at) },
    { name: 'access key', run: call('viewAccessKey', { ...at, publicKey: KEY }) },
    { name: 'token', run: call('viewFunction', { ...at, accountId: 'btc.omft.near', methodName: 'ft_metadata' }) },
    { name: 'transaction', run: call('tx', tx(settled.hash)) },
    { name: 'failed transaction', run: call('tx', tx(failed.hash)) },
    { name: 'receipts', run: call('experimentalTxStatus', tx(settled.hash)) },
    { name: 'unknown transaction', run: call('tx', tx('1'.repeat(32))), fails: 'Server error' },
    { name: 'unknown method', run: ask('sendJsonRpc', 'nope', {}), fails: 'RpcMethodNotFoundError' },
    { name: 'unreadable request', run: ask('sendJsonRpc', 'query', {}), fails: 'RpcRequestParseError' },
    {
      name: 'unknown view',
      run: ask('callFunction', { contractId: 'intents.near', method: 'nope', args: {} }),
      fails: 'ContractMethodNotFoundError',
    },
    {
      name: 'unknown key',
      run: ask('viewAccessKey', { accountId: ACCOUNT, publicKey: ABSENT_KEY }),
      fails: 'AccessKeyDoesNotExistError',
    },
  ];
  return { cases, close: () => node.close() };
}

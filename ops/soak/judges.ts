// Public client libraries as judges of the stand-ins: what they refuse or misread of a stand-in, they would not of the real
// service. They are installed from the registry into a directory of their own, at fixed versions, and are no part of the
// project.
import { join } from 'node:path';
import { BTC } from '../../contracts/assets.ts';
import { startChain } from '../sim/chain/chain.ts';
import { realClock } from '../sim/chain/clock.ts';
import { startGnosisSim } from '../sim/gnosis/server.ts';
import { startNearRpcSim } from '../sim/near-rpc/server.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import type { Soak } from '../testing/soak.ts';
import { tempDir } from '../testing/temp-dir.ts';

const NEAR_TYPED = '@near-js/jsonrpc-client';
const JUDGES = { [NEAR_TYPED]: '1.4.0', 'near-api-js': '7.3.1', viem: '2.57.20' };
const ACCOUNT = 'maker.near';
const KEY = 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy';
const ABSENT_KEY = `ed25519:${'1'.repeat(32)}`;
const NO_HASH = `0x${'0'.repeat(64)}`;

type Call = (...args: readonly unknown[]) => Promise<unknown>;
type Class = new (options: object) => Readonly<Record<string, Call>>;
type Module = Readonly<Record<string, Call | Class>>;

/** What is to come of a call: a value, or an error of this class or with this text in its message. */
type Case = { readonly name: string; readonly run: () => Promise<unknown>; readonly fails?: string };

async function install(folder: string): Promise<void> {
  await Bun.write(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: JUDGES }));
  const child = Bun.spawn([process.execPath, 'install', '--ignore-scripts'], {
    cwd: folder,
    env: toolEnvironment(),
    stdout: 'ignore',
  });
  if ((await child.exited) !== 0)
    throw new Error(`the judges could not be installed in ${folder}: is the registry reachable?`);
}

async function verdictOn({ run, fails }: Case): Promise<string | null> {
  try {
    await run();
    return fails === undefined ? null : `no error, ${fails} was expected`;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const isExpected = fails !== undefined && (error.constructor.name === fails || error.message.includes(fails));
    return isExpected ? null : `${error.constructor.name}: ${error.message}`;
  }
}

const missing = (name: string): Promise<never> => Promise.reject(new Error(`the judge has no ${name}`));

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

function gnosisCases(viem: Module) {
  const sim = startGnosisSim();
  const transport = (viem['http'] as unknown as (url: string) => unknown)(sim.url);
  const create = viem['createPublicClient'] as unknown as (options: object) => Readonly<Record<string, Call>>;
  const client = create({ transport });
  const hash = sim.chain.transfer({ to: `0x${'1'.repeat(40)}`, units: 5n });
  sim.chain.mine(2);
  const blockHash = sim.chain.block(sim.chain.headNumber())?.hash;
  const ask = (name: string, params: object) => () => (client[name] as Call)(params);
  const cases: readonly Case[] = [
    { name: 'transfer', run: ask('getTransaction', { hash }) },
    { name: 'receipt', run: ask('getTransactionReceipt', { hash }) },
    { name: 'confirmations', run: ask('waitForTransactionReceipt', { hash, confirmations: 2 }) },
    { name: 'block with transactions', run: ask('getBlock', { includeTransactions: true }) },
    { name: 'block by hash', run: ask('getBlock', { blockHash }) },
    {
      name: 'no receipt',
      run: ask('getTransactionReceipt', { hash: NO_HASH }),
      fails: 'TransactionReceiptNotFoundError',
    },
  ];
  return { cases, close: () => sim.close() };
}

export const soak: Soak = {
  name: 'judges',
  summary: 'public client libraries, installed for the run, judge the NEAR and Gnosis stand-ins',
  async run() {
    using folder = tempDir('judges');
    await install(folder.path);
    const load = (name: string): Promise<Module> => import(Bun.resolveSync(name, folder.path));
    const parties = [nearCases(await load(NEAR_TYPED), await load('near-api-js')), gnosisCases(await load('viem'))];
    let faults = 0;
    for (const { cases, close } of parties) {
      for (const each of cases) {
        const verdict = await verdictOn(each);
        if (verdict !== null) faults += 1;
        console.log(`${verdict === null ? 'ok  ' : 'FAIL'} ${each.name}${verdict === null ? '' : `: ${verdict}`}`);
      }
      await close();
    }
    return faults === 0 ? 0 : 1;
  },
};

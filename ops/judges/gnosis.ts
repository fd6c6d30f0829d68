// A client of Ethereum's RPC against the simulated Gnosis chain.

import { startGnosisSim } from '../sim/gnosis/server.ts';
import { type Case, type Judge, verdictsOf } from './judge.ts';
import type { Call, Module } from './packages.ts';

const NO_HASH = `0x${'0'.repeat(64)}`;

export const judge: Judge = {
  name: 'gnosis',
  summary: 'viem on the simulated Gnosis chain',
  async run({ packages }) {
    const party = gnosisCases(await packages.load('viem'));
    try {
      return await verdictsOf(party.cases);
    } finally {
      await party.close();
    }
  },
};

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

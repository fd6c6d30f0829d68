// Faults of the chain, its endpoints and the account in the verifier.

import { otherBlock, otherView } from '../../contracts/runtime/near/node.fixture.ts';
import { succeeded } from '../sim/chain/transaction.ts';
import { ACCOUNT, type Case, NBTC } from './rig.fixture.ts';

/** Blocks after which a change of the chain is final. */
const FINAL = 3;

export const NEAR_FAULTS: readonly Case[] = [
  {
    name: 'an endpoint of another network',
    category: 'near',
    seed: ({ nodes }) =>
      nodes[1].lie((asked, truth) =>
        asked.method === 'status' ? { ...truth, result: { chain_id: 'testnet' } } : truth,
      ),
    check: 'endpoints',
    status: 'fail',
    detail: /is on the network testnet, not on mainnet/,
    fix: /NEAR_RPC_URL, or NEAR_CHAIN_ID/,
  },
  {
    name: 'endpoints that all refuse',
    category: 'near',
    seed: ({ nodes }) => {
      for (const node of nodes) node.lie(() => new Response('slow down', { status: 429 }));
    },
    check: 'endpoints',
    status: 'fail',
    detail: /no endpoint can be used/,
    fix: /use another endpoint/,
  },
  {
    name: 'an endpoint where nothing listens',
    category: 'near',
    seed: ({ env, nodes }) => {
      env['NEAR_RPC_URL'] = `${nodes[0].url},http://127.0.0.1:1`;
    },
    check: 'endpoints',
    status: 'fail',
    detail: /127\.0\.0\.1:1: unreachable: .*nothing listens there/,
    fix: /correct NEAR_RPC_URL/,
  },
  {
    name: 'one endpoint alone',
    category: 'near',
    seed: ({ env, nodes }) => {
      env['NEAR_RPC_URL'] = nodes[0].url;
    },
    check: 'endpoints',
    status: 'warn',
    detail: /one endpoint alone/,
    fix: /two or more endpoints/,
  },
  {
    name: 'endpoints of one host',
    category: 'near',
    seed: ({ env, nodes }) => {
      env['NEAR_RPC_URL'] = `${nodes[0].url}/first-key,${nodes[0].url}/second-key`;
    },
    check: 'endpoints',
    status: 'warn',
    detail: /all endpoints are of one host/,
    fix: /different operators/,
  },
  {
    name: 'an endpoint that gives blocks, and refuses views',
    category: 'near',
    seed: ({ nodes }) =>
      nodes[1].lie((asked, truth) =>
        asked.method === 'query' ? new Response('not in your plan', { status: 403 }) : truth,
      ),
    check: 'confirmation',
    status: 'fail',
    detail: /does not confirm a balance of .* no quote ends and no capital is freed/,
    fix: /correct NEAR_RPC_URL/,
  },
  {
    name: 'an endpoint that knows of another balance',
    category: 'near',
    seed: ({ nodes, world }) => {
      world.chain.mine(FINAL);
      // Behind the other, so that it is the other that is asked to confirm.
      nodes[0].lag(1);
      nodes[1].lie(otherView('mt_batch_balance_of', (value) => (value as string[]).map(() => '0')));
    },
    check: 'confirmation',
    status: 'fail',
    detail: /knows of less than .* says is credited/,
    fix: /which of them is wrong/,
  },
  {
    name: 'a clock that is behind the chain',
    category: 'near',
    seed: ({ nodes }) => {
      for (const node of nodes) node.lie(otherBlock({ aheadMs: 60_000 }));
    },
    check: 'endpoints',
    status: 'fail',
    detail: /block_from_future/,
    fix: /by NTP/,
  },
  {
    name: 'a clock that is some seconds ahead',
    category: 'near',
    seed: ({ nodes }) => {
      for (const node of nodes) node.lie(otherBlock({ aheadMs: -12_000 }));
    },
    check: 'clock',
    status: 'fail',
    detail: /ahead of the chain: nothing would be signed/,
    fix: /by NTP/,
  },
  {
    name: 'a key that the verifier does not know',
    category: 'near',
    seed: ({ world, publicKey }) => {
      succeeded(world.chain.removeKey(ACCOUNT, publicKey));
      world.chain.mine(FINAL);
    },
    check: 'verifier',
    status: 'fail',
    detail: /is not registered for maker\.sim\.near/,
    fix: /\.\/unrip keys register --send/,
  },
  {
    name: 'a locked account',
    category: 'near',
    seed: ({ world }) => {
      succeeded(world.chain.lockAccount(ACCOUNT));
      world.chain.mine(FINAL);
    },
    check: 'verifier',
    status: 'fail',
    detail: /is locked in the verifier/,
    fix: /ask the venue why/,
  },
  {
    name: 'a contract that is not the verifier',
    category: 'near',
    seed: ({ env }) => {
      env['INTENTS_CONTRACT'] = 'nobody.near';
    },
    check: 'verifier',
    status: 'fail',
    detail: /the verifier cannot be read/,
    fix: /INTENTS_CONTRACT/,
  },
  {
    name: 'nothing of one asset',
    category: 'near',
    seed: ({ env }) => {
      env['BTC_ASSET_ID'] = NBTC;
    },
    check: 'balances',
    status: 'warn',
    detail: /no BTC is credited under nep141:nbtc\.bridge\.near/,
    fix: /deposit BTC/,
  },
  {
    name: 'a balance under an id that is not traded',
    category: 'near',
    seed: ({ world }) => {
      world.credit(NBTC, 5000n);
      world.chain.mine(FINAL);
    },
    check: 'balances',
    status: 'warn',
    detail: /0\.00005000 BTC under nep141:nbtc\.bridge\.near, which is not traded/,
    fix: /BTC_ASSET_ID/,
  },
  {
    name: 'a token that has changed its decimals',
    category: 'near',
    seed: ({ nodes }) => {
      for (const node of nodes) {
        node.lie((asked, truth) =>
          asked.params['account_id'] === 'btc.omft.near'
            ? (otherView('ft_metadata', (value) => ({ ...(value as object), decimals: 18 }))(
                asked,
                truth,
              ) as typeof truth)
            : truth,
        );
      }
    },
    check: 'decimals',
    status: 'fail',
    detail: /btc\.omft\.near has 18 decimals on the chain and 8 here/,
    fix: /do not trade/,
  },
  {
    name: 'pulls over the chain with a key that is no access key',
    category: 'near',
    seed: ({ env, nodes }) => {
      env['PULL_VIA'] = 'near';
      for (const node of nodes) {
        node.lie((asked, truth) =>
          asked.params['request_type'] === 'view_access_key'
            ? { ...truth, result: { error: 'access key does not exist', block_height: 1, block_hash: 'x', logs: [] } }
            : truth,
        );
      }
    },
    check: 'access key',
    status: 'fail',
    detail: /cannot send transactions/,
    fix: /PULL_VIA=relay/,
  },
];

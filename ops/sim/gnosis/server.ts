// A Gnosis node's JSON-RPC over the small chain of chain.ts, on a real HTTP socket: heads, blocks, transactions,
// receipts, logs, and `decimals()`.

import { Value } from '@sinclair/typebox/value';
import { DECIMALS_CALL, EthLogFilter, EURE_CONTRACT, GNOSIS_CHAIN_ID } from '../../../contracts/wire/gnosis.ts';
import { type HttpFaults, httpFaults } from '../esplora/faults.ts';
import { blockBody, receiptBody, transactionBody } from './bodies.ts';
import { createGnosisChain, type GnosisChain } from './chain.ts';
import { answerRpc, type RpcOutcome, type RpcRequest, rpcError, rpcResult } from './json-rpc.ts';
import { blockNumberOf, getLogs, type LogLimits, quantity } from './logs.ts';

export type GnosisSimOptions = Partial<LogLimits> & {
  readonly port?: number;
  readonly now?: () => number;
  readonly chain?: GnosisChain;
};

export type GnosisSim = {
  readonly url: string;
  readonly chain: GnosisChain;
  readonly faults: HttpFaults & {
    /** The node falls so many blocks behind, as one of several behind a balancer may. */
    lag(blocks: number): void;
    /** The next requests, a batch being one, go to nodes that lag so much each. */
    lagNext(blocks: readonly number[]): void;
    /** Whether it answers `[]` for logs, as one whose index has a gap does. */
    hideLogs(isHidden: boolean): void;
    /** Whether logs of undone blocks are listed too, as removed. */
    listRemoved(isListed: boolean): void;
    /** What `decimals()` says; 18 unless changed. */
    decimals(value: number): void;
  };
  requests(): number;
  close(): Promise<void>;
};

type View = {
  readonly chain: GnosisChain;
  readonly head: number;
  readonly limits: LogLimits;
  readonly decimals: number;
  readonly listsRemoved: boolean;
  readonly hidesLogs: boolean;
};

function ethCall({ decimals }: View, call: unknown): RpcOutcome {
  const { to, data, input } = (call ?? {}) as Readonly<Record<string, unknown>>;
  const isEure = typeof to === 'string' && to.toLowerCase() === EURE_CONTRACT;
  if (!isEure) return rpcResult('0x');
  return (data ?? input) === DECIMALS_CALL
    ? rpcResult(`0x${decimals.toString(16).padStart(64, '0')}`)
    : rpcError(3, 'execution reverted');
}

function call(view: View, { method, params }: RpcRequest): RpcOutcome {
  const { chain, head, limits } = view;
  const [first, second] = params;
  switch (method) {
    case 'eth_chainId':
      return rpcResult(quantity(GNOSIS_CHAIN_ID));
    case 'eth_blockNumber':
      return rpcResult(quantity(head));
    case 'eth_getBlockByNumber': {
      const number = blockNumberOf(chain, first, head);
      if (number === null || typeof second !== 'boolean') return rpcError(-32602, 'invalid argument');
      const block = number > head ? null : chain.block(number);
      return rpcResult(block === null ? null : blockBody(block, second));
    }
    case 'eth_getBlockByHash': {
      if (typeof first !== 'string' || typeof second !== 'boolean') return rpcError(-32602, 'invalid argument');
      const block = chain.blockByHash(first.toLowerCase());
      return rpcResult(block === null || block.number > head ? null : blockBody(block, second));
    }
    case 'eth_getTransactionByHash':
    case 'eth_getTransactionReceipt': {
      if (typeof first !== 'string') return rpcError(-32602, 'invalid argument');
      const bodyOf = method === 'eth_getTransactionByHash' ? transactionBody : receiptBody;
      return rpcResult(bodyOf(chain, first.toLowerCase(), head));
    }
    case 'eth_getLogs':
      if (view.hidesLogs) return rpcResult([]);
      return Value.Check(EthLogFilter, first)
        ? getLogs(chain, first, limits, { headNumber: head, listsRemoved: view.listsRemoved })
        : rpcError(-32602, 'invalid filter');
    case 'eth_call':
      return ethCall(view, first);
    default:
      return rpcError(-32601, `the method ${method} does not exist/is not available`);
  }
}

export function startGnosisSim(options: GnosisSimOptions = {}): GnosisSim {
  const nowMs = options.now ?? Date.now;
  const hash = (of: string): string => new Bun.CryptoHasher('sha256').update(of).digest('hex');
  const chain = options.chain ?? createGnosisChain({ hash, nowMs });
  const limits = { maxRangeBlocks: options.maxRangeBlocks ?? 10_000, maxResults: options.maxResults ?? 10_000 };
  const faults = httpFaults();
  let lagBlocks = 0;
  let nextLags: readonly number[] = [];
  let listsRemoved = false;
  let hidesLogs = false;
  let decimals = 18;
  let requests = 0;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    fetch(request) {
      requests += 1;
      const [lag = lagBlocks, ...others] = nextLags;
      nextLags = others;
      const view = { chain, head: chain.headNumber() - lag, limits, decimals, listsRemoved, hidesLogs };
      return faults.take() ?? answerRpc(request, (each) => call(view, each));
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    chain,
    faults: {
      ...faults,
      lag(blocks) {
        lagBlocks = blocks;
      },
      lagNext(blocks) {
        nextLags = blocks;
      },
      hideLogs(isHidden) {
        hidesLogs = isHidden;
      },
      listRemoved(isListed) {
        listsRemoved = isListed;
      },
      decimals(value) {
        decimals = value;
      },
    },
    requests: () => requests,
    close: () => server.stop(true),
  };
}

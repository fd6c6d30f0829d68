// A NEAR node's JSON-RPC on a real HTTP port, over the simulated chain, with the faults that a client has to live with.
import type { SimChain } from '../chain/chain.ts';
import { answer } from './answer.ts';

/** `429` and `500` are HTTP answers, `timeout` gives none, `unsynced` and `garbage` are bodies with HTTP 200. */
type NearRpcFault = '429' | '500' | 'timeout' | 'unsynced' | 'garbage';

type NearRpcFaults = {
  /** From now on every request meets this fault, or none again. */
  fail(fault: NearRpcFault | null): void;
  /** Only the next `requests` do. */
  failNext(fault: NearRpcFault, requests: number): void;
  delayMs(delay: number): void;
  /** The node has not heard of the newest `blocks` blocks. */
  lagBlocks(blocks: number): void;
};

export type NearRpcSim = {
  readonly url: string;
  readonly faults: NearRpcFaults;
  /** Requests by method (`query/METHOD_NAME` for views) since the start. */
  requests(): ReadonlyMap<string, number>;
  close(): Promise<void>;
};

export type NearRpcOptions = {
  readonly chain: SimChain;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Name of the network that the node says it is on; `mainnet` by default. */
  readonly chainId?: string;
};

const UNSYNCED = {
  name: 'HANDLER_ERROR',
  cause: { name: 'NO_SYNCED_BLOCKS', info: {} },
  code: -32000,
  message: 'Server error',
  data: 'Node is not fully synced yet',
};

const json = (value: unknown) =>
  new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });

/** Field of something that may be no object. */
function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function nameOf(request: unknown): string {
  const method = String(field(request, 'method'));
  return method === 'query' ? `query/${field(field(request, 'params'), 'method_name')}` : method;
}

/** The chain as a node that is behind sees it. */
function behind(chain: SimChain, lag: number): SimChain {
  if (lag === 0) return chain;
  const newest = chain.blockAt('optimistic').height - lag;
  return {
    ...chain,
    blockAt(finality) {
      const block = chain.blockAt(finality);
      return chain.block(block.height - lag) ?? block;
    },
    block(id) {
      const block = chain.block(id);
      return block !== undefined && block.height <= newest ? block : undefined;
    },
  };
}

export function startNearRpcSim({ chain, port = 0, chainId = 'mainnet' }: NearRpcOptions): NearRpcSim {
  const counts = new Map<string, number>();
  const stalled = new Set<() => void>();
  let standing: NearRpcFault | null = null;
  let passing: { readonly fault: NearRpcFault; left: number } | null = null;
  let delay = 0;
  let lag = 0;

  function nextFault(): NearRpcFault | null {
    if (passing === null) return standing;
    const { fault } = passing;
    passing.left -= 1;
    if (passing.left <= 0) passing = null;
    return fault;
  }

  /** Never answers, until the server closes. */
  function stall(): Promise<Response> {
    return new Promise((settle) => {
      stalled.add(() => settle(new Response(null, { status: 503 })));
    });
  }

  function faulty(fault: NearRpcFault, id: unknown): Response | Promise<Response> {
    switch (fault) {
      case '429':
        return new Response('Too Many Requests', { status: 429 });
      case '500':
        return new Response('Internal Server Error', { status: 500 });
      case 'timeout':
        return stall();
      case 'unsynced':
        return json({ jsonrpc: '2.0', id, error: UNSYNCED });
      case 'garbage':
        return new Response('<html>bad gateway</html>');
    }
  }

  async function fetch(request: Request): Promise<Response> {
    if (request.method !== 'POST') return new Response('Method Not Allowed', { status: 405 });
    const body: unknown = await request.json().catch(() => undefined);
    const name = nameOf(body);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (delay > 0) await Bun.sleep(delay);
    const id = field(body, 'id') ?? null;
    const fault = nextFault();
    if (fault !== null) return faulty(fault, id);
    return json({ jsonrpc: '2.0', id, ...answer(behind(chain, lag), body, chainId) });
  }

  const server = Bun.serve({ hostname: '127.0.0.1', port, idleTimeout: 120, fetch });

  return {
    url: `http://127.0.0.1:${server.port}`,
    faults: {
      fail(fault) {
        standing = fault;
        passing = null;
      },
      failNext(fault, requests) {
        passing = { fault, left: requests };
      },
      delayMs(value) {
        delay = value;
      },
      lagBlocks(blocks) {
        lag = blocks;
      },
    },
    requests: () => counts,
    async close() {
      for (const settle of stalled) settle();
      await server.stop(true);
    },
  };
}

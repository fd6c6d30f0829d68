// A NEAR node on a real port for tests: answers from the simulated chain, and lies, waits or fails as the test says.

import type { SimChain } from '../../../ops/sim/chain/chain.ts';
import { answer } from '../../../ops/sim/near-rpc/answer.ts';

export type Fields = { readonly [key: string]: unknown };

export type Asked = { readonly method: string; readonly params: Fields };

/** Gives what to answer instead of the truth: another reply, or a whole response. */
export type Lie = (asked: Asked, truth: Fields) => Fields | Response;

export type TestNode = {
  readonly url: string;
  readonly host: string;
  /** Requests by method, `query/METHOD_NAME` for views. */
  count(method: string): number;
  total(): number;
  /** Rewrites replies from now on; null: the truth. */
  lie(how: Lie | null): void;
  /** Answers to requests that arrive from now on wait for this promise. */
  hold(until: Promise<void> | null): void;
  /** Each answer waits for a promise of its own. */
  delay(wait: (asked: Asked) => Promise<void>): void;
  /** Sees the chain without its newest blocks. */
  lag(blocks: number): void;
  close(): Promise<void>;
};

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const nameOf = ({ method, params }: Asked): string => (method === 'query' ? `query/${params['method_name']}` : method);

function behind(chain: SimChain, lag: number): SimChain {
  if (lag === 0) return chain;
  return {
    ...chain,
    blockAt: (finality) => chain.block(chain.blockAt(finality).height - lag) ?? chain.blockAt(finality),
    block(id) {
      const block = chain.block(id);
      return block !== undefined && block.height <= chain.blockAt('optimistic').height - lag ? block : undefined;
    },
  };
}

export function startTestNode(chain: SimChain, chainId = 'mainnet'): TestNode {
  const counts = new Map<string, number>();
  let how: Lie | null = null;
  let held: ((asked: Asked) => Promise<void>) | null = null;
  let lag = 0;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 120,
    async fetch(request) {
      const body = fieldsOf(await request.json());
      const asked: Asked = { method: String(body['method']), params: fieldsOf(body['params']) };
      counts.set(nameOf(asked), (counts.get(nameOf(asked)) ?? 0) + 1);
      if (held !== null) await held(asked);
      const truth = structuredClone({ jsonrpc: '2.0', id: body['id'], ...answer(behind(chain, lag), body, chainId) });
      const reply = how === null ? truth : how(asked, truth);
      return reply instanceof Response ? reply : Response.json(reply);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    host: `127.0.0.1:${server.port}`,
    count: (method) => counts.get(method) ?? 0,
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    lie(next) {
      how = next;
    },
    hold(until) {
      held = until === null ? null : () => until;
    },
    delay(wait) {
      held = wait;
    },
    lag(blocks) {
      lag = blocks;
    },
    async close() {
      await server.stop(true);
    },
  };
}

/** The reply with the value at `path` made by `change`; the rest as it is. */
export function edited(reply: Fields, path: readonly string[], change: (value: unknown) => unknown): Fields {
  const [key = '', ...rest] = path;
  const inside = reply[key];
  return { ...reply, [key]: rest.length === 0 ? change(inside) : edited(fieldsOf(inside), rest, change) };
}

/** The reply to `block` as that of another height or time; other replies as they are. */
export const otherBlock =
  (over: { readonly height?: (height: number) => number; readonly aheadMs?: number }): Lie =>
  (asked, truth) => {
    if (asked.method !== 'block') return truth;
    const { height = (same: number) => same, aheadMs = 0 } = over;
    const higher = edited(truth, ['result', 'header', 'height'], (value) => height(Number(value)));
    return edited(higher, ['result', 'header', 'timestamp_nanosec'], (value) =>
      String(BigInt(String(value)) + BigInt(aheadMs) * 1_000_000n),
    );
  };

/** The reply to one view with another value. */
export const otherView =
  (method: string, change: (value: unknown) => unknown): Lie =>
  (asked, truth) => {
    if (asked.params['method_name'] !== method || !('result' in fieldsOf(truth['result']))) return truth;
    return edited(truth, ['result', 'result'], (bytes) =>
      viewBytes(change(JSON.parse(Buffer.from(bytes as number[]).toString('utf8')))),
    );
  };

/** A view's value as a node sends it. */
export const viewBytes = (value: unknown): number[] => [...new TextEncoder().encode(JSON.stringify(value))];

// Faults of the NEAR nodes, of one at a time.

import type { NearRpcSim } from '../../sim/near-rpc/server.ts';
import type { HttpFault } from '../machine/network.ts';
import { portOf, type Sim } from '../sim.ts';
import { type Fault, type FaultContext, moment } from './fault.ts';

const lineOf = (sim: Sim, node: NearRpcSim) => sim.machine.network.line(portOf(node.url));

const pickNode = ({ sim, random }: FaultContext): NearRpcSim => sim.nodes[random.below(sim.nodes.length)] as NearRpcSim;

/** Requests to a node meet it, while it lasts; null: not this one. */
function requestsMeet(
  row: Pick<Fault, 'name' | 'how'>,
  meets: (context: FaultContext, body: string) => HttpFault | null,
  before: (context: FaultContext) => void = () => {},
): Fault {
  return {
    ...row,
    target: 'node',
    lastsMs: [4_000, 30_000],
    begin(context) {
      before(context);
      const line = lineOf(context.sim, pickNode(context));
      line.http = (_path, body) => {
        const fault = meets(context, body);
        if (fault !== null) context.fired();
        return fault;
      };
      return () => {
        line.http = () => null;
      };
    },
  };
}

/** The answers of a method say something else. */
const answersSay = (
  row: Pick<Fault, 'name' | 'how'>,
  method: RegExp,
  alter: (body: string, context: FaultContext) => string,
  before?: (context: FaultContext) => void,
) =>
  requestsMeet(
    row,
    (context, body) => (method.test(body) ? { kind: 'altered', alter: (answer) => alter(answer, context) } : null),
    before,
  );

const shifted = (body: string, name: string, by: bigint): string =>
  body.replace(new RegExp(`("${name}":)(\\d+)`), (_all, head, value) => `${head}${BigInt(value) + by}`);

export const NODE_FAULTS: readonly Fault[] = [
  requestsMeet({ name: 'node_dead', how: 'nothing listens' }, () => ({ kind: 'refused' })),
  requestsMeet({ name: 'node_hangs', how: 'requests are never answered' }, () => ({ kind: 'lost' })),
  requestsMeet({ name: 'node_429', how: 'requests are answered with 429' }, () => ({ kind: 'status', status: 429 })),
  requestsMeet({ name: 'node_503', how: 'requests are answered with 503' }, () => ({ kind: 'status', status: 503 })),
  requestsMeet({ name: 'node_redirects', how: 'requests are answered with 302' }, () => ({
    kind: 'status',
    status: 302,
    headers: { location: 'http://127.0.0.1:1/' },
  })),
  requestsMeet({ name: 'node_slow', how: 'answers take one to five seconds' }, ({ random }) => ({
    kind: 'slow',
    ms: random.between(1_000, 5_000),
  })),
  requestsMeet({ name: 'node_answers_half', how: 'every third answer is cut in the middle' }, ({ random }) =>
    random.chance(1, 3) ? { kind: 'altered', alter: (body) => body.slice(0, body.length / 2) } : null,
  ),
  requestsMeet({ name: 'node_answers_too_much', how: 'an answer of many megabytes' }, ({ random }) =>
    random.chance(1, 10) ? { kind: 'altered', alter: (body) => `${body}${' '.repeat(2_000_000)}` } : null,
  ),
  {
    name: 'node_unsynced',
    target: 'node',
    how: 'the node says that it is not synced',
    lastsMs: [4_000, 20_000],
    begin(context) {
      const node = pickNode(context);
      node.faults.fail('unsynced');
      context.fired();
      return () => node.faults.fail(null);
    },
  },
  {
    name: 'node_garbage',
    target: 'node',
    how: 'the node answers with a page of HTML',
    lastsMs: [4_000, 20_000],
    begin(context) {
      const node = pickNode(context);
      node.faults.fail('garbage');
      context.fired();
      return () => node.faults.fail(null);
    },
  },
  {
    name: 'node_lags',
    target: 'node',
    how: 'the node has not heard of the newest blocks',
    lastsMs: [4_000, 30_000],
    begin(context) {
      const node = pickNode(context);
      node.faults.lagBlocks(context.random.between(3, 90));
      context.fired();
      return () => node.faults.lagBlocks(0);
    },
  },
  {
    name: 'node_goes_back',
    target: 'node',
    how: 'one node is behind for each other request, as behind a balancer',
    lastsMs: [4_000, 20_000],
    begin(context) {
      const node = pickNode(context);
      const line = lineOf(context.sim, node);
      line.http = () => {
        node.faults.lagBlocks(context.random.pick([0, 0, 2, 5]));
        context.fired();
        return null;
      };
      return () => {
        line.http = () => null;
        node.faults.lagBlocks(0);
      };
    },
  },
  answersSay(
    { name: 'node_lies_about_height', how: 'blocks are said to be thousands higher' },
    /"method":"block"/,
    (body) => shifted(body, 'height', 5_000n),
  ),
  answersSay(
    { name: 'node_lies_about_time', how: 'blocks are said to be minutes older or newer' },
    /"method":"block"/,
    (body, { random }) =>
      shifted(shifted(body, 'timestamp', random.pick([-600n, 600n]) * 1_000_000_000n), 'timestamp_nanosec', 0n),
  ),
  answersSay(
    { name: 'node_of_another_chain', how: 'the node says that it is on testnet, half of the times to a new start' },
    /"method":"status"/,
    (body) => body.replace('"chain_id":"mainnet"', '"chain_id":"testnet"'),
    // It is asked for at a start, and seldom afterwards.
    ({ life, random }) => {
      if (random.chance(1, 2)) life.kill(false);
    },
  ),
  answersSay(
    { name: 'node_of_another_block', how: 'views are said to be of another block' },
    /"method":"query"/,
    (body) => body.replace(/"block_hash":"(.)/, '"block_hash":"2'),
  ),
  moment({ name: 'node_one_500', target: 'node', how: 'one request is answered with 500' }, (context) =>
    pickNode(context).faults.failNext('500', 1),
  ),
];

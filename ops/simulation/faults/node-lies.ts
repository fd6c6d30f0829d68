// One of several NEAR nodes lies about contents: its blocks are those of the chain, and what it says that they hold is not so.
// The others stay well meanwhile.

import { isFields, readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { portOf } from '../sim.ts';
import type { Fault, FaultContext } from './fault.ts';

/** A view of the verifier that is asked for. */
type Asked = { readonly method: string; readonly args: string };

/** What is said in place of the truth. */
type Lie = (asked: Asked, truth: unknown) => unknown;

const balancesAre =
  (change: (units: bigint) => bigint): Lie =>
  ({ method }, truth) =>
    method === 'mt_batch_balance_of' ? (truth as string[]).map((units) => String(change(BigInt(units)))) : truth;

const saysOf =
  (methods: Readonly<Record<string, boolean>>): Lie =>
  ({ method }, truth) =>
    methods[method] ?? truth;

const stateIs =
  (change: Readonly<Record<string, unknown>>): Lie =>
  ({ method }, truth) =>
    method === 'simulate_intents' && isFields(truth)
      ? { ...truth, state: { ...(truth['state'] as object), ...change } }
      : truth;

/** It goes on saying what it has said first. */
function frozen(): Lie {
  const said = new Map<string, unknown>();
  return ({ method, args }, truth) => {
    const key = `${method} ${args}`;
    if (!said.has(key)) said.set(key, truth);
    return said.get(key);
  };
}

type Teller = {
  readonly tell: (context: FaultContext) => Lie;
  /** Some balances are lower than they are. */
  readonly isLess?: true;
};

/** Of nonces, every other one by what it is. */
const isOdd = ({ args }: Asked): boolean => Bun.hash.crc32(args) % 2 === 1;

const LIES: readonly [Teller, ...Teller[]] = [
  { tell: () => balancesAre((units) => 2n * units + 1n) },
  { tell: () => balancesAre((units) => units / 2n), isLess: true },
  { tell: ({ random }) => balancesAre((units) => units + BigInt(random.between(0, 200)) - 100n), isLess: true },
  { tell: () => saysOf({ is_nonce_used: true }) },
  { tell: () => saysOf({ is_nonce_used: false }) },
  { tell: () => (asked, truth) => (asked.method === 'is_nonce_used' && isOdd(asked) ? truth !== true : truth) },
  { tell: () => stateIs({ current_salt: 'deadbeef' }) },
  { tell: () => stateIs({ fee: 5_000 }) },
  { tell: () => saysOf({ is_valid_salt: false }) },
  { tell: () => saysOf({ is_valid_salt: true, has_public_key: true, is_account_locked: false }) },
  { tell: ({ random }) => saysOf(random.pick([{ has_public_key: false }, { is_account_locked: true }])) },
  { tell: frozen },
  { tell: frozen },
];

/** The answer to a view, with the lie in it. */
function viewed(body: string, answer: string, lie: Lie): string {
  const [request, reply] = [readJson(body, SMALL_JSON), readJson(answer, SMALL_JSON)];
  const params = request.ok && isFields(request.value) ? request.value['params'] : null;
  if (!isFields(params) || !reply.ok || !isFields(reply.value)) return answer;
  const { result } = reply.value;
  if (!isFields(result) || !Array.isArray(result['result'])) return answer;
  const truth: unknown = JSON.parse(Buffer.from(result['result']).toString('utf8'));
  const asked = { method: String(params['method_name']), args: String(params['args_base64']) };
  const said = [...Buffer.from(JSON.stringify(lie(asked, truth)))];
  return JSON.stringify({ ...reply.value, result: { ...result, result: said } });
}

/** The outcome of a transaction: another quote under the nonce was settled, or none. */
function outcome({ sim, random }: FaultContext, answer: string): string {
  const { sent } = sim.model;
  for (const quote of sent.values()) {
    if (!answer.includes(quote.hash)) continue;
    const others = [...sent.values()].filter(({ nonce, hash }) => nonce === quote.nonce && hash !== quote.hash);
    const other = others[random.below(Math.max(1, others.length))];
    return other === undefined || random.chance(1, 3)
      ? answer.replaceAll('intents_executed', 'intents_passed')
      : answer.replaceAll(quote.hash, other.hash);
  }
  return answer;
}

export const NODE_LIES: readonly Fault[] = [
  {
    name: 'node_lies_about_contents',
    target: 'node',
    how: 'balances, nonces, salts, the key or the fee are said to be others, or what they were; so are outcomes of transactions',
    lastsMs: [60_000, 180_000],
    // The word of a single one is all there is.
    isPossible: ({ setting }) => setting.nodes > 1,
    begin(context) {
      const { sim, random, fired } = context;
      const node = sim.nodes[random.below(sim.nodes.length)];
      if (node === undefined) return undefined;
      const { tell, isLess = false } = random.pick(LIES);
      const lie = tell(context);
      const end = sim.model.lies.begin({ isTie: sim.nodes.length === 2, isLess });
      const line = sim.machine.network.line(portOf(node.url));
      line.http = (_path, body) => {
        const isView = body.includes('"call_function"');
        if (!isView && !body.includes('"method":"tx"')) return null;
        return {
          kind: 'altered',
          alter(answer) {
            const said = isView ? viewed(body, answer, lie) : outcome(context, answer);
            if (said !== answer) fired();
            return said;
          },
        };
      };
      return () => {
        line.http = () => null;
        end();
      };
    },
  },
];

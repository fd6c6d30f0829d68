// The relay says of settlements what is not so. Nothing of it may move money, and nothing of it may keep the engine from its work for
// longer than the quotes live.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { HttpFault } from '../machine/network.ts';
import type { Random } from '../machine/random.ts';
import type { Sent } from '../model/sent.ts';
import { publishedIn } from '../model/wire.ts';
import { portOf, type Sim } from '../sim.ts';
import { credit } from './account.ts';
import { type Fault, type FaultContext, moment } from './fault.ts';
import { isOk, isStatus, UNKNOWN_ERROR } from './relay-texts.ts';

const lineOf = (sim: Sim) => sim.machine.network.line(portOf(sim.world.urls.RELAY_WS_URL));

const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const HASH_DIGITS = 44;
/** As soon as its auction is over. */
const TAKEN = { takeAfterMs: 600 };
/** What was asked at the begin is answered, and its auction is over. */
const ANSWERED_MS = 2_500;

/** Looks like a hash, and is that of nothing. */
const someHash = (random: Random): string =>
  Array.from({ length: HASH_DIGITS }, () => DIGITS[random.below(DIGITS.length)]).join('');

/** A transaction that is not the one. */
function someTransaction({ sim, random }: FaultContext): string {
  const others = sim.world.relay.settlements().flatMap(({ txHash }) => txHash ?? []);
  return random.pick([someHash(random), others.at(-1) ?? someHash(random), 'x'.repeat(200), 'no hash', '']);
}

/** Begins the intent of a status that is not true. */
const WRONG = 'Wrong';

function say(context: FaultContext, quoteHash: string): void {
  const { sim, random } = context;
  const intent_hash = `${WRONG}${someHash(random).slice(WRONG.length)}`;
  const status = { quote_hash: quoteHash, intent_hash, tx_hash: someTransaction(context) };
  const params = random.chance(1, 2) ? status : { subscription: 'another', data: status };
  const method = 'data' in params ? 'event' : 'subscribe';
  sim.world.relay.sendRaw(JSON.stringify({ jsonrpc: '2.0', method, params }));
}

/** Up to so many of our live quotes, any of them. */
function someLive({ sim, random }: FaultContext, most: number): Sent[] {
  const live = sim.model.live();
  return Array.from({ length: most }, () => live[random.below(Math.max(1, live.length))]).filter(
    (quote) => quote !== undefined,
  );
}

/** Another quote under the nonce settles, and nobody says so. */
function settleAnother({ sim, random }: FaultContext, named: Sent | undefined): void {
  const others = sim.model.live().filter(({ nonce, hash }) => nonce === named?.nonce && hash !== named.hash);
  const other = others[random.below(Math.max(1, others.length))];
  lineOf(sim).down = (text) => (isStatus(text) && !text.includes(WRONG) ? null : text);
  if (other !== undefined) sim.world.relay.takeNow(other.quoteId);
}

function deposit({ sim, random }: FaultContext): void {
  const units = { [BTC.id]: BigInt(random.between(1, 9_000)), [EURE.id]: BigInt(random.between(1, 9)) * 10n ** 17n };
  for (const [asset, each] of Object.entries(units)) {
    if (random.chance(2, 3)) credit(sim, asset, each);
  }
}

/** What comes behind a wrong word on a quote. */
function happenTo(context: FaultContext, named: Sent | undefined): void {
  const { sim, life, random } = context;
  const acts: readonly (() => void)[] = [
    () => life.call('POST', '/executor/pull', {}),
    () => void sim.world.chain.invalidateSalt(sim.world.chain.state().currentSaltHex),
    () => settleAnother(context, named),
    () => {
      settleAnother(context, named);
      deposit(context);
    },
    () => life.kill(random.chance(1, 2)),
    () => {},
  ];
  acts[random.below(acts.length)]?.();
}

type Status = { quote_hash: string; intent_hash: string; tx_hash: string };

/** A status in which something else is said. */
function altered(text: string, change: (status: Status) => Partial<Status>): string {
  const frame = JSON.parse(text);
  const status: Status = frame.params.data ?? frame.params;
  Object.assign(status, change(status));
  return JSON.stringify(frame);
}

type StatusesRow = Pick<Fault, 'name' | 'how'> & {
  /** What arrives in place of a true one; null: nothing. */
  readonly change: (context: FaultContext, text: string) => string | null;
};

/** True statuses are changed on their way. */
const statusesAre = ({ change, ...row }: StatusesRow): Fault => ({
  ...row,
  target: 'relay',
  lastsMs: [10_000, 40_000],
  begin(context) {
    const { sim, traffic, fired } = context;
    const line = lineOf(sim);
    line.down = (text) => {
      if (!isStatus(text) || text.includes(WRONG)) return text;
      fired();
      return change(context, text);
    };
    const ask = traffic.alike();
    ask();
    ask(TAKEN);
    ask();
    return () => {
      line.down = (text) => text;
    };
  },
});

/** The JSON-RPC, over which quotes are withdrawn; a withdrawal is asked for. */
const withdrawalsMeet = (
  row: Pick<Fault, 'name' | 'how'>,
  meets: (context: FaultContext, body: string) => HttpFault | null,
): Fault => ({
  ...row,
  target: 'relay',
  lastsMs: [10_000, 40_000],
  begin(context) {
    const { sim, life, traffic, fired } = context;
    const line = lineOf(sim);
    line.http = (_path, body) => {
      const fault = meets(context, body);
      if (fault !== null) fired();
      return fault;
    };
    const ask = traffic.alike();
    ask();
    ask();
    sim.later(ANSWERED_MS, () => life.call('POST', '/executor/pull', {}));
    return () => {
      line.http = () => null;
    };
  },
});

export const RELAY_LIES: readonly Fault[] = [
  moment(
    {
      name: 'status_of_a_stranger',
      target: 'relay',
      how: 'quotes that nobody signed are said to be settled, and some of long ago',
    },
    (context) => {
      const { sim, random } = context;
      const all = [...sim.model.sent.values()];
      const old = all[random.below(Math.max(1, all.length - 20))]?.hash;
      say(context, random.chance(1, 2) ? someHash(random) : (old ?? someHash(random)));
    },
  ),
  {
    name: 'status_of_an_open_quote',
    target: 'relay',
    how: 'quotes that nobody has taken are said to be settled; then they are withdrawn, void, or another one settles',
    lastsMs: [10_000, 40_000],
    begin(context) {
      const { sim, traffic, random, fired } = context;
      for (let kinds = random.between(1, 2); kinds > 0; kinds -= 1) {
        const ask = traffic.alike();
        for (let asked = random.between(1, 3); asked > 0; asked -= 1) ask();
      }
      sim.later(ANSWERED_MS, () => {
        const named = someLive(context, random.between(1, 4));
        for (const { hash } of named) say(context, hash);
        if (named.length > 0) fired();
        sim.later(random.pick([100, 400, 3_000]), () => happenTo(context, named[0]));
      });
      return () => {
        lineOf(sim).down = (text) => text;
      };
    },
  },
  {
    name: 'status_of_a_withdrawn_quote',
    target: 'relay',
    how: 'quotes are withdrawn, and said to be settled before, while and after that is done',
    lastsMs: [10_000, 40_000],
    begin(context) {
      const { sim, life, traffic, random, fired } = context;
      const ask = traffic.alike();
      ask();
      ask();
      sim.later(ANSWERED_MS, () => {
        const quotes = someLive(context, 3);
        if (quotes.length > 0) fired();
        life.call('POST', '/executor/pull', {});
        for (const { hash } of quotes) sim.later(random.pick([1, 300, 2_000, 8_000, 30_000]), () => say(context, hash));
      });
      return undefined;
    },
  },
  statusesAre({
    name: 'status_names_another_quote',
    how: 'statuses name another of our live quotes',
    change(context, text) {
      const [other] = someLive(context, 1);
      return other === undefined ? null : altered(text, () => ({ quote_hash: other.hash }));
    },
  }),
  statusesAre({
    name: 'status_with_another_transaction',
    how: 'statuses name another transaction, or what is none',
    change: (context, text) => altered(text, () => ({ tx_hash: someTransaction(context) })),
  }),
  statusesAre({
    name: 'status_again_and_again',
    how: 'each status comes again for a minute and a half, each other time with another transaction',
    change(context, text) {
      const { sim, random } = context;
      for (let times = 0; times < 6; times += 1) {
        const again = times % 2 === 0 ? text : altered(text, () => ({ tx_hash: someTransaction(context) }));
        sim.later(random.between(10, 90_000), () => sim.world.relay.sendRaw(again));
      }
      return text;
    },
  }),
  statusesAre({
    name: 'status_late',
    how: 'statuses come up to two and a half minutes late, and out of order',
    change({ sim, random }, text) {
      sim.later(random.between(10_000, 150_000), () => sim.world.relay.sendRaw(text));
      return null;
    },
  }),
  withdrawalsMeet(
    { name: 'get_status_lies', how: 'the relay names another transaction for a withdrawal' },
    ({ random }, body) => {
      if (!body.includes('"get_status"')) return null;
      const [{ intent_hash }] = JSON.parse(body).params;
      const result = { intent_hash, status: 'SETTLED', data: { hash: someHash(random) } };
      return { kind: 'said', text: JSON.stringify({ id: 'unrip', jsonrpc: '2.0', result }) };
    },
  ),
  withdrawalsMeet(
    { name: 'relay_swallows_withdrawals', how: 'the relay says that it withdraws quotes, and does not' },
    (_context, body) => {
      if (!body.includes('"publish_intent"')) return null;
      const result = { status: 'OK', intent_hash: publishedIn(body)[0]?.hash };
      return { kind: 'said', text: JSON.stringify({ id: 'unrip', jsonrpc: '2.0', result }) };
    },
  ),
  {
    name: 'replies_refuse_in_a_row',
    target: 'relay',
    how: 'every answer is refused with a code that nobody knows, and nobody takes any',
    lastsMs: [12_000, 20_000],
    begin({ sim, traffic, fired }) {
      const line = lineOf(sim);
      line.down = (text) => {
        if (!isOk(text)) return text;
        fired();
        return text.replace('"result":"OK"', UNKNOWN_ERROR);
      };
      const ask = traffic.alike();
      for (let times = 0; times < 6; times += 1) sim.later(times * 1_500 + 1, () => void ask());
      return () => {
        line.down = (text) => text;
      };
    },
  },
];

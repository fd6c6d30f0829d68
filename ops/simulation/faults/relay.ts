// Faults of the solver relay and of the way to it.

import { BTC } from '../../../contracts/assets.ts';
import { askedOf, type Plain } from '../around/traffic.ts';
import type { HttpFault } from '../machine/network.ts';
import type { Asked } from '../model/sent.ts';
import { portOf, type Sim } from '../sim.ts';
import { type Fault, type FaultContext, moment } from './fault.ts';
import { isOk, isStatus, TOO_LATE, UNKNOWN_ERROR } from './relay-texts.ts';

const lineOf = (sim: Sim) => sim.machine.network.line(portOf(sim.world.urls.RELAY_WS_URL));

type Down = (text: string) => string | Uint8Array | null;

/** What may come behind a fault of the relay: the quotes are withdrawn, or their salt is invalidated. */
function withdrawOrInvalidate({ sim, life, random }: FaultContext): void {
  const act = random.below(4);
  if (act === 0) life.call('POST', '/executor/pull', {});
  if (act === 1) sim.world.chain.invalidateSalt(sim.world.chain.state().currentSaltHex);
}

type DownRow = Pick<Fault, 'name' | 'how'> & {
  readonly after?: (context: FaultContext) => void;
  /** Requests at its begin, so that there is something to change. */
  readonly asks?: readonly Plain[];
};

/** What the relay sends arrives otherwise. `change`: null: as it is. */
function downWith(
  { after, asks, ...row }: DownRow,
  lastsMs: readonly [number, number],
  change: (text: string) => { readonly to: string | Uint8Array | null } | null,
): Fault {
  return {
    ...row,
    target: 'relay',
    lastsMs,
    begin(context) {
      const { sim, traffic, fired } = context;
      const line = lineOf(sim);
      const before: Down = line.down;
      line.down = (text) => {
        const changed = change(text);
        if (changed === null) return text;
        fired();
        return changed.to;
      };
      const ask = traffic.alike();
      for (const plain of asks ?? []) ask(plain);
      return () => {
        line.down = before;
        after?.(context);
      };
    },
  };
}

/** New connections meet this, and there is one. */
function upgradeWith(row: Pick<Fault, 'name' | 'how'>, fault: (context: FaultContext) => HttpFault): Fault {
  return {
    ...row,
    target: 'relay',
    lastsMs: [5_000, 30_000],
    begin(context) {
      const { sim, fired } = context;
      const line = lineOf(sim);
      line.upgrade = () => {
        fired();
        return fault(context);
      };
      sim.world.relay.faults.drop();
      return () => {
        line.upgrade = () => null;
      };
    },
  };
}

const isQuote = (text: string): boolean => text.includes('"quote_id"');

/** As soon as its auction is over. */
const TAKEN = { takeAfterMs: 600 };

const LATE_REPLIES = ['"result":"OK"', TOO_LATE, UNKNOWN_ERROR] as const;

/** A request under the same id, for more; null: the text is no request. */
function withOtherAmounts(text: string): { readonly text: string; readonly asked: Asked } | null {
  const again = text.replace(
    /("exact_amount_(?:in|out)":")(\d+)"/,
    (_all, name, units) => `${name}${BigInt(units) * 2n + 1n}"`,
  );
  if (again === text) return null;
  const { params } = JSON.parse(again);
  return { text: again, asked: askedOf(params.data ?? params, params.metadata?.partner_id ?? null) };
}

const deep = `{"jsonrpc":"2.0","method":"event","params":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`;
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

export const RELAY_FAULTS: readonly Fault[] = [
  moment(
    { name: 'relay_drops', target: 'relay', how: 'every connection is cut without a closing handshake' },
    ({ sim }) => void sim.world.relay.faults.drop(),
  ),
  {
    name: 'relay_silent',
    target: 'relay',
    how: 'the sockets stay open and nothing passes on them, in either direction',
    lastsMs: [5_000, 60_000],
    begin({ sim, fired }) {
      lineOf(sim).isDead = true;
      fired();
      return () => {
        lineOf(sim).isDead = false;
        sim.world.relay.faults.drop();
      };
    },
  },
  {
    name: 'relay_without_subscription',
    target: 'relay',
    how: 'the socket opens, and requests to subscribe are not heard',
    lastsMs: [5_000, 30_000],
    begin({ sim, fired }) {
      const line = lineOf(sim);
      line.up = (text) => {
        if (!text.includes('"subscribe"')) return text;
        fired();
        return null;
      };
      sim.world.relay.faults.drop();
      return () => {
        line.up = (text) => text;
      };
    },
  },
  upgradeWith({ name: 'relay_slow_upgrade', how: 'after a drop, connections take long to open' }, ({ random }) => ({
    kind: 'slow',
    ms: random.between(3_000, 15_000),
  })),
  upgradeWith({ name: 'relay_401', how: 'connections are refused with 401' }, () => ({ kind: 'status', status: 401 })),
  upgradeWith({ name: 'relay_403', how: 'connections are refused with 403' }, () => ({ kind: 'status', status: 403 })),
  upgradeWith({ name: 'relay_429', how: 'connections are refused with 429 and Retry-After' }, ({ random }) => ({
    kind: 'status',
    status: 429,
    headers: { 'retry-after': String(random.between(1, 20)) },
  })),
  upgradeWith({ name: 'relay_502', how: 'connections are refused with 502' }, () => ({ kind: 'status', status: 502 })),
  upgradeWith({ name: 'relay_unreachable', how: 'nothing listens' }, () => ({ kind: 'refused' })),
  {
    name: 'relay_repeats_with_other_amounts',
    target: 'relay',
    how: 'a request is sent again under its id, with other amounts',
    lastsMs: [5_000, 20_000],
    begin({ sim, traffic, random, fired }) {
      const line = lineOf(sim);
      const sentAgain = new Set<string>();
      const ask = traffic.alike();
      line.down = (text) => {
        const again = withOtherAmounts(text);
        if (again === null || sentAgain.has(text) || !random.chance(1, 2)) return text;
        sentAgain.add(again.text);
        sim.later(random.between(1, 3_000), () => {
          sim.model.answers.asked(again.asked);
          fired();
          sim.world.relay.sendRaw(again.text);
        });
        return text;
      };
      ask();
      ask();
      return () => {
        line.down = (text) => text;
      };
    },
  },
  {
    name: 'relay_repeats',
    target: 'relay',
    how: 'every request is sent twice',
    lastsMs: [5_000, 20_000],
    begin({ sim, traffic, fired }) {
      sim.world.relay.faults.repeatQuotes(true);
      traffic.alike()();
      fired();
      return () => sim.world.relay.faults.repeatQuotes(false);
    },
  },
  {
    name: 'status_before_reply',
    target: 'relay',
    how: 'a quote settles as soon as it is answered, and its status leaves before the reply',
    lastsMs: [10_000, 40_000],
    begin({ sim, traffic, fired }) {
      const line = lineOf(sim);
      sim.world.relay.faults.statusBeforeAck(true);
      line.down = (text) => {
        if (isStatus(text)) fired();
        return text;
      };
      traffic.alike()(TAKEN);
      return () => {
        sim.world.relay.faults.statusBeforeAck(false);
        line.down = (text) => text;
      };
    },
  },
  {
    name: 'status_before_block',
    target: 'relay',
    how: 'a status leaves before the block of its transaction',
    lastsMs: [10_000, 40_000],
    begin({ sim, traffic, fired }) {
      const line = lineOf(sim);
      sim.world.relay.faults.statusBeforeBlock(true);
      line.down = (text) => {
        if (isStatus(text)) fired();
        return text;
      };
      traffic.alike()(TAKEN);
      return () => {
        sim.world.relay.faults.statusBeforeBlock(false);
        line.down = (text) => text;
      };
    },
  },
  downWith({ name: 'status_lost', how: 'statuses do not arrive', asks: [TAKEN] }, [10_000, 60_000], (text) =>
    isStatus(text) ? { to: null } : null,
  ),
  downWith({ name: 'reply_lost', how: 'replies to answers do not arrive', asks: [{}] }, [5_000, 20_000], (text) =>
    isOk(text) ? { to: null } : null,
  ),
  downWith(
    {
      name: 'reply_says_late',
      how: 'answers that were taken get the reply that they came too late',
      asks: [TAKEN],
      after: withdrawOrInvalidate,
    },
    [3_000, 15_000],
    (text) =>
      isOk(text)
        ? {
            to: text.replace('"result":"OK"', TOO_LATE),
          }
        : null,
  ),
  {
    name: 'relay_stops_reading',
    target: 'relay',
    how: 'what is sent stays unsent on our side; half of the times the quotes are withdrawn, or their salt is invalidated, behind it',
    lastsMs: [4_000, 15_000],
    begin(context) {
      const { sim, fired } = context;
      lineOf(sim).isUnread = true;
      fired();
      return () => {
        lineOf(sim).isUnread = false;
        withdrawOrInvalidate(context);
      };
    },
  },
  downWith({ name: 'reply_odd', how: 'answers get a reply that means nothing', asks: [{}] }, [5_000, 20_000], (text) =>
    isOk(text) ? { to: text.replace('"OK"', '{"maybe":1}') } : null,
  ),
  downWith(
    {
      name: 'reply_refuses',
      how: 'answers are refused with a code that nobody knows',
      asks: [TAKEN],
      after: withdrawOrInvalidate,
    },
    [3_000, 10_000],
    (text) => (isOk(text) ? { to: text.replace('"result":"OK"', UNKNOWN_ERROR) } : null),
  ),
  {
    name: 'reply_late',
    target: 'relay',
    how: 'replies come after their time-out, good ones and bad ones, or the connection ends before; quotes settle or are withdrawn meanwhile',
    lastsMs: [3_000, 15_000],
    begin(context) {
      const { sim, life, traffic, random, fired } = context;
      const { faults } = sim.world.relay;
      const line = lineOf(sim);
      faults.holdAcks(true);
      faults.statusBeforeAck(random.chance(1, 2));
      // What is answered now settles, is void since another one settled, or is withdrawn before its reply is overdue.
      const ask = traffic.alike();
      ask();
      ask(TAKEN);
      if (random.chance(1, 2))
        sim.later(random.pick([100, 300, 1_000, 4_000]), () => life.call('POST', '/executor/pull', {}));
      fired();
      return () => {
        if (random.chance(1, 4)) faults.drop();
        withdrawOrInvalidate(context);
        const reply = random.pick(LATE_REPLIES);
        line.down = (text) => text.replace('"result":"OK"', reply);
        faults.holdAcks(false);
        faults.statusBeforeAck(false);
        sim.later(500, () => {
          line.down = (text) => text;
        });
      };
    },
  },
  {
    name: 'relay_line_slow',
    target: 'relay',
    how: 'messages take one to four seconds, so that answers come too late',
    lastsMs: [10_000, 40_000],
    begin({ sim, random, fired }) {
      const line = lineOf(sim);
      const before = line.latencyUs;
      line.latencyUs = () => random.between(1_000_000, 4_000_000);
      fired();
      return () => {
        line.latencyUs = before;
      };
    },
  },
  downWith({ name: 'relay_binary_frames', how: 'texts come in binary frames' }, [5_000, 20_000], (text) => ({
    to: new TextEncoder().encode(text),
  })),
  downWith({ name: 'relay_cut_frames', how: 'requests come without their end' }, [3_000, 10_000], (text) =>
    isQuote(text) ? { to: text.slice(0, -7) } : null,
  ),
  moment({ name: 'relay_garbage', target: 'relay', how: 'frames that mean nothing' }, ({ sim }) =>
    sim.world.relay.faults.garbage(),
  ),
  moment({ name: 'relay_deep_frame', target: 'relay', how: 'a frame of 5,000 nested objects' }, ({ sim }) =>
    sim.world.relay.sendRaw(deep),
  ),
  moment({ name: 'relay_oversized_frame', target: 'relay', how: 'a frame larger than a message may be' }, ({ sim }) =>
    sim.world.relay.sendRaw('x'.repeat(MESSAGE_BYTES_MAX + 1)),
  ),
  moment({ name: 'relay_unusable_ids', target: 'relay', how: 'requests with ids that cannot be used' }, ({ sim }) => {
    for (const quoteId of ['', ' ', 'a'.repeat(5_000), 'line\nbreak', '\u0000'])
      sim.world.relay.sendRaw(
        JSON.stringify({
          jsonrpc: '2.0',
          method: 'event',
          params: { subscription: 's', data: { quote_id: quoteId, defuse_asset_identifier_in: BTC.id } },
        }),
      );
  }),
  {
    name: 'relay_rpc_refuses',
    target: 'relay',
    how: 'the JSON-RPC, over which quotes are withdrawn, answers with 500; a withdrawal is asked for',
    lastsMs: [5_000, 30_000],
    begin({ sim, life, fired }) {
      sim.world.relay.faults.refuseRpc(500);
      life.call('POST', '/executor/pull', {});
      fired();
      return () => sim.world.relay.faults.refuseRpc(null);
    },
  },
];

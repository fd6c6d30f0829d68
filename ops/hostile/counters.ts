// Whether the engine counted everything that was sent to it: what the proxies sent, by source, against the counters of /state.

import type { EngineState } from '../../contracts/control/engine-state.ts';
import type { Trading } from '../faults/trading.ts';
import type { SocketFrame } from '../proxy/socket-proxy.ts';

/** Read before and after what the engine counted, which on a busy machine takes a while: the true number lies in between. */
type Sent = { readonly least: number; readonly most: number };

/** Since the start of each. */
export type Counts = {
  readonly relay: {
    readonly sent: Sent;
    readonly received: number;
    /** Sum of the kinds that the frames were counted as. */
    readonly byKind: number;
  };
  readonly kraken: {
    readonly sent: Sent;
    readonly received: number;
    readonly malformed: number;
  };
  readonly rpc: AnswerCount;
  readonly coingecko: AnswerCount;
};
type AnswerCount = { readonly sent: Sent; readonly requests: number; readonly failed: number };

/** Hostile frames and answers that were sent. */
export type HostileCounts = {
  relay: number;
  kraken: number;
  /** Those of Kraken that are no JSON. */
  krakenUnreadable: number;
  /** An RPC answer that cannot be read. */
  rpc: number;
  coingecko: number;
};

/** On their way, or counted on one side only, when the counters are read. */
const IN_FLIGHT_MAX = 5;

export async function countsOf({ proxies, engine }: Trading): Promise<Counts> {
  const sentNow = () => ({
    relay: proxies.relay.sent(),
    kraken: proxies.kraken.sent(),
    rpc: proxies.rpc.answered(),
    coingecko: proxies.coingecko.answered(),
  });
  const least = sentNow();
  const state = await engine.monitor.read();
  const most = sentNow();
  if (state === null) throw new Error('the engine does not show its state');
  const sentBy = (source: keyof Counts): Sent => ({ least: least[source], most: most[source] });
  const { rpc, feed, poll } = detailsIn(state);
  return {
    relay: {
      sent: sentBy('relay'),
      received: state.ingest.frames.received,
      byKind: byKind(state),
    },
    kraken: {
      sent: sentBy('kraken'),
      received: feed['frames_received'] ?? 0,
      malformed: feed['malformed_frames'] ?? 0,
    },
    rpc: {
      sent: sentBy('rpc'),
      requests: sum(rpc.endpoints.map(({ requests }) => requests)),
      failed: sum(rpc.endpoints.map(({ failures }) => failures)),
    },
    coingecko: { sent: sentBy('coingecko'), requests: poll['requests'] ?? 0, failed: poll['failures'] ?? 0 },
  };
}

/** What was sent and is not counted; empty when all is. */
export function uncounted(before: Counts, after: Counts, hostile: HostileCounts): readonly string[] {
  const { relay, kraken } = after;
  const relaySent = sentBetween(before.relay.sent, relay.sent);
  const relayReceived = relay.received - before.relay.received;
  const relayByKind = relay.byKind - before.relay.byKind;
  const krakenSent = sentBetween(before.kraken.sent, kraken.sent);
  const krakenReceived = kraken.received - before.kraken.received;
  const malformed = kraken.malformed - before.kraken.malformed;
  const faults: readonly [boolean, string][] = [
    [isNear(relayReceived, relaySent), `relay: ${wordsOf(relaySent)} sent, ${relayReceived} received`],
    [isNear(relayByKind, relaySent), `relay: ${wordsOf(relaySent)} sent, ${relayByKind} counted by kind`],
    [isNear(krakenReceived, krakenSent), `kraken: ${wordsOf(krakenSent)} sent, ${krakenReceived} received`],
    [
      malformed >= hostile.krakenUnreadable - IN_FLIGHT_MAX,
      `kraken: ${hostile.krakenUnreadable} frames are no JSON, ${malformed} counted as malformed`,
    ],
    ...(['rpc', 'coingecko'] as const).flatMap((source): [boolean, string][] => {
      const answers = sentBetween(before[source].sent, after[source].sent);
      const requests = after[source].requests - before[source].requests;
      const failed = after[source].failed - before[source].failed;
      return [
        // A request that was given up gets no answer.
        [
          requests >= answers.least - IN_FLIGHT_MAX,
          `${source}: ${wordsOf(answers)} answers sent, ${requests} requests counted`,
        ],
        [
          failed >= hostile[source] - IN_FLIGHT_MAX,
          `${source}: ${hostile[source]} hostile answers, ${failed} failures`,
        ],
      ];
    }),
  ];
  return faults.filter(([holds]) => !holds).map(([, what]) => what);
}

const sentBetween = (before: Sent, after: Sent): Sent => ({
  least: after.least - before.most,
  most: after.most - before.least,
});

const isNear = (count: number, { least, most }: Sent): boolean =>
  count >= least - IN_FLIGHT_MAX && count <= most + IN_FLIGHT_MAX;

const wordsOf = ({ least, most }: Sent): string => (least === most ? `${most}` : `${least} to ${most}`);

/** A frame that cannot be read as one JSON value. */
export function isUnreadable(frame: SocketFrame): boolean {
  return jsonOf(frame) === undefined;
}

function jsonOf(frame: SocketFrame): unknown {
  try {
    return JSON.parse(typeof frame === 'string' ? frame : new TextDecoder().decode(frame));
  } catch {
    return undefined;
  }
}

type Numbers = Readonly<Record<string, number>>;
type RpcCounters = { readonly endpoints: readonly { readonly requests: number; readonly failures: number }[] };

/** The detailed counters of /state, which its type leaves open. */
function detailsIn(state: EngineState): { readonly rpc: RpcCounters; readonly feed: Numbers; readonly poll: Numbers } {
  const reference = state.reference as unknown as { readonly kraken_feed: Numbers; readonly coingecko_poll: Numbers };
  const { rpc } = state.inventory.poll as unknown as { readonly rpc: RpcCounters };
  return { rpc, feed: reference.kraken_feed, poll: reference.coingecko_poll };
}

function byKind({ ingest }: EngineState): number {
  const { received: _, ...kinds } = ingest.frames;
  return sum(Object.values(kinds));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

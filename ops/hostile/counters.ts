// Whether the engine counted everything that was sent to it: what the proxies sent, by source, against the counters of /state.

import type { EngineState } from '../../contracts/control/engine-state.ts';
import type { Trading } from '../faults/trading.ts';
import type { SocketFrame } from '../proxy/socket-proxy.ts';

/** Since the start of each. */
export type Counts = {
  readonly relay: {
    readonly sent: number;
    readonly received: number;
    /** Sum of the kinds that the frames were counted as. */
    readonly byKind: number;
  };
  readonly kraken: {
    readonly sent: number;
    readonly received: number;
    readonly malformed: number;
  };
  readonly rpc: AnswerCount;
  readonly coingecko: AnswerCount;
};
type AnswerCount = { readonly sent: number; readonly requests: number; readonly failed: number };

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
  const sent = {
    relay: proxies.relay.sent(),
    kraken: proxies.kraken.sent(),
    rpc: proxies.rpc.answered(),
    coingecko: proxies.coingecko.answered(),
  };
  const state = await engine.monitor.read();
  if (state === null) throw new Error('the engine does not show its state');
  const { rpc, feed, poll } = detailsIn(state);
  return {
    relay: {
      sent: sent.relay,
      received: state.ingest.frames.received,
      byKind: byKind(state),
    },
    kraken: { sent: sent.kraken, received: feed['frames_received'] ?? 0, malformed: feed['malformed_frames'] ?? 0 },
    rpc: {
      sent: sent.rpc,
      requests: sum(rpc.endpoints.map(({ requests }) => requests)),
      failed: sum(rpc.endpoints.map(({ failures }) => failures)),
    },
    coingecko: { sent: sent.coingecko, requests: poll['requests'] ?? 0, failed: poll['failures'] ?? 0 },
  };
}

/** What was sent and is not counted; empty when all is. */
export function uncounted(before: Counts, after: Counts, hostile: HostileCounts): readonly string[] {
  const { relay, kraken } = after;
  const relaySent = relay.sent - before.relay.sent;
  const relayByKind = relay.byKind - before.relay.byKind;
  const krakenSent = kraken.sent - before.kraken.sent;
  const krakenReceived = kraken.received - before.kraken.received;
  const malformed = kraken.malformed - before.kraken.malformed;
  const faults: readonly [boolean, string][] = [
    [isNear(relaySent, relay.received - before.relay.received), `relay: ${relaySent} sent, not as many received`],
    [isNear(relayByKind, relaySent), `relay: ${relaySent} sent, ${relayByKind} counted by kind`],
    [isNear(krakenSent, krakenReceived), `kraken: ${krakenSent} sent, ${krakenReceived} received`],
    [
      malformed >= hostile.krakenUnreadable - IN_FLIGHT_MAX,
      `kraken: ${hostile.krakenUnreadable} frames are no JSON, ${malformed} counted as malformed`,
    ],
    ...(['rpc', 'coingecko'] as const).flatMap((source): [boolean, string][] => {
      const answers = after[source].sent - before[source].sent;
      const requests = after[source].requests - before[source].requests;
      const failed = after[source].failed - before[source].failed;
      return [
        // A request that was given up gets no answer.
        [requests >= answers - IN_FLIGHT_MAX, `${source}: ${answers} answers sent, ${requests} requests counted`],
        [
          failed >= hostile[source] - IN_FLIGHT_MAX,
          `${source}: ${hostile[source]} hostile answers, ${failed} failures`,
        ],
      ];
    }),
  ];
  return faults.filter(([holds]) => !holds).map(([, what]) => what);
}

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= IN_FLIGHT_MAX;

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

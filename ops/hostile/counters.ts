// What was sent to the engine, by source, and what the engine counted of it, each since the start.

import type { EngineState } from '../../contracts/control/engine-state.ts';
import type { Trading } from '../faults/trading.ts';

export type SourceCount = { readonly sent: number; readonly counted: number };
export type AnswerCount = SourceCount & { readonly failed: number };
export type SourceCounts = {
  /** `kinds`: what the frames were counted as. */
  readonly relay: SourceCount & { readonly kinds: number };
  readonly kraken: SourceCount;
  readonly rpc: AnswerCount;
  readonly coingecko: AnswerCount;
};

/** Sums of what the engine shows: every frame and every request is in one of its counters. */
export async function countersOf(trading: Trading): Promise<SourceCounts> {
  const { world, proxies, monitor } = trading;
  const sent = {
    relay: proxies.relay.sent(),
    kraken: proxies.kraken.sent(),
    rpc: proxies.rpc.answered(),
    coingecko: proxies.coingecko.answered(),
  };
  const state = await monitor.read();
  if (state === null) throw new Error('the engine does not show its state');
  const { rpc, feed, poll } = countersIn(state);
  return {
    relay: {
      sent: sent.relay,
      counted: state.ingest.frames.received,
      kinds: kindsOf(state, world.relay.counts().answers),
    },
    kraken: { sent: sent.kraken, counted: feed['frames_received'] ?? Number.NaN },
    rpc: {
      sent: sent.rpc,
      counted: sum(rpc.endpoints.map(({ requests }) => requests)),
      failed: sum(rpc.endpoints.map(({ failures }) => failures)),
    },
    coingecko: { sent: sent.coingecko, counted: poll['requests'] ?? 0, failed: poll['failures'] ?? Number.NaN },
  };
}

type Numbers = Readonly<Record<string, number>>;
type RpcCounters = { readonly endpoints: readonly { readonly requests: number; readonly failures: number }[] };

/** The detailed counters of /state, which its type leaves open. */
function countersIn(state: EngineState): { readonly rpc: RpcCounters; readonly feed: Numbers; readonly poll: Numbers } {
  const reference = state.reference as unknown as { readonly kraken_feed: Numbers; readonly coingecko_poll: Numbers };
  const { rpc } = state.inventory.poll as unknown as { readonly rpc: RpcCounters };
  return { rpc, feed: reference.kraken_feed, poll: reference.coingecko_poll };
}

/** Every frame is of one kind, or the reply to an answer. */
function kindsOf({ ingest }: EngineState, replies: number): number {
  const { received: _, ...kinds } = ingest.frames;
  return sum(Object.values(kinds)) + replies;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

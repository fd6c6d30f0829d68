// The engine's own client of the relay for a short time: what it comes to, and what it hears.

import { KNOWN_ASSETS } from '../../../contracts/assets.ts';
import { parseFrame } from '../../../engine/ingest/frame.ts';
import { createRelaySocket } from '../../../engine/ingest/relay/relay-socket.ts';
import type { Context } from '../context.ts';
import type { HeardRequests, RelayOutcome } from '../judge/venue.ts';
import { MACHINE_RANDOM, QUIET_LOG, until } from './world.ts';

export type RelayClient = {
  /** Connects and subscribes, or finds out why not. */
  connect(limitMs: number): Promise<RelayOutcome>;
  /** Listens until a request for a known asset comes, or the time is over. */
  listen(limitMs: number): Promise<HeardRequests>;
  stop(): void;
};

const SYMBOLS = new Map<string, string>(KNOWN_ASSETS.map(({ id, symbol }) => [id, symbol]));

export function createRelayClient({ settings, clock }: Context): RelayClient {
  const { config, pair } = settings;
  let all = 0;
  const byAsset = new Map<string, number>();
  let openedUs: number | null = null;
  const socket = createRelaySocket({
    url: config.relayWsUrl,
    apiKey: config.relayApiKey,
    tokens: [...SYMBOLS.keys()],
    // A queue of its own name would be that of a running engine.
    instanceId: null,
    journal: { lastSeq: 0, durableSeq: 0 },
    clock,
    random: MACHINE_RANDOM,
    log: QUIET_LOG,
    later: (run) => void setImmediate(run),
  });

  /** Counted for both assets, if the request trades BTC against EURe. */
  const count = (assetIn: string, assetOut: string): void => {
    all += 1;
    const symbols = [SYMBOLS.get(assetIn), SYMBOLS.get(assetOut)];
    if (symbols[0] === symbols[1] || symbols.includes(undefined)) return;
    for (const id of [assetIn, assetOut]) byAsset.set(id, (byAsset.get(id) ?? 0) + 1);
  };

  return {
    async connect(limitMs) {
      const beganUs = clock.elapsedUs();
      socket.start({
        onFrame({ text, receivedAtMs }) {
          const frame = parseFrame(text, receivedAtMs, pair);
          if (frame.kind === 'reply') socket.onReply(frame);
          else if (frame.kind === 'quote') count(frame.demand.assetIn, frame.demand.assetOut);
        },
        onConnectionLost: () => {},
      });
      await until(clock, limitMs, () => {
        const { connected, subscribed, refusal, lastError } = socket.state();
        if (connected) openedUs ??= clock.elapsedUs();
        if (refusal !== null) return refusal !== 'key_or_address_refused';
        return subscribed || (!connected && lastError !== null && lastError.kind !== 'closed_by_peer');
      });
      const { connected, subscribed, refusal, lastError } = socket.state();
      return {
        host: new URL(config.relayWsUrl).host,
        connected,
        subscribed,
        connectMs: openedUs === null ? null : (openedUs - beganUs) / 1000,
        refusal,
        trouble: lastError?.detail ?? null,
      };
    },
    async listen(limitMs) {
      const beganUs = clock.elapsedUs();
      await until(clock, limitMs, () => byAsset.size > 0);
      return { all, byAsset, seconds: Math.round((clock.elapsedUs() - beganUs) / 1_000_000) };
    },
    stop: () => socket.stop(),
  };
}

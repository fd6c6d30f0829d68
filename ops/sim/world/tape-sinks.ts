// Where the frames of a tape go in a world: each to the stand-in of its source, as fast as the clients behind it can read.

import type { CoinGeckoSim } from '../coingecko/server.ts';
import type { KrakenSim } from '../kraken/server.ts';
import type { RelaySim } from '../relay/server.ts';
import type { TapeSinks } from '../tape/player.ts';

/** A client that does not answer a ping for so long no longer holds a tape up. */
const FLUSH_LIMIT_MS = 2000;

/** Sinks of a tape, with the back-pressure of the clients behind both sockets. */
export function sinksOf(relay: RelaySim, kraken: KrakenSim, coingecko: CoinGeckoSim): TapeSinks {
  return {
    ask(request, options) {
      relay.ask(request, options);
    },
    sendRaw: (text) => relay.sendRaw(text),
    kraken: (text) => kraken.frame(text),
    coingecko: (text, bodyNowMs) => coingecko.body(text, bodyNowMs),
    async ready() {
      const flushed = Promise.all([relay.flushed(), kraken.flushed()]);
      let timeout: Timer | undefined;
      const limit = new Promise<void>((settle) => {
        timeout = setTimeout(settle, FLUSH_LIMIT_MS);
      });
      await Promise.race([flushed, limit]);
      clearTimeout(timeout);
    },
  };
}

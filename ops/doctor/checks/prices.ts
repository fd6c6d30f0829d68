// Both price sources through the engine's own clients, and how far they are apart.

import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import { createCoinGeckoPoll } from '../../../engine/reference/coingecko/poll.ts';
import { createKrakenFeed } from '../../../engine/reference/kraken/feed.ts';
import { createReference } from '../../../engine/reference/price.ts';
import type { Category } from '../check.ts';
import type { Context } from '../context.ts';
import { judgeBasis, judgeCoinGecko, judgeDivergence, judgeKraken } from '../judge/prices.ts';
import { judgeLatency } from '../judge/reach.ts';
import { MACHINE_RANDOM, until } from './world.ts';

const BOOK_LIMIT_MS = 4500;
const REQUEST_LIMIT_MS = 4000;

export function pricesCategory({ settings, clock }: Context): Category {
  const { config } = settings;
  const reference = createReference(config, clock.elapsedUs());
  let trouble: string | null = null;
  const feed = createKrakenFeed({
    url: config.krakenWsUrl,
    reference,
    maxAgeMs: config.referenceMaxAgeMs,
    clock,
    random: MACHINE_RANDOM,
    onUpdate: () => {},
    onTrouble: (_what, detail) => {
      trouble = detail;
    },
    onVenueTime: () => {},
    onStamp: () => {},
  });
  const poll = createCoinGeckoPoll({
    url: config.coingeckoUrl,
    apiKey: config.coingeckoApiKey,
    ids: { btc: COINGECKO_IDS.btc, eure: config.coingeckoEureId },
    pollMs: config.coingeckoPollMs,
    clock,
    random: MACHINE_RANDOM,
    onAnswer(answer, now) {
      if (answer.ok) reference.coingeckoRead(answer, answer.failure, now);
    },
    timeLimitMs: REQUEST_LIMIT_MS,
  });
  const sources = () => reference.sources();
  return {
    name: 'prices',
    checks: [
      {
        name: 'Kraken',
        fix: 'check KRAKEN_WS_URL.',
        async run() {
          const beganUs = clock.elapsedUs();
          feed.start();
          await until(clock, BOOK_LIMIT_MS, () => sources().kraken.confirmed !== null || trouble !== null);
          const latencyMs = (clock.elapsedUs() - beganUs) / 1000;
          const { kraken } = sources();
          const { host } = new URL(config.krakenWsUrl);
          const line = judgeKraken(kraken, trouble, host);
          return kraken.confirmed === null ? [line] : [line, judgeLatency(host, latencyMs)];
        },
      },
      {
        name: 'CoinGecko',
        fix: 'check COINGECKO_URL.',
        async run() {
          const beganUs = clock.elapsedUs();
          const reason = await poll.refresh();
          const latencyMs = (clock.elapsedUs() - beganUs) / 1000;
          const { host } = new URL(config.coingeckoUrl);
          const line = judgeCoinGecko(sources().coingecko, reason, host);
          return reason === null ? [line, judgeLatency(host, latencyMs)] : [line];
        },
      },
      {
        name: 'divergence',
        fix: 'repair the sources.',
        run: () => [judgeDivergence(sources().kraken, sources().coingecko, config.maxDivergencePctE4)],
      },
      {
        name: 'basis',
        fix: 'check COINGECKO_EURE_ID.',
        run: () => [judgeBasis(sources().coingecko, config.maxBasisDeviationPctE4)],
      },
    ],
    close() {
      feed.stop();
      poll.stop();
    },
  };
}

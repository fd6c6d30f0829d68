// The reference part: both sources kept up, the price for the loop from memory, records when they are due, log lines when the
// status changes, and what the control API shows and switches.

import type { EngineConfig } from '../../contracts/config/engine.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { COINGECKO_IDS } from '../../contracts/wire/coingecko.ts';
import { momentOf } from '../lib/moment.ts';
import type { PriceFact } from '../model/facts.ts';
import type { LogPort, Random } from '../model/ports.ts';
import type { Moment, PriceView } from '../model/values.ts';
import { createCoinGeckoPoll } from './coingecko/poll.ts';
import { createKrakenFeed, type KrakenFeedState } from './kraken/feed.ts';
import { createReference } from './price.ts';
import { Publication } from './publication.ts';
import type { ReferenceHealth, ReferenceState } from './report.ts';
import type { ReferenceConfig } from './select.ts';

export type ReferencePartOptions = {
  readonly config: ReferenceConfig &
    Pick<EngineConfig, 'krakenWsUrl' | 'coingeckoUrl' | 'coingeckoApiKey' | 'coingeckoPollMs' | 'coingeckoEureId'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogPort;
  readonly newEventId: (nowMs: number) => string;
  /** A record of `ref.market_price` is due: to be journalled. */
  readonly onFact: (fact: PriceFact) => void;
  /** The price may have changed: after everything heard, and a few times a second. */
  readonly onUpdate: (price: PriceView, now: Moment) => void;
  /** A time that Kraken stamped, once a second at most: evidence of how right our clock is. */
  readonly onVenueTime: (venueTimeMs: number, readUs: number) => void;
  /** Each of these times, before anything is made of its frame. */
  readonly onStamp: (venueTimeMs: number, read: Moment) => void;
};

export type ReferencePart = {
  start(): void;
  /** Ends both sources for good. */
  stop(): void;
  pause(): void;
  resume(): void;
  /** Asks CoinGecko now; Kraken streams. Resolves to why nothing could be had, else null. */
  refresh(): Promise<string | null>;
  /** For the loop: memory only. */
  current(now: Moment): PriceView;
  /** The process did not run for a while: makes `heardUs` known for the time after it. */
  askDrained(): void;
  /**
   * Monotonic time from which on nothing of the price in use is unread, by the times that the source wrote and by the order
   * of Kraken's frames: after a gap in which the monotonic clock stood still, the times alone would prove too much.
   */
  heardUs(now: Moment): number;
  health(now: Moment): ReferenceHealth;
  state(now: Moment): ReferencePartState;
};

export type ReferencePartState = ReferenceState & {
  readonly kraken_feed: KrakenFeedState;
  readonly coingecko_poll: ReturnType<ReturnType<typeof createCoinGeckoPoll>['state']>;
  readonly records: number;
};

/** How often the status is computed when nothing is heard: prices grow old in silence. */
const TICK_MS = 250;

export function createReferencePart(options: ReferencePartOptions): ReferencePart {
  const { config, clock } = options;
  const reference = createReference(config, clock.elapsedUs());
  const { log, newEventId, onFact } = options;
  const publication = new Publication({ reference, log, newEventId, onFact });
  let paused = false;
  let running = false;
  let stopTicks: () => void = () => {};

  const feed = createKrakenFeed({
    url: config.krakenWsUrl,
    reference,
    maxAgeMs: config.referenceMaxAgeMs,
    clock,
    random: options.random,
    onUpdate: publish,
    onTrouble: (what, detail) => log.warn(what, { detail }),
    onVenueTime: options.onVenueTime,
    onStamp: options.onStamp,
  });
  const poll = createCoinGeckoPoll({
    url: config.coingeckoUrl,
    apiKey: config.coingeckoApiKey,
    ids: { btc: COINGECKO_IDS.btc, eure: config.coingeckoEureId },
    pollMs: config.coingeckoPollMs,
    clock,
    random: options.random,
    onAnswer(answer, now) {
      if (answer.ok) reference.coingeckoRead(answer, answer.failure, now);
      else reference.coingeckoFailed(answer.reason);
      publish();
    },
  });

  /** After everything heard, and a few times a second: log lines and records that are due. */
  function publish(): void {
    if (!running) return;
    const now = momentOf(clock);
    publication.update(now, paused);
    options.onUpdate(reference.current(now), now);
  }

  function startSources(): void {
    feed.start();
    poll.start();
  }

  function stopSources(): void {
    feed.stop();
    poll.stop();
  }

  function setPaused(next: boolean): void {
    if (paused === next) return;
    paused = next;
    reference.setPaused(next);
    if (!running) return;
    if (next) stopSources();
    else startSources();
    publish();
  }

  return {
    start() {
      if (running) return;
      running = true;
      if (!paused) startSources();
      stopTicks = clock.every(TICK_MS, publish);
      publish();
    },
    stop() {
      running = false;
      stopTicks();
      stopSources();
    },
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    refresh: () => poll.refresh(),
    current: (now) => reference.current(now),
    askDrained: () => feed.askDrained(),
    heardUs(now) {
      const { heardAtUs } = reference.current(now);
      return Math.min(heardAtUs, feed.drainedUs() ?? heardAtUs);
    },
    health: (now) => reference.health(now),
    state: (now) => ({
      ...reference.state(now),
      kraken_feed: feed.state(),
      coingecko_poll: poll.state(),
      records: publication.records(),
    }),
  };
}

// The reference part: both sources kept up, the price for the loop from memory, records when they are due, log lines when the
// standing changes, and what the control API shows and switches.

import type { EngineConfig } from '../../contracts/config/engine.ts';
import { COINGECKO_IDS } from '../../contracts/wire/coingecko.ts';
import type { PriceFact } from '../facts.ts';
import type { PriceView } from '../model.ts';
import type { Clock, LogPort, Random } from '../ports.ts';
import { isRecordDue, type Told } from './cadence.ts';
import { createCoinGeckoPoll } from './coingecko-poll.ts';
import { createKrakenFeed, type KrakenFeedState } from './kraken-feed.ts';
import { createReference } from './price.ts';
import type { ReferenceHealth, ReferenceState } from './report.ts';
import { type ReferenceConfig, topOf } from './select.ts';
import { linesOf, type Standing, standingOf, standingText } from './transitions.ts';

export type ReferencePartOptions = {
  readonly config: ReferenceConfig &
    Pick<EngineConfig, 'krakenWsUrl' | 'coingeckoUrl' | 'coingeckoApiKey' | 'coingeckoPollMs' | 'coingeckoEureId'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogPort;
  readonly newEventId: (nowMs: number) => string;
  /** A record of `ref.market_price` is due: to be journalled. */
  readonly onFact: (fact: PriceFact) => void;
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
  current(nowMs: number): PriceView;
  health(nowMs: number): ReferenceHealth;
  state(nowMs: number): ReferencePartState;
};

export type ReferencePartState = ReferenceState & {
  readonly kraken_feed: KrakenFeedState;
  readonly coingecko_poll: ReturnType<ReturnType<typeof createCoinGeckoPoll>['state']>;
  readonly records: number;
};

/** How often the standing is looked at when nothing is heard: prices grow old in silence. */
const TICK_MS = 250;

export function createReferencePart(options: ReferencePartOptions): ReferencePart {
  const { config, clock, log } = options;
  const reference = createReference(config);
  let paused = false;
  let running = false;
  let records = 0;
  let told: Told | null = null;
  let standing: Standing | null = null;
  let stopTicks: () => void = () => {};

  const feed = createKrakenFeed({
    url: config.krakenWsUrl,
    reference,
    clock,
    random: options.random,
    onHeard: look,
    onTrouble: (what, detail) => log.warn(what, { detail }),
  });
  const poll = createCoinGeckoPoll({
    url: config.coingeckoUrl,
    apiKey: config.coingeckoApiKey,
    ids: { btc: COINGECKO_IDS.btc, eure: config.coingeckoEureId },
    pollMs: config.coingeckoPollMs,
    clock,
    random: options.random,
    onAnswer(answer, atMs) {
      if (answer.ok) reference.coingeckoRead(answer, atMs, answer.failure);
      else reference.coingeckoFailed(answer.reason);
      look();
    },
  });

  function record(nowMs: number, now: Told): void {
    const eventId = options.newEventId(nowMs);
    const priceId = `price-${eventId}`;
    const { kraken } = reference.sources();
    const { view } = reference.selection(nowMs);
    const payload = reference.snapshot(nowMs, priceId);
    const observedAtMs = view.source === 'none' ? null : view.source === 'kraken' ? kraken.venueTimeMs : view.asOfMs;
    told = now;
    records += 1;
    reference.published(priceId);
    options.onFact({ kind: 'price', eventId, atMs: nowMs, observedAtMs, payload });
  }

  /** After everything heard, and a few times a second: log lines and records that are due. */
  function look(): void {
    if (!running) return;
    const nowMs = clock.nowMs();
    const selection = reference.selection(nowMs);
    const { kraken, coingecko } = reference.sources();
    const next = standingOf(selection, kraken, coingecko, paused);
    const text = standingText(next);
    if (told?.standing !== text) {
      const explained = reference.snapshot(nowMs, '').problem;
      for (const line of linesOf(standing, next, explained, kraken.lastClose)) log[line.level](line.event, line.fields);
      standing = next;
    }
    const top = topOf(selection.view);
    const values = `${top?.bidE8} ${top?.askE8} ${coingecko.btc?.priceE8} ${coingecko.eure?.priceE8}`;
    const now: Told = { atMs: nowMs, standing: text, values };
    if (isRecordDue(told, now)) record(nowMs, now);
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
    look();
  }

  return {
    start() {
      if (running) return;
      running = true;
      if (!paused) startSources();
      stopTicks = clock.every(TICK_MS, look);
      look();
    },
    stop() {
      running = false;
      stopTicks();
      stopSources();
    },
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    refresh: () => poll.refresh(),
    current: (nowMs) => reference.current(nowMs),
    health: (nowMs) => reference.health(nowMs),
    state: (nowMs) => ({
      ...reference.state(nowMs),
      kraken_feed: feed.state(),
      coingecko_poll: poll.state(),
      records,
    }),
  };
}

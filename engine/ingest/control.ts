// The ingest as operators see it: health, state, pause, and the pair filter.

import type { IngestState, OwnState } from '../../contracts/control/part-state.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import { noted } from '../lib/noted.ts';
import type { ObservedViews } from '../model/observed.ts';
import { DEFAULT_PAIR_FILTER, type PairFilter, type PairFilterSetting } from './pair-filter.ts';
import type { RelaySocket } from './relay-socket.ts';

export type IngestControlOptions = {
  readonly settings: { readonly config: { readonly relayWsUrl: string } };
  readonly relay: Pick<RelaySocket, 'state' | 'changeTokens'>;
  readonly pairFilter: PairFilter;
  readonly switches: { ingestPaused: boolean };
  readonly observer: { readonly view: Pick<ObservedViews, 'ingest'>; quietMs(): number };
  readonly faults: { health(nowUs: number): Pick<PartHealth, 'reasons' | 'notes'> };
  readonly clock: Pick<Clock, 'elapsedUs'>;
};

/** A quiet pair is worth saying after so long; it is no fault. */
const SILENT_PAIR_MS = 300_000;

export function ingestControl(options: IngestControlOptions) {
  const { switches, pairFilter, relay } = options;
  return {
    health: () => ingestHealth(options),
    state: () => ingestState(options),
    startingReasons: ['relay_disconnected', 'relay_not_subscribed'],
    isPaused: () => switches.ingestPaused,
    pause() {
      switches.ingestPaused = true;
    },
    resume() {
      switches.ingestPaused = false;
    },
    pairFilter: {
      setting: () => pairFilter.setting(),
      change(setting: PairFilterSetting) {
        pairFilter.change(setting);
        relay.changeTokens(tokensOf(setting));
      },
    },
    defaultPairFilter: DEFAULT_PAIR_FILTER,
  };
}

/** Tokens that the relay is asked for; null: all. */
const tokensOf = ({ enabled, pairs }: PairFilterSetting): string[] | null =>
  enabled ? [...new Set(pairs.flatMap(({ assetIn, assetOut }) => [assetIn, assetOut]))] : null;

function ingestHealth({ relay, switches, observer, faults, clock }: IngestControlOptions): PartHealth {
  const failing = faults.health(clock.elapsedUs());
  const { connected, subscribed, session } = relay.state();
  return partHealth(
    [
      ...(connected ? (subscribed ? [] : ['relay_not_subscribed']) : ['relay_disconnected']),
      ...session.reasons,
      ...failing.reasons,
    ],
    [
      ...noted({ paused: switches.ingestPaused, pair_silent: observer.quietMs() > SILENT_PAIR_MS }),
      ...session.notes,
      ...failing.notes,
    ],
  );
}

function ingestState(options: IngestControlOptions): OwnState<IngestState> {
  const { relay, observer, pairFilter, settings } = options;
  const state = relay.state();
  const seen = observer.view.ingest();
  const { enabled, pairs } = pairFilter.setting();
  return {
    ...ingestHealth(options),
    paused: options.switches.ingestPaused,
    connection: {
      state: state.subscribed ? 'live' : state.socket.state,
      host: new URL(settings.config.relayWsUrl).host,
      connection_id: state.socket.connectionId,
      since: isoTimeOrNull(state.socket.sinceMs),
      last_frame_at: isoTimeOrNull(state.lastFrameAtMs),
      reconnects: state.reconnects,
      last_close: state.lastError === null ? null : `${state.lastError.kind}: ${state.lastError.detail}`,
      next_retry_at: isoTimeOrNull(state.socket.nextRetryAtMs),
    },
    streams: { quote_age_ms: state.session.quoteAgeMs, quote_status_age_ms: state.session.quoteStatusAgeMs },
    frames: { ...seen.frames, received: state.framesReceived },
    last_quote_at: seen.last_quote_at,
    published: seen.published,
    pair_filter: { enabled, pairs: pairs.map(({ assetIn, assetOut }) => ({ asset_in: assetIn, asset_out: assetOut })) },
  };
}

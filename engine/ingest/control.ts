// The ingest as operators see it: health, state, pause, and the pair filter.

import { assetPaid, assetReceived, DIRECTIONS, type Pair } from '../../contracts/assets.ts';
import { pairFilterBody } from '../../contracts/control/engine.ts';
import type { IngestState, OwnState, RelayRefusal } from '../../contracts/control/part-state.ts';
import type { PairFilterSetting } from '../../contracts/pair-filter.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import { noted } from '../lib/noted.ts';
import type { ObservedViews } from '../model/observed.ts';
import type { OtherIds } from './other-ids.ts';
import { type PairFilter, tokensOf } from './pair-filter.ts';
import type { RelaySocket } from './relay/relay-socket.ts';

export type IngestControlOptions = {
  readonly settings: { readonly config: { readonly relayWsUrl: string }; readonly pair: Pair };
  readonly relay: Pick<RelaySocket, 'state' | 'changeTokens'>;
  readonly pairFilter: PairFilter;
  readonly otherIds: Pick<OtherIds, 'seen'>;
  readonly switches: { ingestPaused: boolean };
  readonly observer: { readonly view: Pick<ObservedViews, 'ingest'>; quietMs(): number; pairAgeMs(): number | null };
  readonly faults: { health(nowUs: number): Pick<PartHealth, 'reasons' | 'notes'> };
  readonly clock: Pick<Clock, 'elapsedUs'>;
};

/** A quiet pair is worth saying after so long; it is no fault. */
const SILENT_PAIR_MS = 300_000;

export function ingestControl(options: IngestControlOptions) {
  const { switches, pairFilter, relay, settings } = options;
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
      change(setting: PairFilterSetting | null) {
        pairFilter.change(setting);
        relay.changeTokens(tokensOf(pairFilter.setting(), settings.pair));
      },
    },
  };
}

/** Each code with the name under which operators find it. */
const REFUSAL_REASONS: Readonly<Record<RelayRefusal, string>> = {
  key_missing: 'relay_key_missing',
  key_refused: 'relay_key_refused',
  address_refused: 'relay_address_refused',
  key_or_address_refused: 'relay_key_or_address_refused',
};

/** After the venue asked for a traded asset under another id, that is worth a note for so long. */
const OTHER_ID_NOTE_US = 3_600_000_000;

/** A direction of the traded pair does not pass: nothing of it is answered. */
const isPairFiltered = (pairFilter: PairFilter, pair: Pair): boolean =>
  !DIRECTIONS.every((direction) => pairFilter.passes(assetReceived(pair, direction).id, assetPaid(pair, direction).id));

function ingestHealth(options: IngestControlOptions): PartHealth {
  const { relay, switches, observer, faults, clock, pairFilter, otherIds, settings } = options;
  const failing = faults.health(clock.elapsedUs());
  const { connected, subscribed, session, refusal, socket, backlog } = relay.state();
  return partHealth(
    [
      ...(connected ? (subscribed ? [] : ['relay_not_subscribed']) : ['relay_disconnected']),
      ...(refusal === null ? [] : [REFUSAL_REASONS[refusal]]),
      ...session.reasons,
      ...failing.reasons,
    ],
    [
      ...noted({
        paused: switches.ingestPaused,
        pair_silent: observer.quietMs() > SILENT_PAIR_MS,
        pair_filtered: isPairFiltered(pairFilter, settings.pair),
        relay_reconnect_storm: socket.storm,
        relay_overloaded: backlog.overloaded,
        asked_under_other_id: otherIds.seen().some(({ lastUs }) => clock.elapsedUs() - lastUs < OTHER_ID_NOTE_US),
      }),
      ...session.notes,
      ...failing.notes,
    ],
  );
}

function ingestState(options: IngestControlOptions): OwnState<IngestState> {
  const { relay, observer, pairFilter, settings } = options;
  const state = relay.state();
  const seen = observer.view.ingest();
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
      refusal: state.refusal,
      storms: state.socket.storms,
    },
    streams: {
      data_age_ms: state.dataAgeMs,
      heartbeat_age_ms: state.heartbeatAgeMs,
      quote_age_ms: state.session.quoteAgeMs,
      quote_status_age_ms: state.session.quoteStatusAgeMs,
      pair_age_ms: observer.pairAgeMs(),
    },
    delivery: { guaranteed: state.session.guaranteed, left_out: state.session.leftOut },
    backlog: { waiting: state.backlog.waiting, shed: state.backlog.shed, overloads: state.backlog.overloads },
    frames: { ...seen.frames, received: state.framesReceived },
    last_quote_at: seen.last_quote_at,
    published: seen.published,
    other_ids: options.otherIds.seen().map(({ asset, requests, lastUs }) => ({
      asset: asset.id,
      symbol: asset.symbol,
      requests,
      last_age_ms: Math.max(0, Math.round((options.clock.elapsedUs() - lastUs) / 1000)),
    })),
    pair_filter: pairFilterBody(pairFilter.setting()),
    pair_filter_from: pairFilter.override() === null ? 'configuration' : 'operator',
  };
}

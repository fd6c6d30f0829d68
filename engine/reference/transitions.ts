// What changed in the status of the reference between two moments, as log lines: one a change, none for a price that only
// moved. Pure.

import type { LogPort } from '../model/ports.ts';
import type { ReferenceHealth } from './report.ts';
import type { Selection } from './select.ts';
import type { CoinGeckoSource, KrakenSource } from './sources.ts';

export type ReferenceStatus = Pick<Selection, 'problem' | 'krakenFault' | 'coingeckoFault' | 'fallbackUsed'> & {
  readonly source: Selection['view']['source'];
  readonly krakenConnected: boolean;
  readonly krakenSystem: KrakenSource['system'];
  readonly coingeckoFailure: CoinGeckoSource['failure'];
  /** Why the part is unhealthy, the problem of the price apart: broken sources, a pause in which the price went stale. */
  readonly unhealthy: readonly string[];
  readonly paused: boolean;
};

export type StatusInputs = {
  readonly selection: Selection;
  readonly kraken: KrakenSource;
  readonly coingecko: CoinGeckoSource;
  readonly health: ReferenceHealth;
  readonly paused: boolean;
};

export type Line = {
  readonly level: 'info' | 'warn';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

export function statusOf({ selection, kraken, coingecko, health, paused }: StatusInputs): ReferenceStatus {
  const { problem, krakenFault, coingeckoFault, fallbackUsed, view } = selection;
  return {
    problem,
    krakenFault,
    coingeckoFault,
    fallbackUsed,
    source: view.source,
    krakenConnected: kraken.connected,
    krakenSystem: kraken.system,
    coingeckoFailure: coingecko.failure,
    unhealthy: health.reasons.filter((reason) => reason !== problem),
    paused,
  };
}

/** Equal texts: equal statuses. */
export const statusText = (status: ReferenceStatus): string => JSON.stringify(status);

export type Explanation = {
  /** The problem of the price with its numbers, as `explain` in report.ts gives it. */
  readonly explained: string | null;
  /** Why Kraken's last connection ended. */
  readonly lastClose: string | null;
};

export function linesOf(
  before: ReferenceStatus | null,
  now: ReferenceStatus,
  { explained, lastClose }: Explanation,
): Line[] {
  const lines: Line[] = [];
  const info: LogPort['info'] = (event, fields) => lines.push({ level: 'info', event, fields: fields ?? {} });
  const warn: LogPort['warn'] = (event, fields) => lines.push({ level: 'warn', event, fields: fields ?? {} });

  if (now.krakenConnected !== (before?.krakenConnected ?? false)) {
    if (now.krakenConnected) info('kraken_connected');
    else warn('kraken_disconnected', { reason: lastClose });
  }
  if (now.krakenSystem !== (before?.krakenSystem ?? null) && now.krakenSystem !== null) {
    const say = now.krakenSystem === 'online' ? info : warn;
    say('kraken_market_status', { market_status: now.krakenSystem });
  }
  if (before !== null && now.krakenFault !== before.krakenFault) {
    if (now.krakenFault === null) info('kraken_usable');
    else if (before.krakenFault === null) warn('kraken_unusable', { fault: now.krakenFault });
  }
  if (before !== null && now.coingeckoFault !== before.coingeckoFault) {
    if (now.coingeckoFault === null) info('coingecko_usable');
    else warn('coingecko_unusable', { fault: now.coingeckoFault });
  }
  if (now.coingeckoFailure !== (before?.coingeckoFailure ?? null)) {
    if (now.coingeckoFailure === null) info('coingecko_recovered');
    else warn('coingecko_failing', { reason: now.coingeckoFailure });
  }
  if (now.fallbackUsed !== (before?.fallbackUsed ?? false)) {
    if (now.fallbackUsed) warn('reference_fallback_began', { fault: now.krakenFault });
    else info('reference_fallback_ended', { source: now.source });
  }
  const unhealthy = now.unhealthy.join();
  if (unhealthy !== (before?.unhealthy.join() ?? '')) {
    if (unhealthy === '') info('reference_sources_recovered');
    else warn('reference_source_broken', { reasons: now.unhealthy });
  }
  if (before !== null && now.problem !== before.problem) {
    if (now.problem === null) info('reference_usable', { source: now.source });
    else {
      // At a start one source answers before the other: the health of the part warns when that lasts.
      const say = before.problem === 'price_missing' ? info : warn;
      say('reference_unusable', { problem: now.problem, detail: explained });
    }
  }
  return lines;
}

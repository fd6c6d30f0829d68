// When the silence of a relay is a fault. A subscription that was acknowledged can still be dead. The relay sends no heartbeat;
// `quote_status` comes for the quotes of all solvers, so its silence, and that of everything, is a fault: subscribe again, then
// connect again, unhealthy until something is heard. A traded pair for which nobody asks is none: its subscription is only
// renewed now and then. Pure; times are monotonic.

import type { Stream } from './subscriptions.ts';

export type SilenceLimits = {
  /** Silence of every stream: after this a note, a renewed subscription, and a new connection with the part unhealthy. */
  readonly noteMs: number;
  readonly renewMs: number;
  readonly limitMs: number;
  /** The same for `quote_status` alone: longer, since it depends on other solvers' trades. */
  readonly statusRenewMs: number;
  readonly statusLimitMs: number;
  /** For `quote` alone, which may be silent by rights: how often its subscription is renewed meanwhile. */
  readonly quoteRenewMs: number;
};

export const SILENCE_LIMITS: SilenceLimits = {
  noteMs: 60_000,
  renewMs: 120_000,
  limitMs: 180_000,
  statusRenewMs: 300_000,
  statusLimitMs: 600_000,
  quoteRenewMs: 300_000,
};

/** A connection on which everything was answered. */
export type LiveConnection = {
  readonly liveUs: number;
  readonly isStatusSubscribed: boolean;
  readonly isFiltered: boolean;
};

export type SilenceVerdict =
  /** Give the connection up. */
  | { readonly kind: 'drop'; readonly detail: string }
  /** Subscribe to these again. */
  | { readonly kind: 'renew'; readonly streams: readonly Stream[] };

type StreamState = {
  /** Over all connections. */
  heardUs: number | null;
  /** On this connection: when the subscription was last acknowledged. */
  ackedUs: number;
  /** On this connection, since it was last heard. */
  renewed: boolean;
  /** The silence went beyond the limit; until it is heard. */
  silent: boolean;
};

const NOTHING_DUE: SilenceVerdict = { kind: 'renew', streams: [] };

export class SilenceWatch {
  readonly #limits: SilenceLimits;
  readonly #streams: Readonly<Record<Stream, StreamState>> = { quote: newStream(), quote_status: newStream() };
  /** The silence of all went beyond the limit; until one is heard. */
  #allSilent = false;

  constructor(limits: SilenceLimits) {
    this.#limits = limits;
  }

  heard(stream: Stream, nowUs: number): void {
    const state = this.#streams[stream];
    state.heardUs = nowUs;
    state.renewed = false;
    state.silent = false;
    this.#allSilent = false;
  }

  acknowledged(stream: Stream, nowUs: number): void {
    this.#streams[stream].ackedUs = nowUs;
  }

  renewed(stream: Stream): void {
    this.#streams[stream].renewed = true;
  }

  closed(): void {
    this.#streams.quote.renewed = false;
    this.#streams.quote_status.renewed = false;
  }

  judge(live: LiveConnection, nowUs: number): SilenceVerdict {
    const limits = this.#limits;
    const all = this.#allSilentMs(live.liveUs, nowUs);
    // Without `quote_status`, quotes of a few tokens are all that can be heard, and for those nobody may be asking.
    if (all >= limits.limitMs && (live.isStatusSubscribed || !live.isFiltered)) {
      this.#allSilent = true;
      return { kind: 'drop', detail: `nothing on any stream for ${limits.limitMs} ms` };
    }
    const { quote, quote_status: status } = this.#streams;
    const statusMs = live.isStatusSubscribed ? this.#silentMs('quote_status', live.liveUs, nowUs) : 0;
    if (statusMs >= limits.statusLimitMs) {
      status.silent = true;
      return { kind: 'drop', detail: `no quote_status of any solver for ${limits.statusLimitMs} ms` };
    }
    const isStatusDue =
      live.isStatusSubscribed && !status.renewed && (all >= limits.renewMs || statusMs >= limits.statusRenewMs);
    const quoteMs = Math.min(this.#silentMs('quote', live.liveUs, nowUs), (nowUs - quote.ackedUs) / 1000);
    const isQuoteDue = quoteMs >= limits.quoteRenewMs || (!quote.renewed && all >= limits.renewMs);
    if (!isStatusDue && !isQuoteDue) return NOTHING_DUE;
    return { kind: 'renew', streams: [...(isStatusDue ? STATUS : []), ...(isQuoteDue ? QUOTE : [])] };
  }

  /** Since the stream was last heard, over all connections; null: never. */
  ageMs(stream: Stream, nowUs: number): number | null {
    const { heardUs } = this.#streams[stream];
    return heardUs === null ? null : Math.max(0, Math.round((nowUs - heardUs) / 1000));
  }

  reasons(): readonly string[] {
    if (this.#allSilent) return ['relay_silent'];
    return this.#streams.quote_status.silent ? ['quote_status_silent'] : [];
  }

  /** @param liveUs null: not live */
  notes(liveUs: number | null, nowUs: number): readonly string[] {
    const all = liveUs === null ? 0 : this.#allSilentMs(liveUs, nowUs);
    return all >= this.#limits.noteMs && !this.#allSilent ? ['relay_quiet'] : [];
  }

  #silentMs(stream: Stream, liveUs: number, nowUs: number): number {
    return (nowUs - Math.max(this.#streams[stream].heardUs ?? 0, liveUs)) / 1000;
  }

  #allSilentMs(liveUs: number, nowUs: number): number {
    return Math.min(this.#silentMs('quote', liveUs, nowUs), this.#silentMs('quote_status', liveUs, nowUs));
  }
}

const QUOTE: readonly Stream[] = ['quote'];
const STATUS: readonly Stream[] = ['quote_status'];

const newStream = (): StreamState => ({ heardUs: null, ackedUs: 0, renewed: false, silent: false });

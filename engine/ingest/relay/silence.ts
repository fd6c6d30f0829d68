// When the silence of a relay is a fault. A subscription that was acknowledged can still be dead. The relay sends no heartbeat;
// `quote_status` comes for the quotes of all solvers, so its silence, and that of everything, is a fault: subscribe again, then
// connect again, unhealthy until something is heard. A connection that replaces one on which events came has less time for its
// first: a subscription that was lost with the old one shows at once. A traded pair for which nobody asks is none: its subscription
// is only renewed now and then. Pure; times are monotonic.

import type { Stream } from './subscriptions.ts';

export type SilenceLimits = {
  /** Silence of every stream: after this a note, a renewed subscription, and a new connection with the part unhealthy. */
  readonly noteMs: number;
  readonly renewMs: number;
  readonly limitMs: number;
  /**
   * For the first event of a connection that replaces one on which events came: when to subscribe again, and when to connect
   * again. Each connection that brought none doubles the latter, up to `limitMs`.
   */
  readonly firstRenewMs: number;
  readonly firstLimitMs: number;
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
  firstRenewMs: 30_000,
  firstLimitMs: 90_000,
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
  /** Connections in a row that were given up for want of a first event. */
  #firstMissed = 0;
  /** An event came on this connection. */
  #isHeardHere = false;

  constructor(limits: SilenceLimits) {
    this.#limits = limits;
  }

  heard(stream: Stream, nowUs: number): void {
    const state = this.#streams[stream];
    state.heardUs = nowUs;
    state.renewed = false;
    state.silent = false;
    this.#allSilent = false;
    this.#firstMissed = 0;
    this.#isHeardHere = true;
  }

  acknowledged(stream: Stream, nowUs: number): void {
    this.#streams[stream].ackedUs = nowUs;
  }

  renewed(stream: Stream): void {
    this.#streams[stream].renewed = true;
  }

  /** The relay refuses the subscription to `quote_status`: an earlier silence says nothing of what is left to hear. */
  statusRefused(): void {
    this.#streams.quote_status.silent = false;
    this.#allSilent = false;
  }

  closed(): void {
    this.#streams.quote.renewed = false;
    this.#streams.quote_status.renewed = false;
    this.#isHeardHere = false;
  }

  judge(live: LiveConnection, nowUs: number): SilenceVerdict {
    const limits = this.#limits;
    const all = this.#allSilentMs(live.liveUs, nowUs);
    // Without `quote_status`, quotes of a few tokens are all that can be heard, and for those nobody may be asking.
    const isTelling = live.isStatusSubscribed || !live.isFiltered;
    if (all >= limits.limitMs && isTelling) {
      this.#allSilent = true;
      return { kind: 'drop', detail: `nothing on any stream for ${limits.limitMs} ms` };
    }
    const isFirstDue = this.#isFirstDue();
    const firstLimitMs = limits.firstLimitMs * 2 ** this.#firstMissed;
    if (isFirstDue && all >= firstLimitMs && isTelling) {
      this.#firstMissed++;
      return { kind: 'drop', detail: `no first event within ${firstLimitMs} ms of the subscription` };
    }
    const allRenewMs = isFirstDue ? limits.firstRenewMs : limits.renewMs;
    const { quote, quote_status: status } = this.#streams;
    const statusMs = live.isStatusSubscribed ? this.#silentMs('quote_status', live.liveUs, nowUs) : 0;
    if (statusMs >= limits.statusLimitMs) {
      status.silent = true;
      return { kind: 'drop', detail: `no quote_status of any solver for ${limits.statusLimitMs} ms` };
    }
    const isStatusDue =
      live.isStatusSubscribed && !status.renewed && (all >= allRenewMs || statusMs >= limits.statusRenewMs);
    const quoteMs = Math.min(this.#silentMs('quote', live.liveUs, nowUs), (nowUs - quote.ackedUs) / 1000);
    const isQuoteDue = quoteMs >= limits.quoteRenewMs || (!quote.renewed && all >= allRenewMs);
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

  /** Events came on an earlier connection, and none on this one. */
  #isFirstDue(): boolean {
    const { quote, quote_status: status } = this.#streams;
    return !this.#isHeardHere && (quote.heardUs !== null || status.heardUs !== null);
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

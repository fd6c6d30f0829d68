// Troubles of the connection to Kraken for the log: each is reported once until it is over, an error that Kraken sent once
// until it sends another. Pure but for the report.

export type KrakenTrouble =
  | 'kraken_error'
  | 'kraken_book_lost'
  | 'kraken_frame_malformed'
  | 'kraken_time_ahead'
  | 'kraken_book_late'
  | 'kraken_status_missing';

export class KrakenTroubles {
  readonly #report: (what: KrakenTrouble, detail: string) => void;
  /** Reported and not over: as many as there are kinds at most. */
  readonly #lasting = new Set<KrakenTrouble>();
  #lastError: string | null = null;

  constructor(report: (what: KrakenTrouble, detail: string) => void) {
    this.#report = report;
  }

  began(what: KrakenTrouble, detail: string): void {
    if (!this.#lasting.has(what)) this.#report(what, detail);
    this.#lasting.add(what);
  }

  over(what: KrakenTrouble): void {
    this.#lasting.delete(what);
  }

  /** Kraken sent an error. */
  error(error: string): void {
    if (error !== this.#lastError) this.#report('kraken_error', error);
    this.#lastError = error;
  }

  lastError(): string | null {
    return this.#lastError;
  }
}

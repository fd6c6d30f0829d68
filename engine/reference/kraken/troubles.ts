// Troubles of the connection to Kraken for the log: each is reported once until it is over. Errors that Kraken sends have no end
// that it would announce: they are over when none has come for a while, and until then each text is reported once, however they
// take turns. Pure but for the report; times are monotonic.

/** Without an error for so long, the errors before it are over. */
export const ERRORS_OVER_MS = 60_000;
/** Different texts that are reported until then; a text that names something new each time is one matter, not many. */
export const ERROR_TEXTS_MAX = 8;

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
  #lastErrorUs = 0;
  /** Reported since the errors began. */
  readonly #errorTexts = new Set<string>();

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
  error(error: string, nowUs: number): void {
    if (nowUs - this.#lastErrorUs >= ERRORS_OVER_MS * 1000) this.#errorTexts.clear();
    this.#lastError = error;
    this.#lastErrorUs = nowUs;
    if (this.#errorTexts.has(error) || this.#errorTexts.size >= ERROR_TEXTS_MAX) return;
    this.#errorTexts.add(error);
    this.#report('kraken_error', error);
  }

  lastError(): string | null {
    return this.#lastError;
  }
}

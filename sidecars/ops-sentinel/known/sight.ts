// Whether what is known is of now: a sentinel that cannot read, or is far behind, would take its own blindness for the silence of all
// others. Pure; monotonic time.

/** The processes report every five seconds, this one among them: for as long nothing comes only when nothing can be read. */
const BLIND_AFTER_MS = 15_000;

export class Sight {
  #recordUs: number | null = null;
  #atEndUs: number | null = null;
  #sinceUs: number;

  constructor(nowUs: number) {
    this.#sinceUs = nowUs;
  }

  /** A record was read, of any topic. */
  read(nowUs: number): void {
    this.#recordUs = nowUs;
  }

  /** Everything that Kafka has was read. */
  atEnd(nowUs: number): void {
    this.#atEndUs = nowUs;
  }

  /** The reader has to begin again. */
  lost(): void {
    this.#atEndUs = null;
  }

  /** For how long nothing has been seen, in ms; null: what is known is of now. */
  blindMs(nowUs: number): number | null {
    const isFresh = (us: number | null): boolean => us !== null && nowUs - us <= BLIND_AFTER_MS * 1000;
    if (isFresh(this.#recordUs) && isFresh(this.#atEndUs)) {
      this.#sinceUs = nowUs;
      return null;
    }
    return Math.ceil((nowUs - this.#sinceUs) / 1000);
  }
}

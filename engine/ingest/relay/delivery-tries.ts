// Whether a connection asks the relay for guaranteed delivery of `quote_status`. It is asked for in the URL and with the subscription,
// and a relay that cannot do it need not say so: it may refuse the connection, close it, or not answer. Then the next connection does
// without, so that there is one at all. The one after that asks again, until it has been in vain several times in a row. Pure.

/** Connections in a row that asked in vain, each followed by one that was taken without: in this run it is not asked for again. */
export const TRIES_MAX = 3;

export class DeliveryTries {
  readonly #isWanted: boolean;
  /** The connection before asked, and was not answered. */
  #isLeftOut = false;
  /** The relay has answered on this connection, whatever it said. */
  #isAnswered = false;
  #inVain = 0;

  constructor(isWanted: boolean) {
    this.#isWanted = isWanted;
  }

  /** Whether this connection, or the next one where there is none, asks. */
  isAsked(): boolean {
    return this.#isWanted && !this.#isLeftOut && this.#inVain < TRIES_MAX;
  }

  answered(): void {
    this.#isAnswered = true;
    this.#inVain = 0;
  }

  /** The connection is gone, or the relay refused to open one. */
  ended(): void {
    this.#isLeftOut = this.isAsked() && !this.#isAnswered;
    this.#isAnswered = false;
  }

  /** Everything else was answered; once a connection. @returns what to report; null: nothing */
  live(): string | null {
    if (!this.#isLeftOut) return null;
    this.#inVain++;
    const next = this.#inVain < TRIES_MAX ? 'the next connection asks again' : 'it is not asked for again in this run';
    return `the relay did not take the connection that asked for it, and this one does not; ${next}`;
  }
}

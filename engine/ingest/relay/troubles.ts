// What goes wrong with the connection to the relay, as it is logged, and why the relay answers 401 or 403 as far as that is known:
// a fault of the configuration, with what an operator can do about it.

import type { RelayRefusal } from '../../../contracts/control/part-state.ts';
import type { KeyRefusal } from '../../lib/socket/refused-upgrade.ts';
import type { SocketTrouble, SocketView } from '../../lib/socket/socket-types.ts';
import type { LogPort } from '../../model/ports.ts';

const FIXES: Readonly<Record<RelayRefusal, string>> = {
  key_missing: 'set RELAY_API_KEY',
  key_refused: 'check RELAY_API_KEY: the venue has withdrawn it, it has expired, or it is another one',
  address_refused: 'ask the venue to let this address in; the key was not looked at',
  key_or_address_refused: 'check RELAY_API_KEY, and whether the relay takes connections from this address',
};

export type RelayTroublesOptions = {
  readonly log: LogPort;
  /** Whether the relay's host refuses this address whatever the key; null: not known. */
  readonly isAddressRefused: () => Promise<boolean | null>;
};

export class RelayTroubles {
  readonly #options: RelayTroublesOptions;
  #refusal: RelayRefusal | null = null;
  #isProbing = false;
  #stormsLogged = 0;

  constructor(options: RelayTroublesOptions) {
    this.#options = options;
  }

  /** null: the newest try was not answered with 401 or 403. */
  refusal(): RelayRefusal | null {
    return this.#refusal;
  }

  connected(): void {
    this.#refusal = null;
  }

  report({ kind, detail, keyRefusal, retryInMs }: SocketTrouble, { failures, storms }: SocketView): void {
    const { log } = this.#options;
    const retry = { failures, retry_in_ms: retryInMs };
    if (storms > this.#stormsLogged) log.warn('relay_reconnect_storm', { storms, ...retry });
    this.#stormsLogged = storms;
    if (keyRefusal === null) {
      this.#refusal = null;
      log.warn('relay_connection_trouble', { kind, detail, ...retry });
    } else log.error('relay_unauthorized', { detail, fix: this.#refused(keyRefusal), ...retry });
  }

  #refused(by: KeyRefusal): string {
    this.#refusal = by === 'unclear' ? 'key_or_address_refused' : by;
    if (by === 'unclear') void this.#probe();
    return FIXES[this.#refusal];
  }

  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const isRefused = await this.#options.isAddressRefused().catch(() => null);
    this.#isProbing = false;
    if (isRefused === null || this.#refusal !== 'key_or_address_refused') return;
    this.#refusal = isRefused ? 'address_refused' : 'key_refused';
    this.#options.log.error(`relay_${this.#refusal}`, { fix: FIXES[this.#refusal] });
  }
}

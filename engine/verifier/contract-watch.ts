// What the verifier itself says of its terms: the salt that new nonces are made with, and its fee. Both are its owner's to change, at
// any time; each change is logged.

import type { Observation } from '../model/observation.ts';
import type { LogPort } from '../model/ports.ts';

type Terms = Pick<Observation, 'salt' | 'feePips'>;

export class ContractWatch {
  readonly #log: LogPort;
  /** As last read; null: not said since the start. */
  #terms: Terms = { salt: null, feePips: null };

  constructor(log: LogPort) {
    this.#log = log;
  }

  /** A snapshot was taken. One that does not say, of a contract that is paused, changes nothing. */
  see({ salt, feePips, block }: Terms & Pick<Observation, 'block'>): void {
    const before = this.#terms;
    this.#terms = { salt: salt ?? before.salt, feePips: feePips ?? before.feePips };
    const after = this.#terms;
    const at = { block_height: block.height };
    if (before.salt !== null && after.salt !== before.salt)
      this.#log.info('verifier_salt_changed', { from: before.salt, to: after.salt, ...at });
    if (before.feePips !== null && after.feePips !== before.feePips)
      this.#log.warn('verifier_fee_changed', { from_pips: before.feePips, to_pips: after.feePips, ...at });
  }
}

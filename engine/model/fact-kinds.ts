// Which kinds of records this version knows. What a later version wrote may be a promise, so it is never passed over.

import type { Fact } from './facts.ts';

const KINDS: Readonly<Record<Fact['kind'], true>> = {
  born: true,
  started: true,
  closed: true,
  heard: true,
  repeat: true,
  transition: true,
  nonce_opened: true,
  ceiling_set: true,
  nonce_draining: true,
  pull_signed: true,
  pull_sent: true,
  nonce_used: true,
  nonce_resolved: true,
  quotes_over: true,
  quotes_due: true,
  nonce_closed: true,
  status_seen: true,
  transaction_seen: true,
  balance: true,
  chain_replaced: true,
  reservation_asked: true,
  reservation_taken: true,
  reservation_released: true,
  price: true,
  inventory: true,
  control: true,
  health: true,
  dead_letter: true,
  checkpoint: true,
  checkpoint_begin: true,
  checkpoint_part: true,
  checkpoint_end: true,
};

/** False for a record of a later version, which says something that this one cannot take into account. */
export const isKnownKind = (kind: string): kind is Fact['kind'] => Object.hasOwn(KINDS, kind);

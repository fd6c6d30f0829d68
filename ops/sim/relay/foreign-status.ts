// A trade of another solver, of which the venue tells every subscriber: a venue that says nothing of the kind for long is a fault.

import type { QuoteStatus } from '../../../contracts/wire/relay.ts';
import { encodeBase58 } from '../verifier/text/base58.ts';

const HASH_BYTES = 32;

const randomHash = (): string => encodeBase58(crypto.getRandomValues(new Uint8Array(HASH_BYTES)));

export const foreignStatus = (): QuoteStatus => ({
  quote_hash: randomHash(),
  intent_hash: randomHash(),
  tx_hash: randomHash(),
});

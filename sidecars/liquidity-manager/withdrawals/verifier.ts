// Whether a payload can still be executed, by the verifier itself: the nonce at a final block, and that block's time.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { createNearClient } from '../../../contracts/runtime/near/client.ts';

export type NonceRead = { readonly isUsed: boolean; readonly blockTimeMs: number };

export type NonceReader = {
  /** null: no endpoint gave a usable answer, or too few that it was not used: with two endpoints or more, two have to agree. */
  read(nonce: string): Promise<NonceRead | null>;
  close(): void;
};

export type NonceReaderOptions = {
  readonly urls: readonly string[];
  readonly contract: string;
  readonly account: string;
  readonly clock: Clock;
};

/** Endpoints that have to say that a nonce was not used: after that an operator may pay the same a second time. */
const AGREEING = 2;

export function createNonceReader({ urls, contract, account, clock }: NonceReaderOptions): NonceReader {
  const client = createNearClient({ urls, contract, clock });
  return {
    async read(nonce) {
      const needed = Math.min(AGREEING, client.endpoints.length);
      const unusedAtMs: number[] = [];
      for (const endpoint of client.endpoints) {
        const block = await endpoint.finalBlock();
        if (!block.ok) continue;
        const { height, timeMs } = block.value;
        const view = await endpoint.call('is_nonce_used', { account_id: account, nonce }, height);
        if (!view.ok || typeof view.value.json !== 'boolean') continue;
        // Nothing is given up for this answer, so that one endpoint is enough for it.
        if (view.value.json) return { isUsed: true, blockTimeMs: timeMs };
        unusedAtMs.push(timeMs);
        if (unusedAtMs.length >= needed) return { isUsed: false, blockTimeMs: Math.min(...unusedAtMs) };
      }
      return null;
    },
    close: () => client.close(),
  };
}

// Whether a payload can still be executed, by the verifier itself: the nonce at a final block, and that block's time.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { createNearClient } from '../../../contracts/runtime/near/client.ts';

export type NonceRead = { readonly isUsed: boolean; readonly blockTimeMs: number };

export type NonceReader = {
  /** null: no endpoint gave a usable answer. */
  read(nonce: string): Promise<NonceRead | null>;
  close(): void;
};

export type NonceReaderOptions = {
  readonly urls: readonly string[];
  readonly contract: string;
  readonly account: string;
  readonly clock: Clock;
};

export function createNonceReader({ urls, contract, account, clock }: NonceReaderOptions): NonceReader {
  const client = createNearClient({ urls, contract, clock });
  return {
    async read(nonce) {
      for (const endpoint of client.endpoints) {
        const block = await endpoint.finalBlock();
        if (!block.ok) continue;
        const { height, timeMs } = block.value;
        const view = await endpoint.call('is_nonce_used', { account_id: account, nonce }, height);
        if (view.ok && typeof view.value.json === 'boolean') return { isUsed: view.value.json, blockTimeMs: timeMs };
      }
      return null;
    },
    close: () => client.close(),
  };
}

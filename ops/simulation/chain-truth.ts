// The chain as the model sees it: what a block holds, and what the next one will.

import type { SimChain } from '../sim/chain/chain.ts';
import { accountOf, hasPublicKey, isValidSalt, type VerifierState } from '../sim/verifier/state.ts';
import type { BlockView, ChainView } from './model/chain-view.ts';

const NS_PER_MS = 1_000_000n;

export function truthOf(chain: SimChain, accountId: string, publicKey: string): ChainView {
  const viewOf = (state: VerifierState, height: number, timestampNs: bigint): BlockView => {
    const account = accountOf(state, accountId);
    return {
      height,
      timeMs: Number(timestampNs / NS_PER_MS),
      balance: (asset) => account.balances.get(asset) ?? 0n,
      isUsed: (nonce) => account.usedNonces.has(Buffer.from(nonce, 'base64').toString('hex')),
      isLocked: () => account.locked,
      hasKey: () => hasPublicKey(account, accountId, publicKey),
      isValidSalt: (salt) => isValidSalt(state, salt),
    };
  };
  return {
    at(height) {
      const block = chain.block(height);
      return block === undefined ? null : viewOf(block.state, block.height, block.timestampNs);
    },
    newest() {
      const block = chain.blockAt('optimistic');
      return viewOf(chain.state(), block.height + 1, block.timestampNs);
    },
  };
}

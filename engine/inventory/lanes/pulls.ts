// The pull of a nonce as the book keeps it: what was signed to use the nonce up, and which transactions carried it. Pure.

import type { PullSignedFact } from '../../model/facts.ts';
import type { NonceEntry, NoncePull } from './lanes.ts';

/** Transactions of one pull that are kept. Each is sent again some seconds after the last, and a nonce's quotes live for minutes. */
const TX_HASHES_MAX = 64;

export const signedPull = ({ cause, detail, intentHash, atMs }: PullSignedFact): NoncePull => ({
  cause,
  detail,
  intentHash,
  atMs,
  txHashes: [],
});

export const withTransaction = (pull: NoncePull, txHash: string): NoncePull => ({
  ...pull,
  txHashes: [...pull.txHashes, txHash].slice(-TX_HASHES_MAX),
});

/** Something under it can still settle, and a pull would end that: one whose salt was invalidated is refused by the verifier. */
export const isPullable = ({ used, live, boundUnits, draining }: NonceEntry): boolean =>
  used === null && draining !== 'salt_invalidated' && (live.size > 0 || boundUnits > 0n);

/** What is known of who used a nonce that moved nothing. */
export type Usage = 'pull_proven' | 'pull_likely' | 'stranger';

export function usageOf({ pull }: NonceEntry, executedHash: string | undefined): Usage {
  if (pull === null) return 'stranger';
  if (executedHash === undefined) return 'pull_likely';
  return executedHash === pull.intentHash ? 'pull_proven' : 'stranger';
}

// The text that is signed: one token_diff in its plainest form (protocols: signed envelope, token_diff). It is built once;
// what was hashed is what travels, byte for byte. Built by template: every hole is of a checked alphabet (account id, asset
// ids, digits, an ISO time), so nothing in it needs escaping.

import type { Units } from '../../contracts/amounts.ts';
import type { AccountId, AssetId } from '../../contracts/ids.ts';
import { isoTime } from '../../contracts/time.ts';

export type TokenDiff = {
  readonly signer: AccountId;
  readonly deadlineAtMs: number;
  readonly assetIn: AssetId;
  /** What we receive: positive in the diff. */
  readonly amountInUnits: Units;
  readonly assetOut: AssetId;
  /** What we pay: negative in the diff. */
  readonly amountOutUnits: Units;
};

export function tokenDiffMessage(diff: TokenDiff): string {
  const { signer, deadlineAtMs, assetIn, amountInUnits, assetOut, amountOutUnits } = diff;
  return `{"signer_id":"${signer}","deadline":"${isoTime(deadlineAtMs)}","intents":[{"intent":"token_diff","diff":{"${assetIn}":"${amountInUnits}","${assetOut}":"-${amountOutUnits}"}}]}`;
}

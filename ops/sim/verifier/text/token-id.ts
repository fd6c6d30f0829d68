// Token ids: `nep141:CONTRACT`, `nep171:CONTRACT:TOKEN`, `nep245:CONTRACT:TOKEN`, `imt:MINTER:TOKEN`. The text is the
// identity. Inside a batch tokens run in the order of kind, contract, token, byte by byte, not in that of their text.
import { accountIdFault } from './account-id.ts';
import { accepted, type Parsed, refused } from './parsed.ts';

const KINDS = ['nep141', 'nep171', 'nep245', 'imt'] as const;
type TokenKind = (typeof KINDS)[number];
export type TokenId = { readonly kind: TokenKind; readonly contractId: string; readonly tokenId: string };

const NO_VARIANT = 'Matching variant not found';

export function splitTokenId(text: string): Parsed<TokenId> {
  const colon = text.indexOf(':');
  const kind = KINDS.find((known) => colon >= 0 && known === text.slice(0, colon));
  if (kind === undefined) return refused(NO_VARIANT);
  const data = text.slice(colon + 1);
  const split = kind === 'nep141' ? data.length : data.indexOf(':');
  if (split < 0) return refused(NO_VARIANT);
  const contractId = data.slice(0, split);
  const fault = accountIdFault(contractId);
  if (fault !== undefined) return refused(`AccountId: ${fault}`);
  return accepted({ kind, contractId, tokenId: data.slice(split + 1) });
}

/** The text itself when it is a token id. */
export function parseTokenId(text: string): Parsed<string> {
  const token = splitTokenId(text);
  return token.ok ? accepted(text) : token;
}

const TEXT = new TextEncoder();

function compareBytes(left: string, right: string): number {
  return Buffer.compare(TEXT.encode(left), TEXT.encode(right));
}

/** Order of two token ids that parsed. */
export function compareTokenIds(left: string, right: string): number {
  const a = splitTokenId(left);
  const b = splitTokenId(right);
  if (!a.ok || !b.ok) return compareBytes(left, right);
  return (
    KINDS.indexOf(a.value.kind) - KINDS.indexOf(b.value.kind) ||
    compareBytes(a.value.contractId, b.value.contractId) ||
    compareBytes(a.value.tokenId, b.value.tokenId)
  );
}

/** NFTs and single units of multi-tokens pay no protocol fee. */
export function paysFee(tokenId: string, amountUnits: bigint): boolean {
  const colon = tokenId.indexOf(':');
  const kind = tokenId.slice(0, colon);
  return kind === 'nep141' || (kind !== 'nep171' && amountUnits > 1n);
}

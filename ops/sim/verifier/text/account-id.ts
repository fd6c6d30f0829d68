// NEAR account ids: 2 to 64 characters, lower-case letters and digits in parts joined by single `-`, `_` or `.`.
import { accepted, type Parsed, refused } from './parsed.ts';
import { quoted } from './shape.ts';

const LENGTH_MIN = 2;
const LENGTH_MAX = 64;
const TEXT = new TextEncoder();

/** Why a text is no account id, in the contract's words, or nothing when it is one. */
export function accountIdFault(text: string): string | undefined {
  const length = TEXT.encode(text).length;
  if (length < LENGTH_MIN) return 'the Account ID is too short';
  if (length > LENGTH_MAX) return 'the Account ID is too long';
  let separated = true;
  let index = 0;
  let last = '';
  for (const char of text) {
    last = char;
    const separator = char === '-' || char === '_' || char === '.';
    if (!separator && !/^[a-z0-9]$/.test(char)) {
      return `the Account ID contains an invalid character ${charText(char)} at index ${index}`;
    }
    if (separator && separated) return `the Account ID has a redundant separator '${char}' at index ${index}`;
    separated = separator;
    index += 1;
  }
  return separated ? `the Account ID has a redundant separator '${last}' at index ${index - 1}` : undefined;
}

function charText(char: string): string {
  if (char === "'") return "'\\''";
  return char === '"' ? `'"'` : `'${quoted(char).slice(1, -1)}'`;
}

/** As the contract reads an account id inside JSON. */
export function parseAccountId(text: string): Parsed<string> {
  const fault = accountIdFault(text);
  return fault === undefined ? accepted(text) : refused(`invalid value: "${text}", ${fault}`);
}

/** Bytes of an ed25519 key that such an account owns without registration, when the id is one of those. */
export function implicitKeyHex(accountId: string): string | undefined {
  return /^[0-9a-f]{64}$/.test(accountId) ? accountId : undefined;
}

// Standard base64 as the contract reads it: padding may be left out, the URL alphabet and stray bits are refused.
// Refusals in the wording of the contract's library.
import { accepted, type Parsed, refused } from './parsed.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 0x3d;
const VALUE_OF = new Int8Array(256).fill(-1);
for (let i = 0; i < ALPHABET.length; i += 1) VALUE_OF[ALPHABET.charCodeAt(i)] = i;

const TEXT = new TextEncoder();

function badSymbol(bytes: Uint8Array, offset: number): { readonly ok: false; readonly reason: string } {
  return refused(`Invalid symbol ${bytes[offset]}, offset ${offset}.`);
}

export function decodeBase64(text: string): Parsed<Uint8Array> {
  const input = TEXT.encode(text);
  const last = input.length - 1;
  if (input.length % 4 === 1 && input[last] !== PAD && VALUE_OF[input[last] ?? 0] === -1) return badSymbol(input, last);
  // The last group, complete or not, is where padding may be.
  const suffixAt = input.length === 0 ? 0 : last - (last % 4);
  for (let i = 0; i < suffixAt; i += 1) {
    if (VALUE_OF[input[i] ?? 0] === -1) return badSymbol(input, i);
  }
  const symbols = countSuffix(input, suffixAt);
  if (!symbols.ok) return symbols;
  if (input.length > 0 && symbols.value < 2) return refused(`Invalid input length: ${suffixAt + symbols.value}`);
  const end = suffixAt + symbols.value;
  const out = new Uint8Array(Math.floor((end * 6) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < end; i += 1) {
    bits = ((bits << 6) | (VALUE_OF[input[i] ?? 0] ?? 0)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[at] = (bits >> held) & 0xff;
      at += 1;
    }
  }
  if ((bits & ((1 << held) - 1)) !== 0) return refused(`Invalid last symbol ${input[end - 1]}, offset ${end - 1}.`);
  return accepted(out);
}

/** Symbols in the last group before its padding. */
function countSuffix(input: Uint8Array, suffixAt: number): Parsed<number> {
  let symbols = 0;
  let padAt = -1;
  for (let i = suffixAt; i < input.length; i += 1) {
    if (input[i] === PAD) {
      if (i - suffixAt < 2) return badSymbol(input, i);
      if (padAt === -1) padAt = i;
      continue;
    }
    if (padAt !== -1) return badSymbol(input, padAt);
    if (VALUE_OF[input[i] ?? 0] === -1) return badSymbol(input, i);
    symbols += 1;
  }
  return accepted(symbols);
}

/** Exactly 32 bytes. */
export function decodeBase64Of32(text: string): Parsed<Uint8Array> {
  const bytes = decodeBase64(text);
  if (!bytes.ok || bytes.value.length === 32) return bytes;
  return refused(`Can't convert a Byte Vector of length ${bytes.value.length} to the output type.`);
}

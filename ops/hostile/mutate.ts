// Makes hostile frames out of captured ones. Pure: what comes out follows from the capture and the generator alone.

import type { SocketFrame } from '../proxy/socket-proxy.ts';
import type { Prng } from '../sim/tape/prng.ts';

export const MUTATIONS = [
  'bits_flipped',
  'cut',
  'nested_deep',
  'number_huge',
  'type_wrong',
  'number_as_text',
  'repeated',
  'binary',
  'frame_huge',
  'fields_unknown',
  'unicode_odd',
  'time_odd',
  'id_as_text',
  'garbage',
] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** Of a frame that is only big; those beyond what a parser takes are much larger. */
const HUGE_CHARS_MAX = 600_000;
const DEPTH_MAX = 50_000;

const NUMBERS = /-?\d+(?:\.\d+)?/g;
const VALUES = /:\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)/g;
const TIME_VALUES = /("(?:[a-z_]*time[a-z_]*|last_updated_at|deadline|time_in|time_out)":)("[^"]*"|-?\d+(?:\.\d+)?)/g;
const IDS = /("(?:id|req_id|quote_id|subscription)":)(-?\d+|"[^"]*")/g;

const WRONG_VALUES = [
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '-1',
  '0',
  '[[1]]',
  '{"a":{}}',
  '1e309',
  '"NaN"',
  'NaN',
  'Infinity',
];
const HUGE_NUMBERS = [
  '9'.repeat(400),
  `-${'9'.repeat(40)}`,
  '1e400',
  '1e-400',
  '0.'.concat('3'.repeat(2000)),
  '170141183460469231731687303715884105728',
];
const NUMBER_TEXTS = [
  '"NaN"',
  '"Infinity"',
  '"-0"',
  '"1e9"',
  '"0x10"',
  '" 12"',
  '"1_000"',
  '"12.5.5"',
  '"\u0661\u0662"',
];
const TIMES = [
  '-1',
  '0',
  '0.5',
  '1e300',
  '9007199254740993',
  '"never"',
  '"+275760-09-13T00:00:00.001Z"',
  '"1969-12-31T23:59:59Z"',
  '"2026-13-45T99:99:99Z"',
  'null',
  '[]',
];
const ODD_TEXTS = [
  '\\ud800',
  '\\udc00\\ud800',
  '\\u0000',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\\u00e9\u0301',
  '\u{1f9ff}',
  '__proto__',
  'constructor',
];
const GARBAGE = [
  '',
  ' ',
  'null',
  '[]',
  '{}',
  '{',
  '"text"',
  '42',
  '\u0000',
  '{"jsonrpc":"2.0"}',
  '{"channel":"book"}',
  '{"error":null,"result":null}',
  '<html>bad gateway</html>',
  '[{"a":1},',
  '{"a":1}{"b":2}',
  '{"data":"\\u12"}',
  '{"__proto__":{"x":1},"channel":"ticker"}',
];

/** Frames in place of the captured one; empty text in a capture gives garbage. */
export function mutate(kind: Mutation, text: string, prng: Prng): readonly SocketFrame[] {
  switch (kind) {
    case 'bits_flipped':
      return [flipped(text, prng)];
    case 'cut':
      return [text.slice(0, prng.below(text.length + 1))];
    case 'nested_deep':
      return [nested(text, prng)];
    case 'number_huge':
      return [replacedOne(text, NUMBERS, () => pickOf(HUGE_NUMBERS, prng), prng)];
    case 'type_wrong':
      return [replacedOne(text, VALUES, () => `:${pickOf(WRONG_VALUES, prng)}`, prng)];
    case 'number_as_text':
      return [replacedOne(text, NUMBERS, () => pickOf(NUMBER_TEXTS, prng), prng)];
    case 'repeated':
      return Array.from({ length: prng.between(2, 4) }, () => text);
    case 'binary':
      return [prng.chance(1, 2) ? bytesOf(text) : randomBytes(prng)];
    case 'frame_huge':
      return [`${text.slice(0, -1)},"pad":"${'x'.repeat(prng.below(HUGE_CHARS_MAX))}"}`];
    case 'fields_unknown':
      return [
        text.replace(/^\{/, `{"${pickOf(ODD_TEXTS, prng)}":{"deep":[1,{"x":null}]},"__proto__":{"channel":"x"},`),
      ];
    case 'unicode_odd':
      return [replacedOne(text, VALUES, (whole) => whole.replace(/"$/, `${pickOf(ODD_TEXTS, prng)}"`), prng)];
    case 'time_odd':
      return [replacedOne(text, TIME_VALUES, (_, name) => `${name}${pickOf(TIMES, prng)}`, prng)];
    case 'id_as_text':
      return [
        replacedOne(text, IDS, (_, name, value) => `${name}${value.startsWith('"') ? '7.5' : `"${value}"`}`, prng),
      ];
    case 'garbage':
      return [pickOf(GARBAGE, prng)];
  }
}

const pickOf = (items: readonly string[], prng: Prng): string => items[prng.below(items.length)] ?? '';

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function randomBytes(prng: Prng): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: prng.below(2000) }, () => prng.below(256));
}

/** What is no UTF-8 afterwards reads as a replacement character: a text frame can hold nothing else. */
function flipped(text: string, prng: Prng): string {
  const bytes = bytesOf(text);
  if (bytes.length === 0) return '\u0001';
  for (let left = prng.between(1, 8); left > 0; left -= 1) {
    const at = prng.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.below(8));
  }
  return new TextDecoder().decode(bytes);
}

function nested(text: string, prng: Prng): string {
  const depth = prng.between(50, DEPTH_MAX);
  const [open, close] = prng.chance(1, 2) ? ['[', ']'] : ['{"a":', '}'];
  const deep = `${open.repeat(depth)}1${prng.chance(3, 4) ? close.repeat(depth) : ''}`;
  return replacedOne(text, VALUES, () => `:${deep}`, prng);
}

/** One of the places that the pattern finds, by chance; the text as it is when there is none. */
function replacedOne(
  text: string,
  pattern: RegExp,
  by: (whole: string, first: string, second: string) => string,
  prng: Prng,
): string {
  const found = [...text.matchAll(pattern)];
  const chosen = found[prng.below(Math.max(1, found.length))];
  if (chosen === undefined) return text;
  const [whole, first = '', second = ''] = chosen;
  return `${text.slice(0, chosen.index)}${by(whole, first, second)}${text.slice(chosen.index + whole.length)}`;
}

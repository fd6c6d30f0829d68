// Reads JSON that came from outside, in bounded time and depth: the text is scanned once, before `JSON.parse` sees it, for its length, its
// depth and its number of values. Without the depth bound a text of a few kilobytes makes every later recursion (a
// reviver, `JSON.stringify`, a schema check) overflow the stack. All code of the processes reads outside text through this.

export type JsonBounds = {
  readonly charsMax: number;
  /** Objects and arrays inside each other; the outermost counts as 1. */
  readonly depthMax: number;
  /** Members and items, containers included: what the time of parsing and walking grows with. */
  readonly valuesMax: number;
};

export type JsonRead =
  | { readonly ok: true; readonly value: unknown }
  /** `detail` is English for people and quotes nothing of the text. */
  | { readonly ok: false; readonly reason: 'not_json' | 'too_large'; readonly detail: string };

export type JsonReviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Enough for a file or a variable that people write. */
export const SMALL_JSON: JsonBounds = { charsMax: 65_536, depthMax: 32, valuesMax: 4_096 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Total: any text gives a value or a reason. The value is nested at most `depthMax` deep. */
export function readJson(text: string, bounds: JsonBounds, reviver?: JsonReviver): JsonRead {
  if (text.length > bounds.charsMax) return tooLarge('characters', bounds.charsMax);
  const exceeded = exceededBound(text, bounds);
  if (exceeded !== null) return exceeded;
  try {
    return { ok: true, value: reviver === undefined ? JSON.parse(text) : JSON.parse(text, reviver) };
  } catch {
    return { ok: false, reason: 'not_json', detail: 'not JSON' };
  }
}

const AFTER_NAME = /[ \t\r\n]*:/y;

/** Whether an object in the text, which has been read as JSON, has a name twice: which of its values counts is up to the reader. */
export function repeatsName(text: string): boolean {
  /** Names of the objects that are open; null: an array. */
  const open: (Set<unknown> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x7b) open.push(new Set());
    else if (char === 0x5b) open.push(null);
    else if (char === 0x7d || char === 0x5d) open.pop();
    if (char !== QUOTE) continue;
    const end = endOfString(text, at);
    const names = open.at(-1) ?? null;
    AFTER_NAME.lastIndex = end + 1;
    if (names !== null && AFTER_NAME.test(text)) {
      // Names that are spelled in two ways are one.
      const name: unknown = JSON.parse(text.slice(at, end + 1));
      if (names.has(name)) return true;
      names.add(name);
    }
    at = end;
  }
  return false;
}

/** What is not JSON may be counted wrongly, but only behind the place where the parser stops. */
function exceededBound(text: string, bounds: JsonBounds): JsonRead | null {
  if (isSmall(text, bounds)) return null;
  const { depthMax, valuesMax } = bounds;
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(text, at);
    } else if (char === COMMA) {
      if (++values > valuesMax) return tooLarge('values', valuesMax);
    } else if (char === 0x7b || char === 0x5b) {
      if (++depth > depthMax) return tooLarge('levels of nesting', depthMax);
      if (++values > valuesMax) return tooLarge('values', valuesMax);
    } else if (char === 0x7d || char === 0x5d) {
      depth--;
    }
  }
  return null;
}

/** Too short for so many values and with too few brackets for such a depth, wherever they are: most texts, at a tenth of the time. */
function isSmall(text: string, { depthMax, valuesMax }: JsonBounds): boolean {
  if (text.length >= valuesMax) return false;
  let opened = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++opened > depthMax) return false;
    }
  }
  return true;
}

/** Index of the closing quotation mark, or the end of the text. */
function endOfString(text: string, openedAt: number): number {
  for (let at = text.indexOf('"', openedAt + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    // After an odd number of them the quotation mark belongs to the string.
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

function tooLarge(what: string, most: number): JsonRead {
  return { ok: false, reason: 'too_large', detail: `more than ${most} ${what}` };
}

// Makes the fields of a log line fit to print: bigints as text, errors as their message, bytes as their count, depth and
// length bounded, secrets taken out by the name of the field and by the form of the text. Never throws.

import { withoutSecrets } from './redact.ts';

const DEPTH_MAX = 5;
const ITEMS_MAX = 50;
const TEXT_CHARS_MAX = 4096;
const NAME_CHARS_MAX = 128;
const STACK_LINES_MAX = 6;
/** Of one line, before its quotes and escapes: whoever collects lines cuts or drops longer ones. What is beyond is left out, and counted. */
const LINE_CHARS_MAX = 64 * 1024;
/** Fields that are written all the same, a few of them: what every line has, and what leads from it to the records. */
const KEPT = /^(?:topic|pair|(?:\w+_)?(?:id|hash|nonce))$/;
const KEPT_MAX = 16;
const KEPT_CHARS_MAX = 256;
/** What a value takes of that at least: a bound on values that refer to themselves in many places. */
const VALUE_CHARS = 8;

/** Field names whose text is a secret whatever it looks like. `public_key`, `execution_key` and the like are none. */
const SECRET_FIELD =
  /(?:private[_-]?key|secret|passw(?:or)?d|authorization|signature|api[_-]?key|credential|seed[_-]?phrase|(?:^|[_-])(?:token|ticket)|Token)$/i;

/** Set by the log itself; a field of the same name would make two of them in one line. */
const RESERVED_FIELDS = ['level', 'time', 'service', 'component', 'event', 'namespace', 'venue'] as const;
export type ReservedField = (typeof RESERVED_FIELDS)[number];
const RESERVED: ReadonlySet<string> = new Set(RESERVED_FIELDS);

/** Names of fields are words of the program, some hundreds; keys from outside may be any, and what is beyond is looked at each time. */
const NAMES_KNOWN_MAX = 1_000;
/** Longer texts are seldom the same again. */
const TEXT_KEPT_CHARS_MAX = 200;

type Name = {
  readonly shown: string;
  /** What a line has before the value of a field of its own. */
  readonly head: string;
  readonly isSecret: boolean;
  /** The latest two texts under the name: topics, codes and their sentences come again and again. */
  latest: ShownText;
  before: ShownText;
};

/** A text and how it is shown; `quoted` is that as JSON, null: not made yet. */
type ShownText = { readonly text: string; readonly shown: string; quoted: string | null };

const NO_TEXT: ShownText = { text: '', shown: '', quoted: '""' };

type Fields = Readonly<Record<string, unknown>>;

/** The members that a line has behind its event, as JSON: topic and pair, which every line has, and then the other fields. */
export type FieldsText = (fields: Fields | undefined) => string;

/** @param secrets taken out wherever they appear @param pair of lines that name none */
export function fieldsText(secrets: readonly string[], pair: string | null): FieldsText {
  const ofNone = { topic: ',"topic":null', pair: `,"pair":${JSON.stringify(pair)}` };
  const cleaner = new Cleaner(secrets, ofNone);
  return (fields) => {
    if (fields === undefined) return ofNone.topic + ofNone.pair;
    try {
      return cleaner.textOf(fields);
    } catch {
      return `${ofNone.topic}${ofNone.pair},"fields":${UNREADABLE_QUOTED}`;
    }
  };
}

const UNREADABLE_QUOTED = '"[unreadable]"';
const LEFT_OUT = '[left out]';
const REDACTED = '[redacted]';
const REDACTED_QUOTED = '"[redacted]"';

type OfNone = { readonly topic: string; readonly pair: string };

class Cleaner {
  readonly #secrets: readonly string[];
  readonly #ofNone: OfNone;
  readonly #names = new Map<string, Name>();
  /** Characters that the line may still take. */
  #left = 0;

  constructor(secrets: readonly string[], ofNone: OfNone) {
    this.#secrets = secrets;
    this.#ofNone = ofNone;
  }

  textOf(fields: Fields): string {
    this.#left = LINE_CHARS_MAX;
    let { topic, pair } = this.#ofNone;
    let others = '';
    let kept = 0;
    let leftOut = 0;
    // The engine keeps the names of objects that are made alike.
    for (const key of Object.keys(fields)) {
      if (this.#left <= 0) {
        if (kept === KEPT_MAX || !KEPT.test(key)) {
          leftOut++;
          continue;
        }
        kept++;
        this.#left = KEPT_CHARS_MAX;
      }
      const name = this.#nameOf(key);
      const json = this.#valueOf(fields, key, name);
      if (key === 'topic') topic = json === undefined ? '' : name.head + json;
      else if (key === 'pair') pair = json === undefined ? '' : name.head + json;
      else if (json !== undefined) others = `${others}${name.head}${json}`;
      if (kept > 0) this.#left = 0;
    }
    return topic + pair + others + (leftOut === 0 ? '' : `,"fields_left_out":${leftOut}`);
  }

  /** As JSON; undefined for a value that JSON has not. */
  #valueOf(fields: Fields, key: string, name: Name): string | undefined {
    try {
      return this.#jsonOf(name, fields[key]);
    } catch {
      // A getter or a proxy of the value threw: the rest of the line is still worth writing.
      return UNREADABLE_QUOTED;
    }
  }

  /** The same as `JSON.stringify` of the value that is shown, without a call for most values. */
  #jsonOf(name: Name, value: unknown): string | undefined {
    if (typeof value === 'string') return this.#quoted(name, value);
    if (typeof value === 'number') {
      this.#left -= VALUE_CHARS;
      return Number.isFinite(value) ? String(value) : 'null';
    }
    if (value === null || typeof value === 'boolean') {
      this.#left -= VALUE_CHARS;
      return String(value);
    }
    const shown = this.#value(name, value, 0);
    return typeof value === 'bigint' ? `"${shown}"` : JSON.stringify(shown);
  }

  #quoted(name: Name, text: string): string {
    this.#left -= VALUE_CHARS;
    if (text === '') return '""';
    if (name.isSecret) return REDACTED_QUOTED;
    const found = this.#shownText(name, text);
    const shown = this.#fitting(found.shown);
    if (shown !== found.shown) return JSON.stringify(shown);
    found.quoted ??= JSON.stringify(shown);
    return found.quoted;
  }

  #nameOf(key: string): Name {
    const found = this.#names.get(key);
    if (found !== undefined) return found;
    const shown = cut(withoutSecrets(key, this.#secrets), NAME_CHARS_MAX);
    const name: Name = {
      shown,
      head: `,${JSON.stringify(RESERVED.has(key) ? `${key}_` : shown)}:`,
      isSecret: SECRET_FIELD.test(key),
      latest: NO_TEXT,
      before: NO_TEXT,
    };
    if (this.#names.size < NAMES_KNOWN_MAX && key.length <= NAME_CHARS_MAX) this.#names.set(key, name);
    return name;
  }

  #value(name: Name, value: unknown, depth: number): unknown {
    this.#left -= VALUE_CHARS;
    switch (typeof value) {
      case 'string':
        return this.#text(name, value);
      case 'bigint':
        return this.#fitting(value.toString());
      case 'function':
      case 'symbol':
        return `[${typeof value}]`;
      case 'object':
        if (value === null) return null;
        return this.#left <= 0 ? LEFT_OUT : this.#object(name, value, depth);
      default:
        return value;
    }
  }

  #text(name: Name, text: string): string {
    if (text === '') return '';
    if (name.isSecret) return REDACTED;
    return this.#fitting(this.#shownText(name, text).shown);
  }

  #fitting(text: string): string {
    const fitting = cut(text, Math.max(0, Math.min(TEXT_CHARS_MAX, this.#left)));
    this.#left -= fitting.length;
    return fitting;
  }

  #shownText(name: Name, text: string): ShownText {
    if (name.latest.text === text) return name.latest;
    if (name.before.text === text) return name.before;
    const found: ShownText = { text, shown: withoutSecrets(text, this.#secrets), quoted: null };
    if (text.length > TEXT_KEPT_CHARS_MAX) return found;
    name.before = name.latest;
    name.latest = found;
    return found;
  }

  #object(name: Name, value: object, depth: number): unknown {
    if (value instanceof Error) return this.#error(value, depth);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (depth >= DEPTH_MAX) return '[deeper]';
    if (Array.isArray(value)) {
      const items = value.slice(0, ITEMS_MAX).map((item: unknown) => this.#value(name, item, depth + 1));
      return value.length > ITEMS_MAX ? [...items, `[${value.length - ITEMS_MAX} more]`] : items;
    }
    const entries =
      value instanceof Map ? [...value.entries()].map(([k, v]) => [String(k), v] as const) : Object.entries(value);
    const cleaned: Record<string, unknown> = {};
    for (const [key, inner] of entries.slice(0, ITEMS_MAX)) {
      const innerName = this.#nameOf(key);
      this.#left -= innerName.shown.length;
      cleaned[innerName.shown] = this.#value(innerName, inner, depth + 1);
    }
    if (entries.length > ITEMS_MAX) cleaned['more'] = entries.length - ITEMS_MAX;
    return cleaned;
  }

  #error(error: Error, depth: number): unknown {
    const part = (key: string, value: unknown): unknown => this.#value(this.#nameOf(key), value, depth + 1);
    const stack = (error.stack ?? '')
      .split('\n')
      .slice(1, 1 + STACK_LINES_MAX)
      .join('\n');
    return {
      name: part('name', error.name),
      ...('code' in error ? { code: part('code', error.code) } : {}),
      message: part('message', error.message),
      stack: part('stack', stack),
      ...(error.cause === undefined || depth >= DEPTH_MAX ? {} : { cause: part('cause', error.cause) }),
    };
  }
}

const cut = (text: string, charsMax: number): string =>
  text.length > charsMax ? `${text.slice(0, charsMax)}... (${text.length} characters)` : text;

// A JSON reader that keeps what `JSON.parse` throws away: duplicate keys, the order of keys, the source text of numbers,
// and, when the text is broken, everything that stood before the break. The contract's reader works as a stream: a field
// of the wrong type is reported before a syntax error further right, so a judge of its verdicts needs the partial tree.
//
// Total: any text gives a tree, a named error, or both. The error texts are those of the contract's JSON library.
// Out of scope: positions in the text (line, column).

/** `partial` marks a value that the text broke off in: its kind is known, its content is not complete. */
export type JsonNode =
  | { readonly kind: 'null'; readonly partial: false }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly partial: false }
  | { readonly kind: 'number'; readonly text: string; readonly partial: false }
  | { readonly kind: 'string'; readonly value: string; readonly partial: boolean }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[]; readonly partial: boolean }
  | { readonly kind: 'object'; readonly entries: readonly JsonEntry[]; readonly partial: boolean };

/** `value` is absent when the text broke off between the key and its value. */
export type JsonEntry = { readonly key: string; readonly value: JsonNode | undefined };

/** `root` is absent when the text holds no value at all. */
export type JsonText = { readonly root: JsonNode | undefined; readonly error: string | undefined };

/** Arrays and objects inside each other; one more is refused, as the contract's library does. */
const DEPTH_MAX = 127;

const NULL: JsonNode = { kind: 'null', partial: false };
const TRUE: JsonNode = { kind: 'boolean', value: true, partial: false };
const FALSE: JsonNode = { kind: 'boolean', value: false, partial: false };

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const HEX4 = /^[0-9a-fA-F]{4}$/;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  error: string | undefined = undefined;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode | undefined {
    const root = this.#value();
    if (this.error === undefined) {
      this.#skipBlanks();
      if (this.#at < this.#text.length) this.error = 'trailing characters';
    }
    return root;
  }

  #fail(error: string): undefined {
    this.error ??= error;
    return undefined;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #value(): JsonNode | undefined {
    this.#skipBlanks();
    switch (this.#text[this.#at]) {
      case undefined:
        return this.#fail('EOF while parsing a value');
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"': {
        const value = this.#string();
        return { kind: 'string', value: value ?? '', partial: value === undefined };
      }
      case 't':
        return this.#word('true', TRUE);
      case 'f':
        return this.#word('false', FALSE);
      case 'n':
        return this.#word('null', NULL);
      default:
        return this.#number();
    }
  }

  #word(word: string, node: JsonNode): JsonNode | undefined {
    for (let i = 0; i < word.length; i += 1) {
      const char = this.#text[this.#at];
      if (char === undefined) return this.#fail('EOF while parsing a value');
      this.#at += 1;
      if (char !== word[i]) return this.#fail('expected ident');
    }
    return node;
  }

  #number(): JsonNode | undefined {
    NUMBER.lastIndex = this.#at;
    const text = NUMBER.exec(this.#text)?.[0];
    const first = this.#text[this.#at] ?? '';
    if (text === undefined) {
      if (first !== '-') return this.#fail('expected value');
      return this.#fail(this.#at + 1 < this.#text.length ? 'invalid number' : 'EOF while parsing a value');
    }
    this.#at += text.length;
    const next = this.#text[this.#at] ?? '';
    const lastDigitIsLoneZero = text === '0' || text === '-0';
    const endsEarly = next === '.' || next === 'e' || next === 'E' || (lastDigitIsLoneZero && /^[0-9]$/.test(next));
    if (endsEarly && !(next === '.' && text.includes('.')) && !/[eE]/.test(text)) {
      // A dot or an exponent without digits, or a digit behind a leading zero.
      const rest = this.#text.slice(this.#at + 1).replace(next === '.' ? '' : /^[+-]/, '');
      return this.#fail(
        rest === '' && next !== '' && !/[0-9]/.test(next) ? 'EOF while parsing a value' : 'invalid number',
      );
    }
    if (!Number.isFinite(Number(text))) return this.#fail('number out of range');
    return { kind: 'number', text, partial: false };
  }

  /** Content of a string, or nothing when it broke off. The reader is at the opening quote. */
  #string(): string | undefined {
    this.#at += 1;
    let out = '';
    for (;;) {
      out += this.#plainText();
      const char = this.#text[this.#at];
      if (char === undefined) return this.#fail('EOF while parsing a string');
      this.#at += 1;
      if (char === '"') return out;
      if (char !== '\\') return this.#fail('control character (\\u0000-\\u001F) found while parsing a string');
      const escaped = this.#escape();
      if (escaped === undefined) return undefined;
      out += escaped;
    }
  }

  /** Up to the next quote, backslash or control character. */
  #plainText(): string {
    const from = this.#at;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22 || code === 0x5c || code < 0x20) break;
    }
    return this.#text.slice(from, this.#at);
  }

  #escape(): string | undefined {
    const letter = this.#text[this.#at];
    if (letter === undefined) return this.#fail('EOF while parsing a string');
    this.#at += 1;
    if (letter !== 'u') return ESCAPES[letter] ?? this.#fail('invalid escape');
    const lead = this.#hex4();
    if (lead === undefined) return undefined;
    if (lead < 0xd800 || lead > 0xdfff) return String.fromCharCode(lead);
    if (lead >= 0xdc00) return this.#fail('lone leading surrogate in hex escape');
    for (const expected of ['\\', 'u']) {
      const char = this.#text[this.#at];
      if (char === undefined) return this.#fail('EOF while parsing a string');
      this.#at += 1;
      if (char !== expected) return this.#fail('unexpected end of hex escape');
    }
    const trail = this.#hex4();
    if (trail === undefined) return undefined;
    if (trail < 0xdc00 || trail > 0xdfff) return this.#fail('lone leading surrogate in hex escape');
    return String.fromCharCode(lead, trail);
  }

  #hex4(): number | undefined {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (digits.length < 4) return this.#fail('EOF while parsing a string');
    this.#at += 4;
    return HEX4.test(digits) ? Number.parseInt(digits, 16) : this.#fail('invalid escape');
  }

  #deeper(): boolean {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) this.#fail('recursion limit exceeded');
    return this.error === undefined;
  }

  #array(): JsonNode {
    const items: JsonNode[] = [];
    if (this.#deeper()) {
      this.#at += 1;
      this.#items(items);
    }
    this.#depth -= 1;
    return { kind: 'array', items, partial: this.error !== undefined };
  }

  #items(items: JsonNode[]): void {
    this.#skipBlanks();
    if (this.#text[this.#at] === ']') {
      this.#at += 1;
      return;
    }
    for (;;) {
      if (this.#at >= this.#text.length) {
        this.#fail('EOF while parsing a list');
        return;
      }
      const item = this.#value();
      if (item !== undefined) items.push(item);
      if (this.error !== undefined) return;
      this.#skipBlanks();
      const char = this.#text[this.#at];
      this.#at += 1;
      if (char === ']') return;
      if (char !== ',') {
        this.#fail(char === undefined ? 'EOF while parsing a list' : 'expected `,` or `]`');
        return;
      }
      this.#skipBlanks();
      if (this.#text[this.#at] === ']') {
        this.#fail('trailing comma');
        return;
      }
      if (this.#at >= this.#text.length) {
        this.#fail('EOF while parsing a value');
        return;
      }
    }
  }

  #object(): JsonNode {
    const entries: JsonEntry[] = [];
    if (this.#deeper()) {
      this.#at += 1;
      this.#entries(entries);
    }
    this.#depth -= 1;
    return { kind: 'object', entries, partial: this.error !== undefined };
  }

  #entries(entries: JsonEntry[]): void {
    this.#skipBlanks();
    if (this.#text[this.#at] === '}') {
      this.#at += 1;
      return;
    }
    for (let first = true; ; first = false) {
      const char = this.#text[this.#at];
      if (char !== '"') {
        if (char === undefined) this.#fail(first ? 'EOF while parsing an object' : 'EOF while parsing a value');
        else this.#fail(char === '}' ? 'trailing comma' : 'key must be a string');
        return;
      }
      const key = this.#string();
      if (key === undefined) return;
      this.#skipBlanks();
      const colon = this.#text[this.#at];
      if (colon !== ':') {
        // The key itself was read, so a duplicate of it is still seen before the missing colon.
        this.#fail(colon === undefined ? 'EOF while parsing an object' : 'expected `:`');
        entries.push({ key, value: undefined });
        return;
      }
      this.#at += 1;
      entries.push({ key, value: this.#value() });
      if (this.error !== undefined) return;
      this.#skipBlanks();
      const end = this.#text[this.#at];
      this.#at += 1;
      if (end === '}') return;
      if (end !== ',') {
        this.#fail(end === undefined ? 'EOF while parsing an object' : 'expected `,` or `}`');
        return;
      }
      this.#skipBlanks();
    }
  }
}

/** Reads one JSON text. Never throws. */
export function readJson(text: string): JsonText {
  const reader = new Reader(text);
  const root = reader.document();
  return { root, error: reader.error };
}

/**
 * Tree of a value that `JSON.parse` gave, keys in their order as the contract's library keeps them in such a value. What is nested
 * deeper than that library reads is partial, as if the text had broken off there.
 */
export const nodeOfValue = (value: unknown): JsonNode => nodeAt(value, 1);

function nodeAt(value: unknown, depth: number): JsonNode {
  switch (typeof value) {
    case 'boolean':
      return value ? TRUE : FALSE;
    case 'number':
      return { kind: 'number', text: String(value), partial: false };
    case 'string':
      return { kind: 'string', value, partial: false };
    case 'object': {
      if (value === null) return NULL;
      const partial = depth > DEPTH_MAX;
      if (Array.isArray(value)) {
        const items: readonly unknown[] = partial ? [] : value;
        return { kind: 'array', items: items.map((item) => nodeAt(item, depth + 1)), partial };
      }
      const entries = partial ? [] : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      return {
        kind: 'object',
        entries: entries.map(([key, inner]) => ({ key, value: nodeAt(inner, depth + 1) })),
        partial,
      };
    }
    default:
      return NULL;
  }
}

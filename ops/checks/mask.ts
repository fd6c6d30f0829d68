// Blanks out what is not code, so that a rule about code does not fall for a word in a comment or a text. Pure.
// Method: one pass over the characters with a stack for templates; lengths and line breaks stay, so that an offset in the
// result is an offset in the source. A slash begins a regular expression where no value can precede it.

export type Masked = {
  /** Comments blanked; texts as they were. */
  readonly withTexts: string;
  /** Comments blanked, and the inside of texts, templates and regular expressions too; their quotes stay. */
  readonly code: string;
};

/** After one of these, or after a word that takes an operand, a slash cannot divide. */
const BEFORE_REGEX = new Set('(,=:[!&|?{};+-*%<>~^');
const WORDS_BEFORE_REGEX = /\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)\s*$/;

export function mask(source: string): Masked {
  const withTexts = [...source.split('')];
  const code = [...source.split('')];
  /** Depth of braces inside each open `${`. */
  const templates: number[] = [];
  let at = 0;

  const blank = (target: string[], from: number, to: number) => {
    for (let index = from; index < Math.min(to, source.length); index++) {
      if (source[index] !== '\n') target[index] = ' ';
    }
  };
  const comment = (end: number) => {
    blank(withTexts, at, end);
    blank(code, at, end);
    at = end;
  };
  /** Blanks from behind the opening mark to the closing one, and goes behind that. */
  const text = (closing: string, opening: number) => {
    let end = opening + 1;
    let inClass = false;
    for (; end < source.length; end++) {
      const char = source[end];
      if (char === '\\') end += 1;
      else if (closing !== '`' && char === '\n') break;
      else if (closing === '/' && char === '[') inClass = true;
      else if (closing === '/' && char === ']') inClass = false;
      else if (char === closing && !inClass) break;
      else if (closing === '`' && char === '$' && source[end + 1] === '{') {
        blank(code, opening + 1, end);
        templates.push(0);
        at = end + 2;
        return;
      }
    }
    blank(code, opening + 1, end);
    at = end + 1;
  };

  while (at < source.length) {
    const char = source[at] ?? '';
    const next = source[at + 1];
    const open = templates.length - 1;
    if (char === '/' && next === '/') comment(endOr(source.indexOf('\n', at), source.length));
    else if (char === '/' && next === '*') comment(endOr(source.indexOf('*/', at + 2), source.length - 2) + 2);
    else if (char === "'" || char === '"' || char === '`') text(char, at);
    else if (char === '/' && regexMayStart(code, at)) text('/', at);
    else if (char === '{' && open >= 0) {
      templates[open] = (templates[open] ?? 0) + 1;
      at += 1;
    } else if (char === '}' && templates[open] === 0) {
      templates.pop();
      text('`', at);
    } else {
      if (char === '}' && open >= 0) templates[open] = (templates[open] ?? 0) - 1;
      at += 1;
    }
  }
  return { withTexts: withTexts.join(''), code: code.join('') };
}

function endOr(found: number, otherwise: number): number {
  return found === -1 ? otherwise : found;
}

function regexMayStart(code: readonly string[], at: number): boolean {
  let before = at - 1;
  while (before >= 0 && /\s/.test(code[before] ?? '')) before -= 1;
  if (before < 0 || BEFORE_REGEX.has(code[before] ?? '')) return true;
  return WORDS_BEFORE_REGEX.test(code.slice(Math.max(0, before - 10), before + 1).join(''));
}

/** Line number, from 1, of an offset. */
export function lineOf(source: string, offset: number): number {
  let line = 1;
  for (let index = source.indexOf('\n'); index !== -1 && index < offset; index = source.indexOf('\n', index + 1))
    line += 1;
  return line;
}

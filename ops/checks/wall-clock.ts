// The time of day may be set back or forward at any moment, so a duration or an age is never the difference of two readings of
// it, and what is due is not found by comparing two of them. Wall time appears in records and in deadlines that leave the process;
// what compares those is listed here, with the reason. Pure: sources in, violations out.
//
// Found by names, as the code base spells them: readings of the wall clock end in `AtMs`, `nowMs` and the like, readings of the
// monotonic clock in `Us`. A sum counts as a reading when one of its terms is one.

import { lineOf } from './mask.ts';
import { isTest, type Source, type Violation } from './sources.ts';
import { ALLOWED_COMPARISONS, type AllowedComparison, OTHER_CLOCKS } from './wall-clock-allowed.ts';

const READING = /^(?:now|at|until|since|from|time|[A-Za-z]\w*(?:Now|At|Of|Until|Since|Time))Ms$/;
/** That two recorded times are the same says nothing of a duration: `===` recognises a record. */
const OPERATORS: ReadonlySet<string> = new Set(['-', '-=', '<', '<=', '>', '>=']);
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);
/** The identifiers of `Math` that give one of their arguments. */
const CHOICES: ReadonlySet<string> = new Set(['min', 'max']);

type Token = { readonly text: string; readonly at: number; readonly isName: boolean };
/** Tokens from `from` up to, not including, `to`. */
type Term = { readonly from: number; readonly to: number };

const TOKEN =
  /[A-Za-z_$#][\w$]*|[0-9][\w.]*|=>|===|!==|==|!=|<=|>=|-=|\+=|\*=|\?\?=|\?\?|\?\.|&&|\|\||\+\+|--|\.\.\.|\S/g;

/** Comparisons of two readings that are not on the list. */
export function checkWallClock(
  sources: readonly Source[],
  allowed: readonly AllowedComparison[] = ALLOWED_COMPARISONS,
): Violation[] {
  return sources.flatMap((source) =>
    comparisonsIn(source)
      .filter(({ expression }) => !allowed.some((row) => row.file === source.path && row.expression === expression))
      .map(({ line, expression }) => ({
        file: source.path,
        line,
        message:
          `compares two readings of the wall clock: ${expression}. Instead: measure on the monotonic clock ` +
          '(clock.elapsedUs(), names that end in Us); records and deadlines are listed in ops/checks/wall-clock-allowed.ts',
      })),
  );
}

/** Rows of the list that allow nothing any more. */
export function unusedComparisons(
  sources: readonly Source[],
  allowed: readonly AllowedComparison[] = ALLOWED_COMPARISONS,
): string[] {
  const found = new Set(sources.flatMap((s) => comparisonsIn(s).map(({ expression }) => `${s.path}: ${expression}`)));
  return allowed.map(({ file, expression }) => `${file}: ${expression}`).filter((row) => !found.has(row));
}

type Comparison = { readonly line: number; readonly expression: string };

export function comparisonsIn(source: Source): Comparison[] {
  if (isTest(source.path) || OTHER_CLOCKS.some(({ files }) => source.path.startsWith(files))) return [];
  const tokens = [...source.masked.code.matchAll(TOKEN)].map(({ 0: text, index }) => ({
    text,
    at: index,
    isName: /^[A-Za-z_$#]/.test(text),
  }));
  return tokens.flatMap(({ text, at }, index) => {
    if (!OPERATORS.has(text)) return [];
    const left = termsBefore(tokens, index);
    const right = termsAfter(tokens, index, text !== '-');
    const first = left.at(-1);
    const last = right.at(-1);
    if (first === undefined || last === undefined) return [];
    if (!left.some((term) => isReading(tokens, term)) || !right.some((term) => isReading(tokens, term))) return [];
    const end = tokens[last.to - 1];
    const from = tokens[first.from]?.at ?? at;
    const to = end === undefined ? at : end.at + end.text.length;
    return [{ line: lineOf(source.text, at), expression: source.text.slice(from, to).replace(/\s+/g, ' ') }];
  });
}

/** The sum that ends before the operator, its last term first. */
function termsBefore(tokens: readonly Token[], operator: number): Term[] {
  const terms: Term[] = [];
  let to = operator;
  for (;;) {
    const from = startOf(tokens, to);
    if (from === to) return terms;
    terms.push({ from, to });
    if (!ARITHMETIC.has(tokens[from - 1]?.text ?? '')) return terms;
    to = from - 1;
  }
}

/** The term behind the operator; of a comparison the whole sum, its last term last. */
function termsAfter(tokens: readonly Token[], operator: number, wholeSum: boolean): Term[] {
  const terms: Term[] = [];
  let from = operator + 1;
  for (;;) {
    const to = endOf(tokens, from);
    if (from === to) return terms;
    terms.push({ from, to });
    if (!wholeSum || !ARITHMETIC.has(tokens[to]?.text ?? '')) return terms;
    from = to + 1;
  }
}

/** Where the chain of names, calls and indexes begins that ends before `to`; `to` itself when there is none. */
function startOf(tokens: readonly Token[], to: number): number {
  let at = to;
  for (;;) {
    const before = tokens[at - 1];
    if (before?.text === '!' && at < to + 1 && tokens[at - 2] !== undefined) at -= 1;
    else if (before?.text === ')' || before?.text === ']') {
      at = opening(tokens, at - 1);
      if (!isChainEnd(tokens[at - 1])) return at;
    } else if (before !== undefined && (before.isName || /^[0-9]/.test(before.text))) {
      at -= 1;
      if (tokens[at - 1]?.text !== '.' && tokens[at - 1]?.text !== '?.') return at;
      at -= 1;
    } else return at;
  }
}

/** Where the chain that begins at `from` ends; `from` itself when there is none. */
function endOf(tokens: readonly Token[], from: number): number {
  const first = tokens[from];
  let at = from;
  if (first?.text === '(') at = closing(tokens, from) + 1;
  else if (first !== undefined && (first.isName || /^[0-9]/.test(first.text))) at = from + 1;
  else return from;
  for (;;) {
    const next = tokens[at]?.text;
    if ((next === '.' || next === '?.') && tokens[at + 1]?.isName === true) at += 2;
    else if (next === '(' || next === '[') at = closing(tokens, at) + 1;
    else if (next === '?.') at += 1;
    else return at;
  }
}

const isChainEnd = (token: Token | undefined): boolean =>
  token !== undefined && (token.isName ? !KEYWORDS.has(token.text) : token.text === ')' || token.text === ']');

/** Words before a parenthesis that are no call. */
const KEYWORDS: ReadonlySet<string> = new Set(['if', 'while', 'return', 'for', 'of', 'in', 'case', 'await', 'typeof']);

function isReading(tokens: readonly Token[], { from, to }: Term): boolean {
  const last = tokens[to - 1];
  if (last?.text !== ')') return last !== undefined && isReadingName(tokens, to - 1);
  const open = opening(tokens, to - 1);
  if (open > from && isReadingName(tokens, open - 1)) return true;
  const isGroup = open === from || (tokens[open - 3]?.text === 'Math' && CHOICES.has(tokens[open - 1]?.text ?? ''));
  if (!isGroup) return false;
  for (let at = open + 1; at < to - 1; at++) if (isReadingName(tokens, at)) return true;
  return false;
}

function isReadingName(tokens: readonly Token[], at: number): boolean {
  const text = tokens[at]?.text ?? '';
  const isDate = (text === 'now' || text === 'parse') && tokens[at - 2]?.text === 'Date';
  return isDate || text === 'getTime' || READING.test(text.replace(/^#/, ''));
}

function opening(tokens: readonly Token[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    const text = tokens[at]?.text;
    if (text === ')' || text === ']') depth++;
    else if ((text === '(' || text === '[') && --depth === 0) return at;
  }
  return 0;
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const text = tokens[at]?.text;
    if (text === '(' || text === '[') depth++;
    else if ((text === ')' || text === ']') && --depth === 0) return at;
  }
  return tokens.length - 1;
}

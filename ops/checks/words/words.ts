// Words that only this code base used in their sense, so that others had to read twice. Refused in comments and in texts that
// people read, some in names too. Pure: sources in, violations out.

import { lineOf } from '../mask.ts';
import type { Source, Violation } from '../sources.ts';

type Word = {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Refused as a part of a name, too. */
  readonly inNames?: RegExp;
};

const WORDS: readonly Word[] = [
  { pattern: /\banew\b/gi, instead: 'again', inNames: /[a-z]Anew\b|\banew\b/g },
  { pattern: /\bmend(?:s|ed|ing)?\b/gi, instead: 'fix, repair, correct', inNames: /\bmend(?:s|ed)?\b|[a-z]Mend/g },
  { pattern: /\bwhatever (?:comes|came)\b|\bin whatever way\b/gi, instead: 'every request, always, however' },
  { pattern: /\bso long after\b/gi, instead: 'N ms after' },
  {
    pattern: /\b(?:is|are|was|were|be|been|being|gets?|not) told\b|\btold (?:once|of|as|apart|which|what)\b/gi,
    instead: 'is reported, is recorded, is returned',
    inNames: /\btold\b|\btold(?=[A-Z])|[a-z]Told\b/g,
  },
  { pattern: /\bof ours\b/gi, instead: 'our, own' },
  // A symbol stands for something, and a stand-in is a noun.
  { pattern: /\bstands?\b(?!-| for\b|-?ins?\b)/gi, instead: 'is, is open, is live, is valid, holds' },
  { pattern: /\bbeside\b/gi, instead: 'next to, in addition to' },
  { pattern: /\b(?:a|each|one|every|the|first|last|next|another) look\b/gi, instead: 'a poll, a snapshot, a reading' },
  { pattern: /\bin hand\b/gi, instead: 'buffered, pending' },
  { pattern: /\bwants\b/gi, instead: 'needs, requires' },
  { pattern: /\bfor ever\b/gi, instead: 'indefinitely' },
  { pattern: /\bthe (?:least(?! significant| recently)|largest)\b/gi, instead: 'minimum, maximum' },
];

export type AllowedWord = { readonly file: string; readonly reason: string };

/** Each use of one of the words. @param allowed files that may, each with a reason */
export function findWords(sources: readonly Source[], allowed: readonly AllowedWord[]): Violation[] {
  const excused = new Set(allowed.map(({ file }) => file));
  return sources
    .filter(({ path }) => !excused.has(path))
    .flatMap((source) => WORDS.flatMap((word) => find(source, word)));
}

function find({ path, text, masked }: Source, { pattern, instead, inNames }: Word): Violation[] {
  // Code differs from the text exactly where comments and texts are.
  const prose = [...text.matchAll(pattern)].filter(({ index }) => masked.code[index] !== text[index]);
  const names = inNames === undefined ? [] : [...masked.code.matchAll(inNames)];
  return [...prose, ...names].map(({ 0: found, index }) => ({
    file: path,
    line: lineOf(text, index),
    message: `says "${found}". Instead: ${instead}`,
  }));
}

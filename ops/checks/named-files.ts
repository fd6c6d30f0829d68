// A comment or a document that names a file of the checkout names one that exists: files move, and what is written about them is
// compiled by nobody. Pure: texts and paths in, violations out.

import type { Document } from './documents.ts';
import { lineOf } from './mask.ts';
import type { Source, Violation } from './sources.ts';

/** With folders or without; `*.test.ts` names no single file. */
const FILE_NAME = /(?<![\w*./<>${}-])(?:\.{1,2}\/)*(?:[\w-]+\/)*[\w-][\w.-]*\.(?:ts|sql|sh|cc|py|md)\b(?![\w*/-])/g;
/** A name in which a part is left for the reader to fill in. */
const PLACEHOLDER = /\bNAME\b|NNNN/;
/** Files of other projects that ours refer to. */
const OF_OTHERS: ReadonlySet<string> = new Set(['API.md', 'CONFIGURATION.md', 'STATISTICS.md']);

const COMMENT_LINE = /^\s*(?:#|\/\/|--|\/?\*)/;

/** @param paths of all files, from the root. A name may leave out folders in front. */
export function missingFiles(
  sources: readonly Source[],
  documents: readonly Document[],
  paths: readonly string[],
): Violation[] {
  const known = new Set(paths.flatMap(endings));
  const missing = ({ path, text }: Document): Violation[] =>
    [...text.matchAll(FILE_NAME)]
      .map(({ 0: name, index }) => ({ name: name.replace(/^(?:\.{1,2}\/)+/, ''), line: lineOf(text, index) }))
      .filter(({ name }) => !known.has(name) && !PLACEHOLDER.test(name) && !OF_OTHERS.has(name))
      .map(({ name, line }) => ({ file: path, line, message: `names ${name}, which does not exist` }));
  return [...sources.map(commentsOf), ...documents.map(proseOf)].flatMap(missing);
}

/** The path, and what is left of it without folders in front. */
function endings(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, from) => parts.slice(from).join('/'));
}

/** The comments of a source, at their offsets. */
function commentsOf({ path, text, masked }: Source): Document {
  const comments = Array.from(text, (char, index) => (char === masked.withTexts[index] && char !== '\n' ? ' ' : char));
  return { path, text: comments.join('') };
}

/** A document in Markdown is prose; of any other file its lines of comment are. */
function proseOf({ path, text }: Document): Document {
  if (path.endsWith('.md')) return { path, text };
  const lines = text.split('\n').map((line) => (COMMENT_LINE.test(line) ? line : ''));
  return { path, text: lines.join('\n') };
}

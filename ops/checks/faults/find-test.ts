// Finds a test by its title in the text of a test file. What is found is the first argument of a call, not any text that is equal.

const SPECIAL = /[.*+?^${}()|[\]\\]/g;
/** A test or a group of tests at the beginning of a line, with the modifiers of the call: `test.skipIf(...)`. */
const BEGINNING = /^( *)(?:describe\w*|test|it)\b((?:\.\w+)*)/gm;
const NOT_RUN = /\.(?:skip|skipIf|todo|todoIf)\b/;

export type FoundTest = 'runs' | 'skipped' | 'missing';

/** Whether a file has the test and runs it; a test that is skipped under a condition, or in a group that is, does not count as run. */
export function findTest(text: string, title: string): FoundTest {
  const match = new RegExp(`\\(\\s*${quoted(title)}\\s*,`).exec(text);
  if (match === null) return 'missing';
  return modifiersAt(text, match.index).some((modifiers) => NOT_RUN.test(modifiers)) ? 'skipped' : 'runs';
}

/** Whether the text is in the file between quotes, as in the row of a test with many cases. */
export const hasLiteral = (text: string, literal: string): boolean => new RegExp(quoted(literal)).test(text);

const quoted = (literal: string): string => {
  const escaped = literal.replace(SPECIAL, '\\$&').replaceAll("'", "\\\\?'");
  return `(['"\`])${escaped}\\1`;
};

/** The modifiers of the call that a place belongs to, and of every group around it, by their indentation. */
function modifiersAt(text: string, index: number): string[] {
  const modifiers: string[] = [];
  let indentation = Number.POSITIVE_INFINITY;
  for (const [, blanks = '', found = ''] of [...text.slice(0, index).matchAll(BEGINNING)].reverse()) {
    if (blanks.length >= indentation) continue;
    indentation = blanks.length;
    modifiers.push(found);
  }
  return modifiers;
}

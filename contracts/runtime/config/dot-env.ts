// Reads the text of a `.env` file: NAME=value lines, `export` before them, comments, single quotes (literal) and double
// quotes (with \n \r \t \" \\ \$). Nothing is expanded and nothing goes over several lines. Total: a line that cannot be
// read is named by its number, never by its text, which may hold a secret.

type DotEnvEntry = { readonly name: string; readonly value: string; readonly line: number };

export type DotEnv = {
  /** In the order of the file; the last of a name counts. */
  readonly entries: readonly DotEnvEntry[];
  readonly badLines: readonly { readonly line: number; readonly problem: string }[];
};

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

export function parseDotEnv(text: string): DotEnv {
  const entries: DotEnvEntry[] = [];
  const badLines: { line: number; problem: string }[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const content = (lines[index] ?? '').trim();
    if (content === '' || content.startsWith('#')) continue;
    const match = ASSIGNMENT.exec(content);
    if (match === null) {
      badLines.push({ line: index + 1, problem: 'is not of the form NAME=value' });
      continue;
    }
    const value = parseValue(match[2] ?? '');
    if (value === null)
      badLines.push({ line: index + 1, problem: 'has an unclosed quote, or text after the closing quote' });
    else entries.push({ name: match[1] ?? '', value, line: index + 1 });
  }
  return { entries, badLines };
}

function parseValue(text: string): string | null {
  if (text.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(text)?.[1] ?? null;
  if (text.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text)?.[1];
    return quoted === undefined ? null : quoted.replace(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
  }
  // One blank before the `#` is enough: a pattern for all of them takes half a minute for a long line of blanks.
  const comment = text.search(/(?:^|\s)#/);
  return (comment === -1 ? text : text.slice(0, comment)).trim();
}

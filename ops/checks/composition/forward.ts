// In a composition each part is made of those above it: no closure of a function may name a constant that the same function declares
// further down, which would throw when it runs too early. Pure: a source in, violations out.

import type { Source, Violation } from '../sources.ts';

/** The compositions: lists of parts. */
export const COMPOSITIONS = [
  'engine/engine.ts',
  'engine/bus/bus.ts',
  'engine/safety/safety.ts',
  'engine/startup/open-state.ts',
  'engine/verifier/verifier.ts',
] as const;

type Declared = { readonly name: string; readonly line: number };

/** A declaration of the function itself, not of one within it: indented by two spaces. */
const DECLARATION = /^ {2}(?:const|let) (?:(\w+)|\{ ([^}]*) \})/;

export function checkForward(source: Source): Violation[] {
  const lines = source.masked.code.split('\n');
  const violations: Violation[] = [];
  for (let start = 0; start < lines.length; start++) {
    if (!/^(?:export )?(?:async )?function /.test(lines[start] ?? '')) continue;
    const end = lines.indexOf('}', start);
    for (const { name, line } of declaredIn(lines, start, end)) {
      const used = lines.slice(start, line).findIndex((text) => namesIt(text, name));
      if (used === -1) continue;
      const message = `names ${name}, which is declared below it in line ${line + 1}: put it further up, or bind it late`;
      violations.push({ file: source.path, line: start + used + 1, message });
    }
  }
  return violations;
}

function declaredIn(lines: readonly string[], start: number, end: number): Declared[] {
  return lines.slice(start, end).flatMap((text, offset) => {
    const [, single, several = ''] = DECLARATION.exec(text) ?? [];
    const names = single === undefined ? several.split(',').map((entry) => entry.trim().split(/[ :=]+/)) : [[single]];
    return names.flatMap((parts) => {
      // `{ a: b }` declares b.
      const name = parts[1] ?? parts[0] ?? '';
      return name === '' ? [] : [{ name, line: start + offset }];
    });
  });
}

/** Not as a key or a property: `name:` and `.name` are other things. */
const namesIt = (text: string, name: string): boolean => new RegExp(`(?<![.\\w])${name}\\b(?!\\??:)`).test(text);

// A program or Worker that is started without an environment of its own inherits ours, the private key included. So every
// place that starts one says which environment it gets. Pure: source texts in, violations out.

import { isTest, type Source, type Violation } from './sources.ts';

const SPAWN = /\bBun\.spawn(?:Sync)?\(|\bnew Worker\(/g;

export function checkChildren(sources: readonly Source[]): readonly Violation[] {
  return sources
    .filter(({ path }) => !isTest(path))
    .flatMap((source) => {
      const violations: Violation[] = [];
      for (const { index } of source.text.matchAll(SPAWN)) {
        const call = source.text.slice(index, endOfCall(source.text, index));
        if (/\benv(?::|,| \})/.test(call)) continue;
        const line = source.text.slice(0, index).split('\n').length;
        violations.push({
          file: source.path,
          line,
          message:
            'a program or Worker is started without `env`, so it inherits keys and tokens: give it toolEnvironment(), a Worker {}',
        });
      }
      return violations;
    });
}

/** Behind the parenthesis that closes the call; brackets in strings of such a call are balanced. */
function endOfCall(text: string, start: number): number {
  let depth = 0;
  for (let at = text.indexOf('(', start); at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return text.length;
}

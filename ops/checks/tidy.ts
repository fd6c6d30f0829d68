// Habits of the code base that neither compiler nor linter holds: purity of the pure files, one place for the environment,
// no leftovers, no paths of one machine. Pure: sources in, violations out.

import { ENVIRONMENT, PURE, PURE_PACKAGES, SHELLS } from './architecture.ts';
import { lineOf } from './mask.ts';
import { importsOf, isTest, ownTarget, type Source, type Violation } from './sources.ts';

type Rule = {
  readonly name: string;
  readonly holdsFor: (path: string) => boolean;
  /** Where to look: code alone, code with its texts, or everything. */
  readonly layer: 'code' | 'texts' | 'all';
  readonly pattern: RegExp;
  readonly instead: string;
};

/** May print: a process that refuses to start, or has failed. */
const PRINTING = ['contracts/runtime/process/refusal.ts'];

/** What runs in production and asks the outside. */
const ASKING = ['engine/', 'sidecars/', 'contracts/'];
const BOUNDED_FETCH = 'contracts/runtime/bounded-fetch.ts';

const begins = (path: string, prefixes: readonly string[]) => prefixes.some((prefix) => path.startsWith(prefix));

/** Whether a file has to be a function of its arguments. */
export function isPure(path: string): boolean {
  return begins(path, PURE) && !begins(path, SHELLS) && !isTest(path);
}

/** Put together, so that this file is not a leftover itself. */
const LEFTOVERS = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'];

/** The one file that may hand a text to the JSON parser. */
const BOUNDED_JSON = 'contracts/json.ts';

const RULES: readonly Rule[] = [
  {
    name: 'a field is read after what is awaited, not before',
    holdsFor: (path) => !isTest(path),
    layer: 'code',
    // Both read the field first, so that what others do to it during the wait is lost, or what is added here is.
    pattern:
      /\bthis\.#?\w+(?:\.\w+)*\.(?:push|unshift|splice|concat|set|add)\([^;{}]*\bawait\b|\bthis\.#?\w+(?:\.\w+)*\s*(?:[-+*|&^]|\?\?|\|\|)=\s*[^;{}]*\bawait\b/g,
    instead: 'await into a constant first, and change the field in a statement of its own',
  },
  {
    name: 'pure files know no clock, chance, timer or world',
    holdsFor: isPure,
    layer: 'code',
    pattern:
      /\bnew Date\(\s*\)|\bDate\.now\b|\bMath\.random\b|\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|fetch)\s*\(|\bperformance\.|\bcrypto\.|\bprocess\.|\bconsole\.|\bnew WebSocket\b|\bBun\.(?!SHA256|hash|CryptoHasher|inspect|deepEquals|semver)/g,
    instead:
      'take it as an argument (engine/model/ports.ts), or name the file among SHELLS in ops/checks/architecture.ts',
  },
  {
    name: 'the environment is read in one place',
    holdsFor: (path) => !begins(path, ENVIRONMENT) && !isTest(path),
    layer: 'code',
    pattern: /\bprocess\.env\b|\bBun\.env\b|\bimport\.meta\.env\b/g,
    instead: 'declare the variable in contracts/config and load it through contracts/runtime/config/load.ts',
  },
  {
    name: 'JSON is read in bounded time and depth',
    holdsFor: (path) => begins(path, ['engine/', 'sidecars/', 'contracts/']) && path !== BOUNDED_JSON && !isTest(path),
    layer: 'code',
    // A copy of an own value is no reading.
    pattern: /\bJSON\.parse\b(?!\s*\(\s*JSON\.stringify\()|\.json\(\s*\)/g,
    instead: `use readJson of ${BOUNDED_JSON}: it gives a value or a reason, and never throws`,
  },
  {
    name: 'outbound HTTP has one way, which bounds time and size and refuses redirects',
    holdsFor: (path) => begins(path, ASKING) && path !== BOUNDED_FETCH && !isPure(path) && !isTest(path),
    layer: 'code',
    pattern: /(?<![\w.]|\bfunction )(?:globalThis\.|Bun\.)?fetch\b(?!\s*[:=])|\bXMLHttpRequest\b/g,
    instead: `call boundedFetch of ${BOUNDED_FETCH}`,
  },
  {
    name: 'outbound HTTP has one way, which bounds time and size and refuses redirects',
    holdsFor: (path) => begins(path, ASKING) && !isTest(path),
    layer: 'texts',
    pattern: /(?<=['"])node:(?:https?|http2)(?=['"])/g,
    instead: `call boundedFetch of ${BOUNDED_FETCH}`,
  },
  {
    name: 'processes write to their log, which waits for no reader',
    holdsFor: (path) => begins(path, ASKING) && !isPure(path) && !begins(path, PRINTING) && !isTest(path),
    layer: 'code',
    pattern: /\bconsole\.|\bprocess\.std(?:out|err)\b/g,
    instead: 'take a Log; only what ends a process before it serves may print',
  },
  {
    name: 'tests that need services carry it in their name',
    holdsFor: (path) => isTest(path) && !path.endsWith('.it.test.ts'),
    layer: 'code',
    pattern: /\bdescribeWith\s*\(/g,
    instead: 'name the file *.it.test.ts, so that ./unrip test starts the services for it',
  },
  {
    name: 'nothing is left lying about',
    holdsFor: () => true,
    layer: 'all',
    pattern: new RegExp(`\\b(?:${LEFTOVERS.join('|')})\\b`, 'g'),
    instead: 'do it, or write down as an ordinary sentence what is not done and why',
  },
  {
    name: 'no skipped or single test is left behind',
    holdsFor: isTest,
    layer: 'code',
    pattern: /\b(?:test|describe|it)\.(?:only|skip|todo)\b/g,
    instead: 'let it run; what needs services is declared with describeWith',
  },
  {
    name: 'no command needs a bun on the PATH',
    holdsFor: () => true,
    layer: 'all',
    pattern: /(?<![\w/.-])bun (?:run )?[\w./-]+\.ts\b/g,
    instead: 'name a command of ./unrip, or print process.execPath, which is the Bun that runs',
  },
  {
    name: 'no path of one machine',
    holdsFor: () => true,
    layer: 'all',
    pattern: /(?<![\w.$}-])\/(?:home\/(?!linuxbrew\b)|Users\/|root\/|work\/)[\w.-]+/g,
    instead: 'derive it from the checkout (ops/stack/directory.ts) or the user',
  },
];

export function checkTidy(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) => [
    ...RULES.filter((rule) => rule.holdsFor(source.path)).flatMap((rule) => applyRule(rule, source)),
    ...checkPurePackages(source),
    ...checkReExports(source),
  ]);
}

function applyRule(rule: Rule, source: Source): Violation[] {
  const { text, masked } = source;
  const layer = { code: masked.code, texts: masked.withTexts, all: text }[rule.layer];
  return [...layer.matchAll(rule.pattern)].map((match) => ({
    file: source.path,
    line: lineOf(text, match.index),
    message: `${rule.name}; here: ${match[0].trim()}. Instead: ${rule.instead}`,
  }));
}

function checkPurePackages(source: Source): Violation[] {
  if (!isPure(source.path)) return [];
  return importsOf(source)
    .filter(({ specifier }) => ownTarget(source.path, specifier) === null && !begins(specifier, PURE_PACKAGES))
    .map(({ specifier, line }) => ({
      file: source.path,
      line,
      message: `a pure file imports ${specifier}: take what it gives as an argument, or move it into a shell`,
    }));
}

/** A file that passes on what others declare hides where a thing lives. */
function checkReExports(source: Source): Violation[] {
  return [...source.masked.code.matchAll(/^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;]*?\bfrom\b/gm)].map((match) => ({
    file: source.path,
    line: lineOf(source.text, match.index),
    message: 're-exports what another file declares: let users import that file',
  }));
}

// Compares what the Kafka addon needs from Bun with what Bun exports, and both with the declared list of what compat/ has
// to bring. Pure: the lists come from outside, the answer names each symbol and what to do about it.

/** Mangled names of a declared list: one a line, text after the name, and lines that start with # say what it is. */
export function parseSymbolList(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ', 1)[0] ?? '');
}

export type SymbolLists = {
  /** What the package's own objects leave undefined, of v8, node, uv and our renamed ones. */
  readonly wanted: readonly string[];
  /** What the Bun executable defines. */
  readonly exported: readonly string[];
  /** What compat/ is declared to bring. */
  readonly declared: readonly string[];
};

/** One sentence for each symbol that does not fit the declared list, sorted; empty when all is as declared. */
export function compareSymbols({ wanted, exported, declared }: SymbolLists): string[] {
  const wantedSet = new Set(wanted);
  const exportedSet = new Set(exported);
  const declaredSet = new Set(declared);
  const stopped = wanted
    .filter((symbol) => !exportedSet.has(symbol) && !declaredSet.has(symbol))
    .map((symbol) => `${symbol} is wanted by the package, not exported by Bun and not in compat/: write it there`);
  const started = declared
    .filter((symbol) => exportedSet.has(symbol))
    .map((symbol) => `${symbol} is exported by Bun now: take it out of compat/ and missing-symbols.txt`);
  const unused = declared
    .filter((symbol) => !wantedSet.has(symbol))
    .map((symbol) => `${symbol} is not wanted by the package any more: take it out of compat/ and missing-symbols.txt`);
  return [...stopped, ...started, ...unused].sort();
}

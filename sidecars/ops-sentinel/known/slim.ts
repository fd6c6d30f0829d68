// What of a record is kept in memory: thousands of them are, and each may be a megabyte. No rule reads further than this. Pure.

const TEXT_CHARS_MAX = 1000;
const ENTRIES_MAX = 64;
/** Payloads have two levels; what is deeper is of a field that takes anything. */
const DEPTH_MAX = 4;

/** The same value with long texts and lists cut. */
export const slim = <Value>(value: Value): Value => cut(value, 0) as Value;

function cut(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length <= TEXT_CHARS_MAX ? value : ownText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return null;
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((item) => cut(item, depth + 1));
  const entries = Object.entries(value).slice(0, ENTRIES_MAX);
  return Object.fromEntries(entries.map(([name, item]) => [name.slice(0, TEXT_CHARS_MAX), cut(item, depth + 1)]));
}

/** Not a part of the long text, which would be kept as a whole. */
const ownText = (text: string): string => structuredClone(text.slice(0, TEXT_CHARS_MAX));

// Values of /state as a person reads them on one line.

import { parseIsoTime } from '../../contracts/time.ts';

/** `0.4 s`, `12 s`, `3 min`, `5 h 12 min`, `2 d 3 h`: one or two units, cut. */
export function shortSpan(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `12 s ago`; `never` for null. A clock that is ahead counts as now. */
export function ago(at: string | null, nowMs: number): string {
  if (at === null) return 'never';
  const atMs = parseIsoTime(at);
  return atMs === null ? at : `${shortSpan(nowMs - atMs)} ago`;
}

/** `in 12 min`; `now` when it has passed. */
export function until(at: string, nowMs: number): string {
  const atMs = parseIsoTime(at);
  if (atMs === null) return at;
  return atMs <= nowMs ? 'now' : `in ${shortSpan(atMs - nowMs)}`;
}

/** At most so many characters, the last of a longer text being three dots. */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;

/** Cells in columns, two blanks apart; the last column is as wide as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `edge_below_min 12, price_stale 3`: the most frequent first. */
export function countsLine(counts: Readonly<Record<string, number>>, most: number): string {
  const entries = Object.entries(counts).sort(([, left], [, right]) => right - left);
  const shown = entries.slice(0, most).map(([name, count]) => `${name} ${count}`);
  return entries.length === 0 ? 'none' : `${shown.join(', ')}${entries.length > most ? ', ...' : ''}`;
}

/** A value of JSON as indented lines, `name: value` each. */
export function tree(value: unknown, indent = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => branch(`${index + 1}`, item, indent));
  if (typeof value !== 'object' || value === null) return [`${indent}${leaf(value)}`];
  return Object.entries(value).flatMap(([name, item]) => branch(name, item, indent));
}

function branch(name: string, value: unknown, indent: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${indent}${name}: ${leaf(value)}`];
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return [`${indent}${name}: ${value.length === 0 ? 'none' : value.map(leaf).join(', ')}`];
  const below = tree(value, `${indent}  `);
  return below.length === 0 ? [`${indent}${name}: none`] : [`${indent}${name}:`, ...below];
}

const leaf = (value: unknown): string => (value === null ? '-' : typeof value === 'string' ? value : String(value));

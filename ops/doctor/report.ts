// The reports as text and as JSON. Whatever a server put into a detail: no secret and nothing that steers a terminal leaves here.

import { withoutSecrets } from '../../contracts/runtime/log/redact.ts';
import { printable } from '../trace/words.ts';
import type { Line, Status } from './check.ts';
import { type Report, worstOf } from './run.ts';

/** Of one detail or fix. */
const TEXT_CHARS_MAX = 600;

const shownWith =
  (secrets: readonly string[]) =>
  (text: string): string => {
    const shown = printable(withoutSecrets(text.replaceAll('\n', ' '), secrets));
    return shown.length > TEXT_CHARS_MAX ? `${shown.slice(0, TEXT_CHARS_MAX)}...` : shown;
  };

const countOf = (reports: readonly Report[], wanted: Status): number =>
  reports.reduce((sum, { lines }) => sum + lines.filter(({ status }) => status === wanted).length, 0);

/** A line a finding, the fix below what does not pass; the last line counts. */
export function reportText(reports: readonly Report[], secrets: readonly string[]): string {
  const shown = shownWith(secrets);
  const out: string[] = [];
  for (const { category, lines, notRun } of reports) {
    out.push(category);
    for (const { status, check, detail, fix } of lines) {
      out.push(`  ${status}  ${check}: ${shown(detail)}`);
      if (fix !== null) out.push(`        fix: ${shown(fix)}`);
    }
    if (notRun.length > 0) out.push(`  not checked: ${notRun.join(', ')}`);
  }
  const counts = (['pass', 'warn', 'fail'] as const).map((status) => `${status} ${countOf(reports, status)}`);
  out.push(counts.join(', '));
  return `${out.join('\n')}\n`;
}

export function reportJson(reports: readonly Report[], secrets: readonly string[]): string {
  const shown = shownWith(secrets);
  const lineOf = ({ check, status, detail, fix }: Line & { readonly check: string }) => ({
    check,
    status,
    detail: shown(detail),
    fix: fix === null ? null : shown(fix),
  });
  const categories = reports.map(({ category, lines, notRun }) => ({
    category,
    lines: lines.map(lineOf),
    not_checked: notRun,
  }));
  return `${JSON.stringify({ status: worstOf(reports), categories }, null, 2)}\n`;
}

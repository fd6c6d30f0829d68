// Where the figures of a bench go: a table on standard output, JSON and a drawing in files. Progress goes to standard error.

import { resolve } from 'node:path';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';

/** `-` as the file of `json`: standard output, in place of the table. */
export type Output = { readonly json: string | null; readonly svg: string | null };

export const OUTPUT_OPTIONS = { json: { type: 'string' }, svg: { type: 'string' } } as const;

export function outputOf(values: { readonly json?: string | undefined; readonly svg?: string | undefined }): Output {
  return { json: values.json ?? null, svg: values.svg ?? null };
}

export type Figures = { readonly report: unknown; readonly table: string; readonly svg: string };

export async function write({ json, svg }: Output, figures: Figures): Promise<void> {
  const text = `${JSON.stringify(figures.report, null, 2)}\n`;
  await Bun.write(Bun.stdout, json === '-' ? text : `\n${figures.table}`);
  if (json !== null && json !== '-') await Bun.write(resolve(json), text);
  if (svg !== null) await Bun.write(resolve(svg), figures.svg);
}

/** Progress. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export const codeOf = (isGood: boolean): ExitCode => (isGood ? EXIT.ok : EXIT.failure);

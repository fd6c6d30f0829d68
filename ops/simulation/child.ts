// Runs simulations in a process of their own, in which time, files and sockets are simulated.

import { join } from 'node:path';
import type { BugName } from './bugs.ts';
import type { RunReport } from './run.ts';

export type Simulations = {
  readonly seeds: readonly string[];
  readonly minutes: number;
  /** Requests a minute. */
  readonly pace: number;
  readonly bug?: BugName;
  /** Called for each run as it ends. */
  readonly onReport?: (report: RunReport) => void;
};

/** The reports, in the order of the seeds. Rejects when the process fails. */
export async function runSimulations({ seeds, minutes, pace, bug, onReport }: Simulations): Promise<RunReport[]> {
  const here = (file: string): string => join(import.meta.dir, file);
  const options = ['--seeds', seeds.join(','), '--minutes', String(minutes), '--pace', String(pace)];
  const child = Bun.spawn(
    [
      process.execPath,
      '--no-env-file',
      '--no-orphans',
      '--preload',
      here('machine/preload.ts'),
      here('main.ts'),
      ...options,
      ...(bug === undefined ? [] : ['--bug', bug]),
    ],
    { env: {}, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const reports: RunReport[] = [];
  const take = (line: string): void => {
    if (line === '') return;
    const report: RunReport = JSON.parse(line);
    reports.push(report);
    onReport?.(report);
  };
  const errors = child.stderr.text();
  let left = '';
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = `${left}${text}`.split('\n');
    left = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  take(left);
  const code = await child.exited;
  if (code !== 0) throw new Error(`the simulation ended with ${code} after ${reports.length} runs: ${await errors}`);
  return reports;
}

/** What is wrong with a run, and how to see it again; null: nothing. */
export function complaintOf(report: RunReport, minutes: number, pace: number): string | null {
  if (report.findings.length === 0) return null;
  const found = report.findings.map(({ rule, atMs, detail }) => `  ${new Date(atMs).toISOString()} ${rule}: ${detail}`);
  return [
    `seed ${report.seed} breaks: ${JSON.stringify(report.counts)}`,
    ...found,
    `again: ./unrip test --soak simulation -- --minutes ${minutes} --pace ${pace} --run ${report.seed}`,
  ].join('\n');
}

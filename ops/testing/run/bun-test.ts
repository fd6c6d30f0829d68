// Runs `bun test` over given files, lets it speak for itself on the screen, and counts by its JUnit file.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readJunit, type TestCounts } from './junit.ts';

export type BunTestRun = {
  readonly root: string;
  /** Paths from the root; at least one. */
  readonly files: readonly string[];
  /** Order of the tests, and seed of what they draw. */
  readonly seed: number;
  /** Only tests whose name matches; files without one are no failure then. */
  readonly pattern: string | null;
  /** The tests of a file tell one story, each going on where the one before it ended: they run in the order of the file. */
  readonly inOrder: boolean;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly junitFile: string;
  /** Ends the run early; what it had not counted yet is lost. */
  readonly signal: AbortSignal;
  /** For the lines that this function adds to Bun's own. */
  readonly say: (line: string) => void;
  /** Bun's own output; `ignore` for tests of this file. */
  readonly output?: 'inherit' | 'ignore';
};

/** Bun's exit code when a test failed, a file did not load, or a pattern matched nothing. */
const FAILED = 1;

/**
 * Counts of one run. A file that gave no test at all (it does not load, or has none) counts as one failure; so does a process that
 * did not end as Bun ends it, since what it had not reported may have failed.
 */
export async function runBunTest(options: BunTestRun): Promise<TestCounts> {
  rmSync(options.junitFile, { force: true });
  const flags = [
    '--no-orphans',
    '--only-failures',
    `--timeout=${options.timeoutMs}`,
    ...(options.pattern === null ? [] : [`--test-name-pattern=${options.pattern}`]),
    ...(options.inOrder ? [] : ['--randomize', `--seed=${options.seed}`]),
    '--preload=./ops/testing/preload.ts',
    '--reporter=junit',
    `--reporter-outfile=${options.junitFile}`,
  ];
  const child = Bun.spawn([process.execPath, 'test', ...flags, ...options.files.map((file) => `./${file}`)], {
    cwd: options.root,
    env: { ...options.env, UNRIP_TEST_SEED: String(options.seed) },
    stdio: ['ignore', options.output ?? 'inherit', options.output ?? 'inherit'],
    signal: options.signal,
    // What a test made of SIGTERM could keep it from ending, and by default it comes to no `finally` either.
    killSignal: 'SIGKILL',
  });
  const code = await child.exited;
  const xml = existsSync(options.junitFile) ? readFileSync(options.junitFile, 'utf8') : '';
  const report = readJunit(xml);
  const { passed } = report;
  const silent = options.files.filter((file) => !report.files.has(file));
  for (const file of silent) options.say(`${file}: no test ran (see above whether it loads)`);
  const failed = report.failed + silent.length;
  // With a pattern, whatever does not match counts as skipped, and Bun ends as with a failure when nothing matched.
  const isWithoutMatch = options.pattern !== null && code === FAILED && passed === 0;
  const isUnexplained = code !== 0 && failed === 0 && !isWithoutMatch;
  if (isUnexplained) options.say(`bun test ended with code ${code} although no test failed`);
  return {
    passed,
    skipped: options.pattern === null ? report.skipped : 0,
    failed: isUnexplained ? 1 : failed,
  };
}

/** Variables that tests may see; settings, keys and tokens of the operator are not among them. */
const PASSED_ON = /^(PATH|HOME|USER|TMPDIR|LANG|LC_\w+|TERM|NO_COLOR|FORCE_COLOR|CI|XDG_\w+|JAVA_HOME|UNRIP_\w+)$/;

/** The environment of a test process: the little it needs of our environment, silent logs, and what is added. */
export function testEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
  );
  // Blocking Kafka calls each hold a thread of Bun's pool while they wait.
  return { UV_THREADPOOL_SIZE: '8', LOG_LEVEL: 'silent', ...Object.fromEntries(kept), ...added };
}

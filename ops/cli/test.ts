// `./unrip test`: types, lint, and all tests of the checkout, the last part against a real Kafka and PostgreSQL of its own
// under .unrip/test, which it brings up and takes down again, whatever happens in between; so it does with what its tests have left.
// Types, lint and the start of the servers run at the same time as the tests that need none.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { readSources } from '../checks/sources.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { withLock } from '../stack/lock.ts';
import { startNoMoreServers } from '../stack/process.ts';
import { ensureParts, ensureStack, removeStack, type StackParts, stopStack } from '../stack/stack.ts';
import { runBunTest, testEnvironment } from '../testing/run/bun-test.ts';
import { changedFiles, testsOfChange } from '../testing/run/changed.ts';
import type { TestCounts } from '../testing/run/junit.ts';
import { endLeftOver } from '../testing/run/left-over.ts';
import { loadSoak, type ServicesSoak, type Soak, soakNames } from '../testing/run/soak.ts';
import { type Check, findChecks, findTests, idleFilters, isStory, type TestFiles } from '../testing/run/suite.ts';
import { temporaryDir } from '../testing/run/temporary.ts';
import { DATABASE_VARIABLE, KAFKA_VARIABLE } from '../testing/services.ts';
import type { Command } from './command.ts';
import { onInterrupts } from './interrupts.ts';
import { untilAborted } from './until-aborted.ts';

const DIR = join(CHECKOUT, '.unrip/test');
const STACK = join(DIR, 'stack');
/** Temporary files of the tests. What a run that was killed leaves behind, and leaves running, goes when the next one begins. */
const TEMPORARY = temporaryDir(join(DIR, 'tmp'), process.getuid?.() === 0);
/** A second run in the same checkout waits for the first, which may take this long. */
const LOCK_LIMIT_MS = 20 * 60_000;
/** Of one test. It ends those that hang, and is no measure of speed: next to other work the longest take several times their 20 s. */
const TIMEOUT_MS = 120_000;

const HELP = `./unrip test [FILTER...] [options]

Runs the type check, lint, the checks of the code base, and unit, property and integration tests. The last line counts them.

  FILTER            only test files whose path contains FILTER; \`types\` and \`lint\` select those two checks
  -t, --name TEXT   only tests whose name matches this pattern
  --changed         the fast check: types, lint, architecture, and the tests affected by files that differ from the branch
                    main (same as \`./unrip check\`)
  --seed N          seed of the test order and of the property tests (each run prints its seed)
  --no-services     do not start Kafka and PostgreSQL: tests that need them are skipped
  --soak NAME       run one long test instead; arguments after -- are passed to it

Integration tests (*.it.test.ts) run against a real Kafka and PostgreSQL that are started for this run. If these cannot be
started, the tests that need them are skipped and counted; with CI=true they fail. A run in which no test ran fails as well.
An interrupted run first ends what it has started.

soak tests: ${soakNames(CHECKOUT).join(', ') || 'none yet'}
`;

export const command: Command = { name: 'test', summary: 'types, lint, checks and all tests', help: HELP, run };

type Request = {
  readonly filters: readonly string[];
  /** Pattern of the names of tests. */
  readonly name: string | null;
  /** Only what a change can break at once. */
  readonly changed: boolean;
  readonly seed: number;
  readonly services: boolean;
  readonly soak: string | null;
  /** Arguments of the soak test. */
  readonly rest: readonly string[];
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') return misused(request);
  const work = request.soak === null ? await planSuite(request) : await planSoak(request.soak, request.rest);
  if (typeof work === 'string') return misused(work);

  const interrupted = new AbortController();
  const { signal } = interrupted;
  // Until this process ends: further signals change nothing, since a run that ended at once would leave its servers.
  onInterrupts(() => {
    if (signal.aborted) return;
    say('interrupted: ending what this run has started');
    interrupted.abort();
  });
  mkdirSync(DIR, { recursive: true });
  const lock = { limitMs: LOCK_LIMIT_MS, what: `tests in ${CHECKOUT}`, progress: say, signal };
  return await withLock(join(DIR, 'lock'), lock, async () => await work(signal));
}

/** The request, or what is wrong with it. */
export function parse(args: readonly string[]): Request | string {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  const rest = end === -1 ? [] : args.slice(end + 1);
  try {
    const { values, positionals } = parseArgs({
      args: [...own],
      allowPositionals: true,
      options: {
        seed: { type: 'string' },
        name: { type: 'string', short: 't' },
        changed: { type: 'boolean', default: false },
        'no-services': { type: 'boolean', default: false },
        soak: { type: 'string' },
      },
    });
    if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed))
      return `--seed ${values.seed}: expected a whole number up to 999999999`;
    if (values.soak !== undefined && positionals.length > 0) return 'a soak test takes no filter';
    if (values.soak !== undefined && values['no-services']) return 'a soak test needs the services';
    if (values.soak === undefined && rest.length > 0) return 'arguments after -- belong to --soak NAME';
    if (values.changed && (values.soak !== undefined || positionals.length > 0))
      return '--changed chooses the tests itself: it takes neither a filter nor --soak';
    return {
      filters: positionals,
      name: values.name ?? null,
      changed: values.changed,
      seed: values.seed === undefined ? Math.floor(Math.random() * 1_000_000_000) : Number(values.seed),
      services: !values['no-services'] && !values.changed,
      soak: values.soak ?? null,
      rest,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What a request comes down to, ready to run; or what is wrong with the request. */
type Work = ((signal: AbortSignal) => Promise<ExitCode>) | string;

async function planSuite(request: Request): Promise<Work> {
  const filters = request.changed ? await filtersOfChange() : request.filters;
  const tests = await findTests(CHECKOUT, filters);
  const checks = request.name === null ? findChecks(filters) : [];
  const idle = idleFilters(request.filters, tests, checks);
  if (idle.length > 0) return `no test file matches ${idle.join(' ')}`;
  return async (signal) => await runSuite({ request, tests, checks, signal });
}

async function filtersOfChange(): Promise<string[]> {
  const { base, paths } = await changedFiles(CHECKOUT);
  say(`${paths.length} files differ from ${base}`);
  return ['types', 'lint', ...testsOfChange(paths, readSources(CHECKOUT))];
}

type Suite = {
  readonly request: Request;
  readonly tests: TestFiles;
  readonly checks: readonly Check[];
  readonly signal: AbortSignal;
};

async function runSuite({ request, tests, checks, signal }: Suite): Promise<ExitCode> {
  await makeTemporary();
  say(`Bun ${Bun.version}, seed ${request.seed} (the same order again: --seed ${request.seed})`);

  const wanted = request.services && tests.withServices.length > 0;
  const starting = wanted ? startStack() : Promise.resolve(null);
  const checking = Promise.all(checks.map((check) => runCheck(check, signal)));
  try {
    const counts = [...(await runLanes(lanesOf(request, tests, { starting, signal }))), ...(await checking)];
    if (signal.aborted) {
      say('interrupted: the run is not complete');
      return EXIT.failure;
    }
    if (request.name !== null && counts.every(({ passed, failed }) => passed + failed === 0)) {
      say(`no test has a name that matches ${request.name}`);
      return EXIT.usage;
    }
    return conclude(counts);
  } finally {
    await starting;
    if (wanted) await stopStack(STACK);
    await removeTemporary();
  }
}

/** Empty, and without what a run that was killed has left running in it. */
async function makeTemporary(): Promise<void> {
  await removeTemporary();
  mkdirSync(TEMPORARY, { recursive: true });
}

async function removeTemporary(): Promise<void> {
  await endLeftOver([TEMPORARY]);
  rmSync(TEMPORARY, { recursive: true, force: true });
}

/** Brings up what can be; a part that cannot be had is said, and its tests are skipped. Never rejects. */
async function startStack(): Promise<StackParts> {
  const parts = await freshParts().catch((error: unknown): StackParts => {
    const fault = error instanceof Error ? error : new Error(String(error));
    return { kafka: fault, postgres: fault };
  });
  const line = (name: string, part: { readonly version: string } | Error) =>
    part instanceof Error ? `no ${name} for the tests: ${part.message}` : `${name} ${part.version} (real, of this run)`;
  say(line('Kafka', parts.kafka));
  say(line('PostgreSQL', parts.postgres));
  return parts;
}

async function freshParts(): Promise<StackParts> {
  // What the last run left is removed now, not then: its logs serve whoever looks for the reason of a failure.
  await removeStack(STACK);
  return await ensureParts(STACK, { progress: (line) => say(`stack: ${line}`) });
}

function variablesOf(parts: StackParts | null): Record<string, string> {
  if (parts === null) return {};
  return {
    ...(parts.kafka instanceof Error ? {} : { [KAFKA_VARIABLE]: parts.kafka.brokers }),
    ...(parts.postgres instanceof Error ? {} : { [DATABASE_VARIABLE]: parts.postgres.adminUrl }),
  };
}

type Surroundings = {
  readonly starting: Promise<StackParts | null>;
  readonly signal: AbortSignal;
};

/** Kafka and PostgreSQL. */
const SERVICES = 2;
/** Processes at a time for the tests that need the servers: these mostly wait. */
const SERVICE_LANES = 2;
/** For those that need none: some of them wait for processes that they start. */
const PLAIN_LANES = 2;

/**
 * The processes of a suite in lanes: tests that need the servers mostly wait for them, which leaves the processors to those that
 * need none. Stories, a process each, go to whichever lane is free first.
 */
function lanesOf(request: Request, tests: TestFiles, { starting, signal }: Surroundings): Lanes {
  const each = { seed: request.seed, pattern: request.name, signal };
  const plain = (name: string, files: readonly string[]) =>
    runFiles(files, { ...each, name: `plain-${name}`, services: {} });
  const withServices = async (name: string, files: readonly string[]) => {
    const services = variablesOf(await starting);
    const counts = await runFiles(files, { ...each, name: `it-${name}`, services });
    // With a pattern, a test that lacks its services counts as one that does not match.
    const isPartial = request.name !== null && Object.keys(services).length < SERVICES;
    return isPartial ? { ...counts, skipped: counts.skipped + files.length } : counts;
  };
  const storiesOf = (
    files: readonly string[],
    runOne: (name: string, files: readonly string[]) => Promise<TestCounts>,
  ) => files.filter(isStory).map((file, at) => () => runOne(`story-${at}`, [file]));
  const othersOf = (files: readonly string[]) => files.filter((file) => !isStory(file));
  return {
    first: [
      ...dealt(othersOf(tests.plain), PLAIN_LANES).map((files, lane) => () => plain(`shuffled-${lane}`, files)),
      ...dealt(othersOf(tests.withServices), SERVICE_LANES).map(
        (files, lane) => () => withServices(`shuffled-${lane}`, files),
      ),
    ],
    later: [...storiesOf(tests.withServices, withServices), ...storiesOf(tests.plain, plain)],
    signal,
  };
}

/** The files in so many hands, one after the other. */
const dealt = (files: readonly string[], hands: number): readonly string[][] =>
  Array.from({ length: hands }, (_, hand) => files.filter((_file, at) => at % hands === hand));

type Step = () => Promise<TestCounts>;
type Lanes = {
  /** The first step of each lane. */
  readonly first: readonly Step[];
  /** What the lanes share afterwards. */
  readonly later: Step[];
  readonly signal: AbortSignal;
};

async function runLanes({ first, later, signal }: Lanes): Promise<TestCounts[]> {
  const counts: TestCounts[] = [];
  await Promise.all(
    first.map(async (begin) => {
      for (let step: Step | undefined = begin; step !== undefined && !signal.aborted; step = later.shift())
        counts.push(await step());
    }),
  );
  return counts;
}

type TestRun = {
  /** Part of the name of its result file. */
  readonly name: string;
  readonly seed: number;
  readonly pattern: string | null;
  readonly services: Record<string, string>;
  readonly signal: AbortSignal;
};

const NO_TESTS: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/** Files in one process. */
async function runFiles(files: readonly string[], run: TestRun): Promise<TestCounts> {
  if (files.length === 0) return NO_TESTS;
  const { name, seed, pattern, services, signal } = run;
  const own = { ...process.env, [KAFKA_VARIABLE]: undefined, [DATABASE_VARIABLE]: undefined };
  return await runBunTest({
    root: CHECKOUT,
    files,
    seed,
    pattern,
    inOrder: files.every(isStory),
    timeoutMs: TIMEOUT_MS,
    env: testEnvironment(own, { ...services, TMPDIR: TEMPORARY }),
    junitFile: join(DIR, `junit-${name}.xml`),
    signal,
    say,
  });
}

/** One program as one check: what it printed is shown only when it failed. */
async function runCheck(check: Check, signal: AbortSignal): Promise<TestCounts> {
  const env = testEnvironment(process.env, {});
  const child = Bun.spawn([...check.argv], { cwd: CHECKOUT, env, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code === 0) {
    say(`${check.name}: passed`);
    return { passed: 1, failed: 0, skipped: 0 };
  }
  say(`${check.name}: FAILED\n${`${out}${err}`.trimEnd()}`);
  return { passed: 0, failed: 1, skipped: 0 };
}

async function planSoak(name: string, args: readonly string[]): Promise<Work> {
  const soak = await loadSoak(CHECKOUT, name);
  if (soak === null) return `there is no soak test ${name}; there are: ${soakNames(CHECKOUT).join(', ') || 'none yet'}`;
  const { list } = soak;
  if (list !== undefined && args.length === 1 && args[0] === '--list') {
    return async () => {
      for (const line of list()) say(line);
      return EXIT.ok;
    };
  }
  return async (signal) => await runSoak(soak, args, signal);
}

const concludeSoak = (code: number): ExitCode =>
  conclude([code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }]);

async function runSoak(soak: Soak, args: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const own = join(DIR, `soak-${soak.name}`);
  await endLeftOver([own]);
  await makeTemporary();
  process.env['TMPDIR'] = TEMPORARY;
  try {
    if (soak.withoutServices !== true) return await runWithServices(soak, args, signal);
    return concludeSoak(await untilAborted(async () => await soak.run(args), signal));
  } finally {
    // One that was interrupted goes on until this process ends.
    startNoMoreServers();
    await removeTemporary();
    await endLeftOver([own]);
  }
}

async function runWithServices(soak: ServicesSoak, args: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  await removeStack(STACK);
  try {
    const stack = await ensureStack(STACK, { progress: (line) => say(`stack: ${line}`) });
    say(`Kafka ${stack.kafkaVersion} and PostgreSQL ${stack.postgresVersion} (real, of this run)`);
    process.env[KAFKA_VARIABLE] = stack.kafkaBrokers;
    process.env[DATABASE_VARIABLE] = stack.adminUrl;
    return concludeSoak(await untilAborted(async () => await soak.run(args, stack), signal));
  } finally {
    await stopStack(STACK);
  }
}

/** Says the last line of a run, which scripts read, and gives the exit code that goes with it: where nothing ran, nothing is well. */
export function conclude(parts: readonly TestCounts[]): ExitCode {
  const { passed, failed, skipped } = addUp(parts);
  if (passed + failed === 0) say('no test ran');
  say(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  return passed > 0 && failed === 0 ? EXIT.ok : EXIT.failure;
}

const addUp = (parts: readonly TestCounts[]): TestCounts =>
  parts.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    NO_TESTS,
  );

function misused(problem: string): ExitCode {
  process.stderr.write(`unrip test: ${problem}\n\n${HELP}`);
  return EXIT.usage;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

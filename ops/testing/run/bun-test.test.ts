import { describe, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../temp-dir.ts';
import { runBunTest, testEnvironment } from './bun-test.ts';
import { readJunit } from './junit.ts';
import { findChecks, findTests, idleFilters, isStory } from './suite.ts';

const IMPORT = "import { describe, expect, test } from 'bun:test';\n";

async function runFiles(
  files: Record<string, string>,
  signal = new AbortController().signal,
  inOrder = false,
  pattern: string | null = null,
) {
  using dir = tempDir('bun-test');
  mkdirSync(join(dir.path, 'ops/testing'), { recursive: true });
  writeFileSync(join(dir.path, 'ops/testing/preload.ts'), '');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir.path, name), IMPORT + text);
  const said: string[] = [];
  const counts = await runBunTest({
    root: dir.path,
    files: Object.keys(files),
    seed: 1,
    pattern,
    inOrder,
    timeoutMs: 5_000,
    env: testEnvironment(process.env, {}),
    junitFile: join(dir.path, 'junit.xml'),
    signal,
    say: (line) => said.push(line),
    output: 'ignore',
  });
  return { counts, said };
}

describe('counts of a run', () => {
  test('passed, failed, skipped; the hooks of a skipped group are no tests', async () => {
    const text = `
      test('good > "quoted"', () => {});
      test.each([1, 2])('table %p', () => {});
      test('bad', () => { expect('</testcase>').toBe('<failure />'); });
      describe.skip('away', () => { beforeAll(() => {}); test('one', () => {}); test('two', () => {}); });
      import { beforeAll } from 'bun:test';`;
    expect(await runFiles({ 'a.test.ts': text })).toEqual({ counts: { passed: 3, failed: 1, skipped: 2 }, said: [] });
  });

  test('a file that does not load, or has no test, is a failure with its name', async () => {
    const { counts, said } = await runFiles({
      'good.test.ts': "test('good', () => {});",
      'broken.test.ts': "import './not-there.ts';\ntest('never', () => {});",
      'empty.test.ts': 'export {};',
    });
    expect(counts).toEqual({ passed: 1, failed: 2, skipped: 0 });
    expect(said.toSorted()).toEqual([
      expect.stringMatching(/^broken\.test\.ts: no test ran/),
      expect.stringMatching(/^empty\.test\.ts: no test ran/),
    ]);
  });

  test('with a pattern only what matches counts, and a file without a match is no failure', async () => {
    const files = {
      'a.test.ts': "test('one', () => {});\ntest('two', () => { expect(1).toBe(2); });",
      'b.test.ts': "test('three', () => {});",
    };
    const signal = new AbortController().signal;
    const counted = async (pattern: string) => (await runFiles(files, signal, false, pattern)).counts;
    expect(await counted('one')).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(await counted('two')).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(await counted('none')).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  test.each<[string, Record<string, string>]>([
    ['a file that does not load', { 'b.test.ts': "import './not-there.ts';\ntest('one more', () => {});" }],
    [
      'a file that ends the process',
      { 'b.test.ts': "test('one more', () => { process.kill(process.pid, 'SIGKILL'); });" },
    ],
    [
      'a file whose tests leave an error behind',
      {
        'b.test.ts':
          "test('one more', () => {});\nafterAll(() => { throw new Error('late'); });\nimport { afterAll } from 'bun:test';",
      },
    ],
  ])('with a pattern too, %s is a failure', async (_what, broken) => {
    const files = { 'a.test.ts': "test('one', () => {});", ...broken };
    const { counts } = await runFiles(files, new AbortController().signal, false, 'one');
    expect(counts.failed).toBeGreaterThan(0);
  });

  test('a story runs as it is written, whatever the seed', async () => {
    const steps = Array.from({ length: 12 }, (_, step) => `test('${step}', () => { expect(steps++).toBe(${step}); });`);
    const text = `let steps = 0;\n${steps.join('\n')}`;
    const signal = new AbortController().signal;
    expect((await runFiles({ 'a.story.test.ts': text }, signal, true)).counts).toMatchObject({ passed: 12, failed: 0 });
    expect((await runFiles({ 'a.story.test.ts': text }, signal, false)).counts.failed).toBeGreaterThan(0);
  });

  test('a run that is stopped ends, with what it had not counted as failed', async () => {
    const controller = new AbortController();
    const running = runFiles(
      { 'a.test.ts': "test('endless', async () => { await new Promise(() => {}); }, 60_000);" },
      controller.signal,
    );
    controller.abort();
    expect((await running).counts.failed).toBeGreaterThan(0);
  });
});

test('nothing is counted where nothing was reported', () => {
  expect(readJunit('')).toEqual({ passed: 0, failed: 0, skipped: 0, files: new Set() });
});

test('tests see what they need of the environment, and no key, token or setting', () => {
  const env = testEnvironment(
    {
      PATH: '/bin',
      NEAR_PRIVATE_KEY: 'k',
      CONTROL_TOKEN: 't',
      KAFKA_BROKERS: 'b',
      DATABASE_URL: 'd',
      UNRIP_CACHE: 'c',
    },
    { ADDED: 'yes' },
  );
  expect(env).toEqual({ UV_THREADPOOL_SIZE: '8', LOG_LEVEL: 'silent', PATH: '/bin', UNRIP_CACHE: 'c', ADDED: 'yes' });
});

test('the files of a run: all, or what a filter names, those that need services apart', async () => {
  using dir = tempDir('suite');
  for (const file of [
    'engine/a.test.ts',
    'engine/a.ts',
    'ops/cli/b.it.test.ts',
    'ops/node_modules.test.ts',
    'other/c.test.ts',
  ]) {
    mkdirSync(join(dir.path, file, '..'), { recursive: true });
    writeFileSync(join(dir.path, file), '');
  }
  expect(await findTests(dir.path, [])).toEqual({
    plain: ['engine/a.test.ts', 'ops/node_modules.test.ts'],
    withServices: ['ops/cli/b.it.test.ts'],
  });
  expect(await findTests(dir.path, ['./ops/cli'])).toEqual({ plain: [], withServices: ['ops/cli/b.it.test.ts'] });
  const all = await findTests(dir.path, []);
  expect(idleFilters(['ops/cli', './engine/a', 'lint', 'engine/b', 'lin'], all, findChecks([]))).toEqual([
    'engine/b',
    'lin',
  ]);
  expect(findChecks([]).map(({ name }) => name)).toEqual(['types', 'lint']);
  expect(findChecks(['engine', 'lint']).map(({ name }) => name)).toEqual(['lint']);
});

test.each([
  ['ops/harness/engine/engine.story.test.ts', true],
  ['engine/a.story.it.test.ts', true],
  ['engine/story.test.ts', false],
  ['engine/a.it.test.ts', false],
])('%s is a story: %p', (file, expected) => {
  expect(isStory(file)).toBe(expected);
});

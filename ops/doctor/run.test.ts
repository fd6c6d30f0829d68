import { expect, test } from 'bun:test';
import { lastingTimers } from '../../contracts/runtime/clock.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { type Category, type Check, fail, fatal, type Line, pass, warn } from './check.ts';
import { reportJson, reportText } from './report.ts';
import { runCategories, worstOf } from './run.ts';

const check = (name: string, run: Check['run'], limitMs?: number): Check => ({
  name,
  fix: `repair ${name}`,
  run,
  ...(limitMs === undefined ? {} : { limitMs }),
});
const category = (...checks: readonly Check[]): Category => ({ name: 'near', checks });
const only = async (given: Category) => (await runCategories([given], lastingTimers))[0];

test('a category goes on after a failure, and ends at a fatal one', async () => {
  const report = await only(
    category(
      check('a', () => [fail('broken', 'repair it')]),
      check('b', () => [pass('fine'), fatal('gone', 'bring it back')]),
      check('c', () => [pass('never asked')]),
    ),
  );
  expect(report?.lines.map(({ check: name, status }) => [name, status])).toEqual([
    ['a', 'fail'],
    ['b', 'pass'],
    ['b', 'fail'],
  ]);
  expect(report?.notRun).toEqual(['c']);
});

test.each([
  ['throws', () => Promise.reject(new Error('socket hang up')), 'socket hang up'],
  [
    'throws at once',
    (): readonly Line[] => {
      throw new Error('no such file');
    },
    'no such file',
  ],
  ['gives no line', () => [], 'the check gave no result'],
])('a check that %s has failed, with the fix of the check', async (_name, run, detail) => {
  const report = await only(category(check('a', run)));
  expect(report?.lines).toEqual([{ ...fatal(detail, 'repair a'), check: 'a' }]);
});

test('a failure counts, and ends what cannot be judged after it, however many lines come before it', async () => {
  const many = Array.from({ length: 200 }, (_, at) => pass(`line ${at}`));
  const report = await only(
    category(
      check('a', () => [...many, fatal('gone', 'bring it back')]),
      check('b', () => [pass('never asked')]),
    ),
  );
  expect(worstOf(report === undefined ? [] : [report])).toBe('fail');
  expect(report?.lines[0]).toMatchObject({ status: 'fail', detail: 'gone' });
  expect(report?.lines.at(-1)).toMatchObject({ status: 'warn', detail: '137 further lines are not shown' });
  expect(report?.notRun).toEqual(['b']);
});

test('a check that never ends has failed when its time is over', async () => {
  const clock = new ManualClock();
  const running = runCategories([category(check('a', () => new Promise(() => {}), 700))], clock);
  await Promise.resolve();
  clock.advance(700);
  const [report] = await running;
  expect(report?.lines[0]).toMatchObject({
    status: 'fail',
    detail: 'nothing was found out within 0.7 s',
    fix: 'repair a',
  });
});

test('at most four categories run at the same time, and all are closed', async () => {
  let running = 0;
  let most = 0;
  let closed = 0;
  const names = ['configuration', 'machine', 'near', 'venue', 'prices', 'kafka', 'postgres'] as const;
  const categories = names.map((name) => ({
    name,
    checks: [
      check('a', async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (name === 'kafka') throw new Error('no broker');
        return [pass('fine')];
      }),
    ],
    close: () => {
      closed += 1;
    },
  }));
  const reports = await runCategories(categories, lastingTimers);
  expect(reports.map((report) => report.category)).toEqual([...names]);
  expect([most, closed]).toEqual([4, 7]);
});

test('the worst line counts', () => {
  const of = (...lines: readonly Line[]) => [
    { category: 'near' as const, lines: lines.map((line) => ({ ...line, check: 'a' })), notRun: [] },
  ];
  expect(worstOf(of(pass('a')))).toBe('pass');
  expect(worstOf(of(pass('a'), warn('b', 'c')))).toBe('warn');
  expect(worstOf(of(warn('b', 'c'), fail('d', 'e')))).toBe('fail');
});

test('neither form shows a secret, or what steers a terminal, whatever a server answered', () => {
  const key = `ed25519:${'5'.repeat(88)}`;
  const lines = [{ ...fail(`refused ${key} and hunter22-secret\u001b[2J`, 'ask\nagain'), check: 'a' }];
  const reports = [{ category: 'near' as const, lines, notRun: ['b'] }];
  for (const text of [reportText(reports, ['hunter22-secret']), reportJson(reports, ['hunter22-secret'])]) {
    expect(text).not.toContain('hunter22-secret');
    expect(text).not.toContain('5555555555');
    expect(text).not.toContain('\u001b');
    expect(text).toContain('[redacted]');
  }
  expect(reportText(reports, [])).toEndWith('not checked: b\npass 0, warn 0, fail 1\n');
});

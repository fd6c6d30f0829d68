import { describe, expect, test } from 'bun:test';
import { judgeBehind, judgeWhole, type Produced, type Rows } from './judge.ts';

const produced = (ids: Readonly<Record<string, readonly string[]>>): Produced =>
  new Map(Object.entries(ids).map(([table, of]) => [table, new Set(of)]));
const rowsOf = (ids: Readonly<Record<string, readonly string[]>>, dead: Rows['dead'] = []): Rows => ({
  eventIds: new Map(Object.entries(ids)),
  dead,
});

describe('a history that is not behind', () => {
  const all = produced({ a: ['1', '2'], b: ['3'] });

  test('has each event once', () => {
    expect(judgeWhole('whole', all, rowsOf({ a: ['1', '2'], b: ['3'] }))).toMatchObject({ ok: true });
  });

  test.each<[string, Rows, string]>([
    ['lacks one', rowsOf({ a: ['1'], b: ['3'] }), 'lost: 2 of a'],
    ['lacks a table', rowsOf({ a: ['1', '2'] }), 'lost: 3 of b'],
    ['has one twice', rowsOf({ a: ['1', '2', '2'], b: ['3'] }), 'twice: 1 in a'],
    ['has a dead letter', rowsOf({ a: ['1', '2'], b: ['3'] }, [{ origin: 'x', eventId: '9' }]), 'dead letter: 9 of x'],
  ])('is not whole when it %s', (_what, rows, detail) => {
    expect(judgeWhole('whole', all, rows)).toMatchObject({ ok: false, detail: expect.stringContaining(detail) });
  });

  test('may have dead letters where they were to be expected', () => {
    const rows = rowsOf({ a: ['1', '2'], b: ['3'] }, [{ origin: 'x', eventId: '9' }]);
    expect(judgeWhole('whole', all, rows, ['x'])).toMatchObject({ ok: true });
  });
});

describe('a history whose writer is older', () => {
  const given = { older: produced({ a: ['1'] }), newer: produced({ a: ['2'], b: ['3'] }), documented: ['topic-b'] };
  const dead = [{ origin: 'topic-b', eventId: '3' }];

  test('has rows, or the text of a record in a dead letter', () => {
    const findings = judgeBehind({ ...given, rows: rowsOf({ a: ['1', '2'], b: [] }, dead) });
    expect(findings.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  test.each<[string, Rows, readonly boolean[]]>([
    ['lost what its own version wrote', rowsOf({ a: ['2'] }, dead), [false, true, true]],
    ['lost a newer record without a word', rowsOf({ a: ['1', '2'] }), [true, false, true]],
    [
      'made a dead letter without the text',
      rowsOf({ a: ['1', '2'] }, [{ origin: 'topic-b', eventId: null }]),
      [true, false, true],
    ],
    [
      'made dead letters of which nobody speaks',
      rowsOf({ a: ['1', '2'] }, [...dead, { origin: 'topic-c', eventId: '4' }]),
      [true, true, false],
    ],
  ])('%s', (_what, rows, ok) => {
    expect(judgeBehind({ ...given, rows }).map((finding) => finding.ok)).toEqual([...ok]);
  });
});

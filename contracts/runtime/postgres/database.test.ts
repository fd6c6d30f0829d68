// What an error of PostgreSQL means to whoever has to go on.

import { expect, test } from 'bun:test';
import { explainDatabase, isOfRecord, troubleOf } from './database.ts';

const error = (code: string, message = 'said so') => Object.assign(new Error(message), { code });

test.each([
  ['ECONNREFUSED', 'unreachable'],
  ['CONNECT_TIMEOUT', 'unreachable'],
  ['CONNECTION_CLOSED', 'unreachable'],
  ['57P01', 'unreachable'],
  ['53300', 'unreachable'],
  ['40P01', 'unreachable'],
  ['28P01', 'refused'],
  ['3D000', 'refused'],
  ['42501', 'refused'],
  ['22003', 'data'],
  ['23514', 'data'],
  ['54000', 'data'],
  ['42P01', 'other'],
  ['25006', 'unreachable'],
  ['08006', 'unreachable'],
  ['08P01', 'other'],
  ['', 'other'],
])('%s is %s', (code, kind) => expect(troubleOf(error(code)).kind).toBe(kind as never));

test.each([
  ['22003', true],
  ['XX000', true],
  ['', true],
  ['42703', false],
  ['25006', false],
  ['57014', false],
  ['28P01', false],
  // A damaged table or index refuses every record, one by one.
  ['XX001', false],
  ['XX002', false],
  ['26000', false],
  ['ECONNREFUSED', false],
])('%p may be the fault of a record: %p', (code, expected) => {
  expect(isOfRecord(troubleOf(error(code)))).toBe(expected);
});

test.each([
  ['08P01', 'unsupported startup parameter: statement_timeout', 'ignore_startup_parameters'],
  ['08P01', 'unsupported startup parameter in options: TimeZone', 'ignore_startup_parameters'],
  ['26000', 'prepared statement "s1" does not exist', '?prepare=false'],
  ['42P05', 'prepared statement "s1" already exists', '?prepare=false'],
])('%s of a pooler (%s) names the setting that helps', (code, message, setting) => {
  const text = explainDatabase(error(code, message), {
    url: 'postgres://unrip@127.0.0.1:6432/unrip',
    variable: 'DATABASE_URL',
  });
  expect(text).toContain(setting);
  expect(text).not.toContain('stack up');
});

test('anything that was thrown is reported', () => {
  expect(troubleOf('a text')).toEqual({ kind: 'other', code: '', message: 'a text' });
});

test('an explanation names the server and the fix, never the password', () => {
  const url = 'postgres://unrip:hunter2secret@127.0.0.1:5432/unrip';
  const database = { url, variable: 'DATABASE_READER_URL' };
  const text = explainDatabase(error('ECONNREFUSED', `cannot reach ${url}`), database);
  expect(text).toContain('127.0.0.1:5432');
  expect(text).toContain('./unrip stack up');
  expect(text).not.toContain('hunter2secret');
  expect(text).toContain('set DATABASE_READER_URL to');
  expect(explainDatabase(error('28P01'), database)).toContain('Set DATABASE_READER_URL to');
});

test.each([
  'postgres://unrip:hunter2secret@a.example:5432,b.example:5433/unrip',
  'postgres://a.example,b.example/unrip?user=unrip&password=hunter2secret',
  'postgres:///unrip?host=/run/pg&password=hunter2secret',
])('a message that holds %s shows hosts only', (url) => {
  const { message } = troubleOf(error('ECONNREFUSED', `cannot reach ${url}`));
  expect(message).toMatch(/^cannot reach PostgreSQL at (?:a\.example:5432,b\.example:543[23]|\/run\/pg:5432)$/);
});

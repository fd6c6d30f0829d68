import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type DatabaseAddress, databaseHostOf, parseDatabaseUrl } from './database-url.ts';

const PLAIN: DatabaseAddress = {
  hosts: [{ host: 'localhost', port: 5432 }],
  user: null,
  password: null,
  database: null,
  sslMode: 'disable',
  prepare: true,
  sessionAttrs: 'any',
  settings: {},
};

test.each<[string, Partial<DatabaseAddress>]>([
  ['postgres://', {}],
  ['postgresql://db.example', { hosts: [{ host: 'db.example', port: 5432 }] }],
  [
    'postgres://me:p%40ss:w@db.example:6432/unrip',
    { hosts: [{ host: 'db.example', port: 6432 }], user: 'me', password: 'p@ss:w', database: 'unrip' },
  ],
  ['postgres://me@with.at@h/x', { hosts: [{ host: 'h', port: 5432 }], user: 'me@with.at', database: 'x' }],
  [
    'postgres:///unrip?host=/var/run/postgresql',
    { hosts: [{ host: '/var/run/postgresql', port: 5432 }], database: 'unrip' },
  ],
  ['postgres:///unrip?host=%2Frun%2Fpg&port=5433', { hosts: [{ host: '/run/pg', port: 5433 }], database: 'unrip' }],
  [
    'postgres://%2Fvar%2Frun%2Fpostgresql/unrip',
    { hosts: [{ host: '/var/run/postgresql', port: 5432 }], database: 'unrip' },
  ],
  [
    'postgres://me@a:5433,b,[::1]:5434/unrip',
    {
      hosts: [
        { host: 'a', port: 5433 },
        { host: 'b', port: 5432 },
        { host: '::1', port: 5434 },
      ],
      user: 'me',
      database: 'unrip',
      sessionAttrs: 'read-write',
    },
  ],
  [
    'postgres:///x?host=a,b&port=1,2&target_session_attrs=any',
    {
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      database: 'x',
    },
  ],
  [
    'postgres://h/x?user=me&password=a%26b&dbname=y',
    { hosts: [{ host: 'h', port: 5432 }], user: 'me', password: 'a&b', database: 'y' },
  ],
  ['postgres://?prepare=false&sslmode=require', { prepare: false, sslMode: 'require' }],
  ['postgres://?search_path=unrip', { settings: { search_path: 'unrip' } }],
])('%s', (url, expected) => {
  expect(parseDatabaseUrl(url)).toEqual({ ok: true, value: { ...PLAIN, ...expected } });
});

test.each([
  ['mysql://h/x', 'not a URL'],
  ['db.example:5432', 'not a URL'],
  ['postgres://h/a/b', 'not a URL'],
  ['postgres://h:0/x', 'invalid port'],
  ['postgres://h:65536/x', 'invalid port'],
  ['postgres://a,,b/x', 'invalid host'],
  ['postgres://h/%zz', 'write %25'],
  ['postgres://h?sslmode=allow', 'sslmode that is none of'],
  ['postgres://h?prepare=no', 'prepare that is none of'],
  ['postgres://h?target_session_attrs=writable', 'target_session_attrs that is none of'],
  ['postgres://h?channel_binding=require', 'channel_binding, which is not supported here'],
  ['postgres://h?sslrootcert=/ca.pem', 'NODE_EXTRA_CA_CERTS'],
  ['postgres://h?a=1&a=2', 'a twice'],
  ['postgres://h?flag', 'not name=value'],
  ['postgres:///x?host=/run/pg,other', 'a socket together with other hosts'],
  ['postgres:///x?host=a,b,c&port=1,2', 'different numbers of ports'],
  [`postgres://${'h,'.repeat(16)}h/x`, 'more than 16 hosts'],
  [`postgres://${'h'.repeat(5000)}/x`, 'not a URL'],
])('%s is refused: %s', (url, problem) => {
  const parsed = parseDatabaseUrl(url);
  expect(parsed.ok ? '' : parsed.problem).toContain(problem);
});

test('any text is an address or a problem, and no problem shows the password', () => {
  const part = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('@', ':', '/', '?', 'host=', '&', ',', '%', '[', ']'),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const parsed = parseDatabaseUrl(`postgres://me:s3cretword@${parts.join('')}`);
      if (!parsed.ok) expect(parsed.problem).not.toContain('s3cretword');
      else expect(parsed.value.hosts.length).toBeGreaterThan(0);
    }),
  );
});

describe('the hosts for a log', () => {
  test.each([
    ['postgres://me:secret@a:1,[::1]/x', 'a:1,[::1]:5432'],
    ['postgres:///x?host=/run/pg&password=secret', '/run/pg:5432'],
    ['secret', '(no URL)'],
  ])('%s: %s', (url, shown) => expect(databaseHostOf(url)).toBe(shown));
});

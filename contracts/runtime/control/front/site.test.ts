import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createSitePolicy, isLoopback, parseAuthority } from './site.ts';

const LOOPBACK_NAMES = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  '127.0.0.1',
  '127.9.8.7',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
];

test.each(LOOPBACK_NAMES)('%p is a name of loopback, with and without a port and an origin', (name) => {
  const policy = createSitePolicy('127.0.0.1');
  for (const host of [name, `${name}:7070`, `${name}:`]) expect(policy.judge(host, null)).toBe('ours');
  for (const other of LOOPBACK_NAMES) expect(policy.judge(`${name}:7070`, `http://${other}:7070`)).toBe('ours');
  expect(policy.judge(`${name}:7070`, `http://${name}:7071`)).toBe('foreign_origin');
});

test.each([
  'evil.example',
  'localhost.evil.example',
  'localhostx',
  '127.0.0.1.evil.example',
  '127.0.0.256',
  '128.0.0.1',
  '0.0.0.0',
  '[::]',
  '[::ffff:128.0.0.1]',
  '[fe80::1]',
  '2130706433',
  '0x7f.1',
  '127.1',
])('%p is a foreign host on loopback', (host) => {
  expect(createSitePolicy('localhost').judge(host, null)).toBe('foreign_host');
});

test.each([
  '',
  ' ',
  'a b',
  'a/b',
  'a:b',
  'a:1:2',
  'a:70000',
  'a@b',
  '[::1',
  '::1',
  '[::1]x',
  '[zz::1]',
  'a..b',
  '.',
  'a?',
  'a#',
  '%6c',
  'h\xe9',
  'a, b',
])('%p is no host', (host) => {
  expect(parseAuthority(host)).toBeNull();
  expect(createSitePolicy('0.0.0.0').judge(host, null)).toBe('host_malformed');
});

test.each([
  ['ops.example:443', 'https://ops.example', 'ours'],
  ['ops.example', 'https://ops.example', 'ours'],
  ['ops.example', 'https://ops.example:443', 'ours'],
  ['ops.example:80', 'http://ops.example', 'ours'],
  ['OPS.example.:7070', 'http://ops.example:7070', 'ours'],
  ['[2001:db8::1]:7070', 'http://[2001:db8:0:0::1]:7070', 'ours'],
  ['[::ffff:10.0.0.1]:7070', 'http://10.0.0.1:7070', 'ours'],
  ['ops.example:443', 'http://ops.example', 'foreign_origin'],
  ['ops.example', 'http://ops.example:8080', 'foreign_origin'],
  ['ops.example', 'https://evil.example', 'foreign_origin'],
  ['ops.example', 'null', 'foreign_origin'],
  ['ops.example', '', 'foreign_origin'],
  ['ops.example', 'https://ops.example/', 'foreign_origin'],
  ['ops.example', 'https://ops.example@evil.example', 'foreign_origin'],
  ['ops.example', 'ftp://ops.example', 'foreign_origin'],
  [null, 'https://ops.example', 'foreign_origin'],
])('host %p with origin %p is %s', (host, origin, verdict) => {
  expect(createSitePolicy('0.0.0.0').judge(host, origin)).toBe(verdict as 'ours');
});

test.each([
  ['10.0.0.5', '10.0.0.5:7070', 'ours'],
  ['10.0.0.5', 'localhost:7070', 'ours'],
  ['10.0.0.5', 'evil.example:7070', 'foreign_host'],
  ['fd00::5', '[fd00:0::5]:7070', 'ours'],
  ['ops.internal', 'OPS.internal.', 'ours'],
  ['ops.internal', 'ops.internal.evil.example', 'foreign_host'],
  ['::', 'unrip.svc:7070', 'ours'],
  ['0.0.0.0', 'unrip.svc:7070', 'ours'],
])('listening on %s, the host %s is %s', (controlHost, host, verdict) => {
  expect(createSitePolicy(controlHost).judge(host, null)).toBe(verdict as 'ours');
});

test('loopback is known by address and name', () => {
  for (const host of ['127.0.0.1', 'localhost', '::1', '[::1]', '127.1.2.3']) expect(isLoopback(host)).toBe(true);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '']) expect(isLoopback(host)).toBe(false);
});

test('any text is judged', () => {
  const policy = createSitePolicy('127.0.0.1');
  fc.assert(
    fc.property(fc.option(fc.string()), fc.option(fc.oneof(fc.string(), fc.webUrl())), (host, origin) => {
      expect(['ours', 'host_malformed', 'foreign_host', 'foreign_origin']).toContain(policy.judge(host, origin));
    }),
  );
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { HEAD_BYTES_MAX, readHead } from './http.ts';

const read = (text: string) => readHead(Buffer.from(text, 'latin1'));
const head = (text: string) => {
  const result = read(text);
  if (result.kind !== 'head') throw new Error(JSON.stringify(result));
  return result.head;
};
const refusal = (text: string): string => {
  const result = read(text);
  return result.kind === 'refused' ? `${result.problem.status} ${result.problem.code}` : result.kind;
};

test('reads method, path, host and the headers that count', () => {
  const text =
    'PUT /strategy/threshold?x=/livez HTTP/1.1\r\nHost: localhost:7070\r\ncontent-length:  12 \r\n' +
    'AUTHORIZATION: Bearer t\r\nOrigin: http://localhost:7070\r\nContent-Type: application/json\r\nX: \xe9\r\n\r\nbody';
  expect(read(text)).toMatchObject({ kind: 'head', bytes: text.length - 4 });
  expect(head(text)).toEqual({
    method: 'PUT',
    path: '/strategy/threshold',
    query: 'x=/livez',
    websocket: null,
    host: 'localhost:7070',
    origin: 'http://localhost:7070',
    authorization: 'Bearer t',
    contentType: 'application/json',
    contentLength: 12,
    keepAlive: true,
    expectsContinue: false,
  });
});

test.each([
  ['GET /livez HTTP/1.1\r\nHost: h\r\n\r\n', '/livez', 'h'],
  ['GET /livez?a?b HTTP/1.1\r\nHost: h\r\n\r\n', '/livez', 'h'],
  ['GET http://h:80/state?x HTTP/1.1\r\nHost: h:80\r\n\r\n', '/state', 'h:80'],
  ['GET http://H HTTP/1.1\r\nHost: h\r\n\r\n', '/', 'H'],
  ['GET http://h?livez HTTP/1.1\r\nHost: h\r\n\r\n', '/', 'h'],
  ['GET /livez HTTP/1.0\r\n\r\n', '/livez', null],
  ['GET http://h/livez HTTP/1.0\r\n\r\n', '/livez', 'h'],
  // Each stays what it is: none of them is a route.
  ['GET //livez HTTP/1.1\r\nHost: h\r\n\r\n', '//livez', 'h'],
  ['GET /%6civez HTTP/1.1\r\nHost: h\r\n\r\n', '/%6civez', 'h'],
  ['GET /state/../livez HTTP/1.1\r\nHost: h\r\n\r\n', '/state/../livez', 'h'],
  ['GET /livez;x HTTP/1.1\r\nHost: h\r\n\r\n', '/livez;x', 'h'],
  ['GET /state%3f/livez HTTP/1.1\r\nHost: h\r\n\r\n', '/state%3f/livez', 'h'],
  ['GET /livez%2f HTTP/1.1\r\nHost: h\r\n\r\n', '/livez%2f', 'h'],
])('of %p the path is taken as it is sent', (text, path, host) => {
  expect(head(text)).toMatchObject({ path, host });
});

test.each([
  ['GET /livez HTTP/1.1\r\n\r\n', '400 host-missing'],
  ['GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['GET http://a/livez HTTP/1.1\r\nHost: b\r\n\r\n', '400 request-malformed'],
  ['GET livez HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['GET /a#/livez HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['GET  /a HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['GET /\t HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['G@T / HTTP/1.1\r\nHost: a\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/2.0\r\nHost: a\r\n\r\n', '505 version-not-supported'],
  ['GET /\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost : a\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n', '400 request-malformed'],
  ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1e9999\r\n\r\n', '400 request-malformed'],
  ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', '411 length-required'],
  [`GET /${'a'.repeat(2048)} HTTP/1.1\r\nHost: a\r\n\r\n`, '414 target-too-long'],
  [`GET / HTTP/1.1\r\nHost: a\r\n${'x: y\r\n'.repeat(64)}\r\n`, '431 head-too-large'],
  [`GET / HTTP/1.1\r\nHost: ${'a'.repeat(HEAD_BYTES_MAX)}\r\n\r\n`, '431 head-too-large'],
  ['a'.repeat(HEAD_BYTES_MAX + 1), '431 head-too-large'],
  ['\x16\x03\x01\x02\r\n\r\n', '400 request-malformed'],
])('%p is refused', (text, refused) => {
  expect(refusal(text)).toBe(refused);
});

test.each([
  ['HTTP/1.1', 'keep-alive', true],
  ['HTTP/1.1', 'close', false],
  ['HTTP/1.1', 'Keep-Alive, Close', false],
  ['HTTP/1.1', 'closed', true],
  ['HTTP/1.0', 'keep-alive', false],
])('%s with Connection: %s keeps the connection: %p', (version, connection, keepAlive) => {
  expect(head(`GET / ${version}\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`).keepAlive).toBe(keepAlive);
});

test('any bytes are a head, a refusal, or incomplete, and an end that was searched for once is still found', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.stringMatching(/^[A-Z]{1,4} [ -~]{0,20} HTTP\/[01]\.[01]\r\n(?:[A-Za-z: -]{0,20}\r\n){0,4}\r\n$/),
  );
  fc.assert(
    fc.property(bytes, fc.nat(), (given, cut) => {
      const whole = typeof given === 'string' ? Buffer.from(given, 'latin1') : Buffer.from(given);
      const first = whole.subarray(0, cut % (whole.length + 1));
      const result = readHead(whole);
      if (readHead(first).kind === 'incomplete') expect(readHead(whole, first.length)).toEqual(result);
      expect(['head', 'refused', 'incomplete']).toContain(result.kind);
    }),
  );
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { longRuns } from '../../../../ops/testing/bounded.ts';
import { FUZZ, mutatedBytes } from '../../../../ops/testing/mutated.ts';
import { BODY_BYTES_MAX, HEAD_BYTES_MAX, readHead } from './http.ts';

const heads = [
  'GET /state HTTP/1.1\r\nHost: localhost:7070\r\nAuthorization: Bearer token\r\n\r\n',
  'PUT /strategy/threshold?x=/livez HTTP/1.1\r\nHost: [::1]:7070\r\nOrigin: http://localhost:7070\r\n' +
    'Content-Type: application/json\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n{"pct":"2"}\n',
  'POST http://localhost/arm HTTP/1.0\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'));

test('any bytes are a head of bounded fields, a refusal with a status of its own, or incomplete', () => {
  fc.assert(
    fc.property(mutatedBytes(heads), (bytes) => {
      const result = readHead(Buffer.from(bytes));
      if (result.kind === 'incomplete') expect(bytes.length).toBeLessThanOrEqual(HEAD_BYTES_MAX);
      if (result.kind === 'refused') {
        expect(result.problem.status >= 400 && result.problem.status < 600).toBe(true);
        expect(result.problem.detail).not.toBe('');
      }
      if (result.kind !== 'head') return;
      const { head } = result;
      expect(result.bytes).toBeLessThanOrEqual(bytes.length);
      expect(head.path).toMatch(/^\/[\x21-\x7e]*$/);
      expect(head.path).not.toMatch(/[?#]/);
      expect(Number.isSafeInteger(head.contentLength) && head.contentLength >= 0).toBe(true);
      for (const text of [head.host, head.origin, head.authorization, head.contentType]) {
        expect(text ?? '').not.toMatch(/[\r\n\0]|^[ \t]|[ \t]$/);
      }
    }),
    FUZZ,
  );
});

test('a head of the maximum size takes little time, whatever it repeats', () => {
  const names = ['X: ', 'X: a', 'Connection: close', 'Content-Type: application/', 'Authorization: Bearer ', 'Host: '];
  const beginnings = ['', ...names.map((name) => `GET / HTTP/1.1\r\nHost: a\r\n${name}`), 'GET /'];
  for (const text of longRuns(HEAD_BYTES_MAX - 100, beginnings, ['x\r\n\r\n', '\x01\r\n\r\n'])) {
    expect(readHead(Buffer.from(text, 'latin1')).kind).not.toBe('incomplete');
  }
});

test('a body of the maximum size is announced, and a larger one recognised', () => {
  const announced = (length: string) =>
    readHead(Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`));
  expect(announced(String(BODY_BYTES_MAX))).toMatchObject({ kind: 'head', head: { contentLength: BODY_BYTES_MAX } });
  for (const length of ['-1', '+1', '1.5', '0x10', '1e3', '9'.repeat(16), '']) {
    expect(announced(length).kind).toBe('refused');
  }
});

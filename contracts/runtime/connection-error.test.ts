import { expect, test } from 'bun:test';
import { cannotReach, connectionProblem } from './connection-error.ts';

/** A port of this machine on which nothing listens any more. */
function closedPort(): number {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
  const { port } = server;
  server.stop(true);
  return port ?? 0;
}

test('a refused connection is named by host, cause and remedy', async () => {
  const port = closedPort();
  const error: unknown = await fetch(`http://127.0.0.1:${port}/path?key=secret`).catch((thrown: unknown) => thrown);
  expect(connectionProblem(error)).toBe(
    `cannot reach 127.0.0.1:${port}: ECONNREFUSED (nothing listens there; start it, or correct the address)`,
  );
});

test('a host that closes the connection is named', async () => {
  using listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket) {
        socket.end();
      },
    },
  });
  const error: unknown = await fetch(`http://127.0.0.1:${listener.port}/x`).catch((thrown: unknown) => thrown);
  expect(connectionProblem(error)).toBe(cannotReach(`127.0.0.1:${listener.port}`, 'ECONNRESET'));
});

test.each([
  ['no error', null],
  ['another error', new Error('x')],
  ['a file that is missing', Object.assign(new Error('x'), { code: 'ENOENT', path: '/tmp/x' })],
  ['a code that is no text', Object.assign(new Error('x'), { code: 23, path: 'http://h/' })],
])('%s is no connection problem', (_name, error) => {
  expect(connectionProblem(error)).toBeNull();
});

test('a code that is not known is given as it is', () => {
  expect(cannotReach('h:1', 'EODD')).toBe('cannot reach h:1: EODD');
});

test.each([
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another host'],
])('%s says what is wrong with the certificate', (code, wanted) => {
  expect(cannotReach('host:443', code)).toContain(wanted);
});

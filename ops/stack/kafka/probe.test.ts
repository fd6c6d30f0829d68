import { expect, test } from 'bun:test';
import { brokerAnswers, brokersInAnswer, metadataRequest } from './probe.ts';

/** An answer up to the count of brokers, which is all that is read. */
function answer(correlationId: number, brokers: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32BE(12, 0);
  bytes.writeInt32BE(correlationId, 4);
  bytes.writeInt32BE(brokers, 12);
  return bytes;
}

test('the request says its own length, Metadata version 4, and no topic', () => {
  const request = metadataRequest(7);
  expect(request.readInt32BE(0)).toBe(request.length - 4);
  expect([request.readInt16BE(4), request.readInt16BE(6), request.readInt32BE(8)]).toEqual([3, 4, 7]);
  expect(request.subarray(-5)).toEqual(Buffer.alloc(5));
});

test('an answer counts once it is complete, and only under its own number', () => {
  const whole = answer(7, 1);
  for (let length = 0; length < whole.length; length++) {
    expect(brokersInAnswer(whole.subarray(0, length), 7)).toBeNull();
  }
  expect(brokersInAnswer(whole, 7)).toBe(1);
  expect(brokersInAnswer(whole, 8)).toBe(0);
  expect(brokersInAnswer(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 7)).toBeNull();
});

test.each([
  ['lists itself', 1, true],
  ['listens but is not admitted yet', 0, false],
])('a broker that %s', async (_, brokers, expected) => {
  using server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket, chunk) {
        const bytes = answer(chunk.readInt32BE(8), brokers);
        socket.write(bytes.subarray(0, 5));
        socket.write(bytes.subarray(5));
      },
    },
  });
  expect(await brokerAnswers(server.port)).toBe(expected);
});

test('a port that closes the connection, stays silent, or is not there is no broker', async () => {
  using closing = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { open: (socket) => void socket.end(), data() {} },
  });
  expect(await brokerAnswers(closing.port)).toBe(false);
  const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  expect(await brokerAnswers(silent.port, 50)).toBe(false);
  silent.stop(true);
  expect(await brokerAnswers(silent.port)).toBe(false);
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { ByteStream } from './stream.ts';

/** A socket that takes as many bytes as it is given room for. */
function makeStream() {
  let room = 0;
  const taken: number[] = [];
  const ends: string[] = [];
  const stream = new ByteStream({
    write(bytes) {
      if (room < 0) return -1;
      const count = Math.min(room, bytes.length);
      taken.push(...bytes.subarray(0, count));
      room -= count;
      return count;
    },
    pause() {},
    resume() {},
    shutdown() {},
    end: () => ends.push('end'),
    terminate: () => ends.push('terminate'),
  });
  const give = (bytes: number): void => {
    room = bytes;
    stream.drain();
  };
  return { stream, taken, ends, give };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('whatever the socket takes at a time, all bytes arrive once and in order, and the queue is counted', () => {
  const step = fc.oneof(
    fc.uint8Array({ maxLength: 9 }).map((chunk) => ({ chunk })),
    fc.nat({ max: 12 }).map((room) => ({ room })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { stream, taken, give } = makeStream();
      const written: number[] = [];
      for (const one of steps) {
        if ('room' in one) give(one.room);
        else {
          stream.write(one.chunk);
          written.push(...one.chunk);
        }
        expect(stream.queuedBytes).toBe(written.length - taken.length);
      }
      give(10_000);
      expect(taken).toEqual(written);
      expect(stream.queuedBytes).toBe(0);
    }),
  );
});

test('the last bytes come after the chunk that has begun to leave, and the rest is thrown away', () => {
  const { stream, taken, ends, give } = makeStream();
  stream.write(bytes(1, 2, 3));
  stream.write(bytes(4));
  give(1);
  stream.last(bytes(9));
  stream.write(bytes(5));
  expect(stream.queuedBytes).toBe(3);
  expect(ends).toEqual([]);
  give(100);
  expect(taken).toEqual([1, 2, 3, 9]);
  expect(ends).toEqual(['end']);
});

test('a socket that is gone ends the stream once', () => {
  const { stream, ends, give } = makeStream();
  stream.write(bytes(1));
  give(-1);
  stream.write(bytes(2));
  stream.last(bytes(3));
  expect([ends, stream.queuedBytes]).toEqual([['terminate'], 0]);
});

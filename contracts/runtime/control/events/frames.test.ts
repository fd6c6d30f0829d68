import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { acceptOf, CLOSE, closeFrame, FrameReader, isWebsocketKey, textFrame } from './frames.ts';
import { masked } from './websocket.fixture.ts';

test('the answer to a key is that of the example in RFC 6455', () => {
  expect(acceptOf('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  expect(isWebsocketKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe(true);
  for (const key of ['', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZQ=', `${'A'.repeat(40)}==`])
    expect(isWebsocketKey(key)).toBe(false);
});

test.each([
  [0, 2],
  [125, 2],
  [126, 4],
  [65_535, 4],
  [65_536, 10],
])('a text of %d bytes has a head of %d', (bytes, head) => {
  const frame = textFrame('a'.repeat(bytes));
  expect(frame.length).toBe(head + bytes);
  expect(frame[0]).toBe(0x81);
});

test('control frames are read the same in whatever pieces they come', () => {
  const payload = fc.uint8Array({ maxLength: 125 });
  const control = fc.record({ opcode: fc.constantFrom(9, 10), payload });
  fc.assert(
    fc.property(fc.array(control, { maxLength: 6 }), fc.array(fc.nat({ max: 40 })), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map((frame) => masked(frame.opcode, Buffer.from(frame.payload))));
      const reader = new FrameReader();
      const read: unknown[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        read.push(...reader.take(bytes.subarray(at, at + cut)));
        at = Math.min(bytes.length, at + cut);
      }
      expect(read).toEqual(
        sent.map((frame) =>
          frame.opcode === 9 ? { kind: 'ping', payload: Buffer.from(frame.payload) } : { kind: 'pong' },
        ),
      );
    }),
  );
});

test.each([
  ['a text', masked(1, Buffer.from('hi')), CLOSE.unsupported],
  ['binary', masked(2, Buffer.from('hi')), CLOSE.unsupported],
  ['a frame without a mask', textFrame('hi'), CLOSE.protocol],
  ['an unknown opcode', masked(11, Buffer.alloc(0)), CLOSE.protocol],
  ['a control frame that is too long', Buffer.from([0x89, 0xfe, 0, 200]), CLOSE.protocol],
  ['a control frame in parts', Buffer.from([0x09, 0x80, 0, 0, 0, 0]), CLOSE.protocol],
  ['reserved bits', Buffer.from([0xc9, 0x80, 0, 0, 0, 0]), CLOSE.protocol],
])('%s is refused, and nothing after it is read', (_name, bytes, code) => {
  const reader = new FrameReader();
  expect(reader.take(bytes)).toMatchObject([{ kind: 'refused', code }]);
  expect(reader.take(masked(9, Buffer.alloc(0)))).toEqual([]);
});

test('whatever bytes come, reading ends, and frames are of a known kind', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (pieces) => {
      const reader = new FrameReader();
      for (const piece of pieces)
        for (const { kind } of reader.take(Buffer.from(piece)))
          expect(['ping', 'pong', 'close', 'refused']).toContain(kind);
    }),
  );
});

test('a close frame has its code and reason', () => {
  const frame = closeFrame(CLOSE.tryLater, 'too slow');
  expect(frame.readUInt16BE(2)).toBe(1013);
  expect(frame.subarray(4).toString()).toBe('too slow');
});

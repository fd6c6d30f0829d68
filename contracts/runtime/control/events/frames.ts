// Frames of the websocket protocol (RFC 6455) as /events needs them: it sends texts, and takes nothing but control frames. Pure.

import { createHash } from 'node:crypto';

const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CONTROL_BYTES_MAX = 125;
const MASK_BYTES = 4;
/** Of a frame that is sent, before its payload. */
export const FRAME_HEAD_BYTES_MAX = 10;

export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocol: 1002,
  unsupported: 1003,
  policy: 1008,
  tryLater: 1013,
} as const;

/** Of a client's `Sec-WebSocket-Key`, for the answer. */
export const acceptOf = (key: string): string =>
  createHash('sha1')
    .update(key + KEY_SUFFIX)
    .digest('base64');

/** 16 bytes in base64. */
export const isWebsocketKey = (key: string): boolean => /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key);

function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const long = length > 65_535 ? 8 : length > CONTROL_BYTES_MAX ? 2 : 0;
  const head = Buffer.alloc(2 + long);
  head[0] = 0x80 | opcode;
  head[1] = long === 8 ? 127 : long === 2 ? 126 : length;
  if (long === 2) head.writeUInt16BE(length, 2);
  if (long === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

export const textFrame = (text: string): Buffer => frame(OPCODE.text, Buffer.from(text));
export const pingFrame = (): Buffer => frame(OPCODE.ping, Buffer.alloc(0));
export const pongFrame = (payload: Uint8Array): Buffer => frame(OPCODE.pong, payload);

/** @param reason at most 123 bytes */
export function closeFrame(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return frame(OPCODE.close, payload);
}

export type ClientFrame =
  | { readonly kind: 'ping'; readonly payload: Buffer }
  | { readonly kind: 'pong' }
  | { readonly kind: 'close' }
  /** Nothing of what follows can be read. */
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string };

const refused = (code: number, reason: string): ClientFrame => ({ kind: 'refused', code, reason });

/** Reads what a client sends, in whatever pieces it comes; keeps less than one control frame. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #over = false;

  take(bytes: Buffer): ClientFrame[] {
    if (this.#over) return [];
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: ClientFrame[] = [];
    for (let next = this.#next(); next !== null; next = this.#next()) {
      frames.push(next);
      this.#over = next.kind === 'refused' || next.kind === 'close';
      if (this.#over) break;
    }
    // Not a view: it would keep all that came alive.
    this.#rest = this.#over ? Buffer.alloc(0) : Buffer.from(this.#rest);
    return frames;
  }

  #next(): ClientFrame | null {
    const first = this.#rest[0];
    const second = this.#rest[1];
    if (first === undefined || second === undefined) return null;
    const opcode = first & 0x0f;
    const length = second & 0x7f;
    if ((second & 0x80) === 0) return refused(CLOSE.protocol, 'frames of a client are masked');
    if (opcode < OPCODE.close) return refused(CLOSE.unsupported, 'no messages are taken here');
    if ((first & 0xf0) !== 0x80 || length > CONTROL_BYTES_MAX || opcode > OPCODE.pong)
      return refused(CLOSE.protocol, 'malformed frame');
    const from = 2 + MASK_BYTES;
    if (this.#rest.length < from + length) return null;
    const mask = this.#rest.subarray(2, from);
    const payload = Buffer.from(this.#rest.subarray(from, from + length));
    for (let index = 0; index < length; index++)
      payload[index] = (payload[index] ?? 0) ^ (mask[index % MASK_BYTES] ?? 0);
    this.#rest = this.#rest.subarray(from + length);
    if (opcode === OPCODE.ping) return { kind: 'ping', payload };
    return { kind: opcode === OPCODE.pong ? 'pong' : 'close' };
  }
}

// The other side for tests: a unix socket that takes datagrams, and what came in on it.

import { FFIType, ptr } from 'bun:ffi';
import { cLibrary } from '../c-library.ts';
import { unixAddress } from './datagram.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const DATAGRAM_BYTES_MAX = 4096;

export function listenForDatagrams(name: string) {
  const { i32, u32, u64, i64 } = FFIType;
  const library = cLibrary({
    socket: { args: [i32, i32, i32], returns: i32 },
    bind: { args: [i32, FFIType.ptr, u32], returns: i32 },
    recv: { args: [i32, FFIType.ptr, u64, i32], returns: i64 },
    close: { args: [i32], returns: i32 },
  });
  const address = unixAddress(name);
  if (library === null || address === null) throw new Error(`no socket can be made for ${name}`);
  const socket = library.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (library.bind(socket, ptr(address), address.length) !== 0) throw new Error(`${name} cannot be bound`);
  const received: string[] = [];
  const buffer = new Uint8Array(DATAGRAM_BYTES_MAX);
  return {
    /** Everything that has come so far. */
    received(): readonly string[] {
      for (;;) {
        const length = Number(library.recv(socket, ptr(buffer), buffer.length, MSG_DONTWAIT));
        if (length <= 0) return received;
        received.push(new TextDecoder().decode(buffer.subarray(0, length)));
      }
    },
    close: (): void => void library.close(socket),
  };
}

// Datagrams to a unix socket, as service managers take them: Bun has no call for these, so the C library is called directly. Sending
// never waits: what the other side has no room for is not sent.

import { FFIType, ptr } from 'bun:ffi';
import { cLibrary } from '../c-library.ts';

export type DatagramSocket = {
  /** @returns false when it could not be handed over */
  send(text: string): boolean;
  close(): void;
};

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** Programs that this process starts must not have it. */
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const FAMILY_BYTES = 2;
/** Of `sun_path`; one byte closes a path. */
const PATH_BYTES_MAX = 107;

/**
 * `sockaddr_un` of a path, or of an abstract name that begins with `@`; null: it is neither, or too long.
 * An abstract name is as long as its bytes say, and has a zero in place of the `@`.
 */
export function unixAddress(name: string): Uint8Array | null {
  const bytes = new TextEncoder().encode(name);
  const isAbstract = name.startsWith('@');
  if (!(isAbstract || name.startsWith('/')) || bytes.length < 2 || bytes.length > PATH_BYTES_MAX) return null;
  if (bytes.includes(0)) return null;
  const address = new Uint8Array(FAMILY_BYTES + bytes.length + (isAbstract ? 0 : 1));
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(bytes, FAMILY_BYTES);
  if (isAbstract) address[FAMILY_BYTES] = 0;
  return address;
}

/** null: the name is none, or this system has no such sockets. */
export function openDatagramSocket(name: string): DatagramSocket | null {
  const address = unixAddress(name);
  if (address === null || process.platform !== 'linux') return null;
  const { i32, u32, u64, i64 } = FFIType;
  const library = cLibrary({
    socket: { args: [i32, i32, i32], returns: i32 },
    sendto: { args: [i32, FFIType.ptr, u64, i32, FFIType.ptr, u32], returns: i64 },
    close: { args: [i32], returns: i32 },
  });
  const socket = library?.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) ?? -1;
  if (library === null || socket < 0) return null;
  let isOpen = true;
  return {
    send(text) {
      if (!isOpen) return false;
      const bytes = new TextEncoder().encode(text);
      if (bytes.length === 0) return false;
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const sent = library.sendto(socket, ptr(bytes), bytes.length, flags, ptr(address), address.length);
      return Number(sent) === bytes.length;
    },
    close() {
      if (isOpen) library.close(socket);
      isOpen = false;
    },
  };
}

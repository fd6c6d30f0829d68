// Calls of the C library that Bun has no function for.

import { dlopen, type FFIFunction } from 'bun:ffi';

/** Its names with glibc, musl and on macOS. */
const LIBRARIES = [
  'libc.so.6',
  `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`,
  'libSystem.B.dylib',
] as const;

/** The functions by name; null where this system's C library has not all of them. */
export function cLibrary<Functions extends Record<string, FFIFunction>>(functions: Functions) {
  for (const library of LIBRARIES) {
    try {
      return dlopen(library, functions).symbols;
    } catch {
      // Not the one of this system.
    }
  }
  return null;
}

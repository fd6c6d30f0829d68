// What a connection needs of its socket.

/** That of `Bun.listen` is one. */
export type ConnectionSocket = {
  /** Bytes taken; the rest has to be offered again after `drain`. Negative: closed. */
  write(bytes: Uint8Array): number;
  pause(): unknown;
  resume(): unknown;
  /** Ends our direction; what the client still sends can be read. */
  shutdown(): unknown;
  /** Closes once what was written has left. */
  end(): unknown;
  /** Closes at once; what has not left is lost. */
  terminate(): unknown;
};

// Free ports on the loopback interface.
// Method: random tries below the range from which operating systems give ports to outgoing connections (32768 upwards
// on Linux, 49152 on macOS), so that a port which was kept for the next start is not lent to a client in between.

const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES = 200;

/** As many different free ports as asked for; somebody may still take one before it is bound. */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === TRIES) throw new Error(`no ${count} free ports on 127.0.0.1 between ${LOWEST} and ${HIGHEST}`);
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (isFree(port)) ports.add(port);
  }
  return [...ports];
}

export function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}

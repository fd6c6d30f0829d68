// Puts a control API on a port.

import type { ConfigProblem } from './config.ts';
import type { ControlApp } from './control-app.ts';

/** Beyond this Bun itself cuts a request off; the app's own bound, with a problem body, lies far below. */
const REQUEST_BYTES_MAX = 1 << 20;
const IDLE_SECONDS = 30;

export type Listening =
  | { readonly ok: true; readonly port: number; readonly url: string; stop(): Promise<void> }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** A port that cannot be had is a problem of the configuration: it names CONTROL_PORT or CONTROL_HOST. */
export function listenControl(app: ControlApp, host: string, port: number): Listening {
  try {
    const server = Bun.serve({
      hostname: host,
      port,
      // Two processes on one port would answer in turn.
      reusePort: false,
      maxRequestBodySize: REQUEST_BYTES_MAX,
      idleTimeout: IDLE_SECONDS,
      fetch: (request, running) => app.handle(request, running.requestIP(request)?.address ?? 'unknown'),
    });
    const bound = server.port ?? port;
    return {
      ok: true,
      port: bound,
      url: `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${bound}`,
      stop: () => server.stop(true),
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const inUse = code === 'EADDRINUSE';
    const byPort = inUse || code === 'EACCES';
    return {
      ok: false,
      problem: {
        variable: byPort ? 'CONTROL_PORT' : 'CONTROL_HOST',
        problem: inUse
          ? `${port} on ${host} is in use by another process`
          : `cannot be listened on: ${host}:${port} (${code})`,
        shape: byPort ? 'port, 0 to 65535; 0 takes a free one' : 'address of this machine',
        fix: byPort
          ? 'stop the other process, or set CONTROL_PORT to a free port.'
          : 'set CONTROL_HOST to an address of this machine.',
      },
    };
  }
}

// An HTTP proxy on loopback between a process and one simulator: what passes can be changed on the way, so that a fault of
// the wire or a lie of the other side needs no switch in the simulator, which goes on judging by the truth.

export type HttpRewrite = {
  /** Text of a request before it goes on; as it came when left out. */
  readonly request?: (body: string) => string;
  /** What the caller gets in place of the simulator's answer; null: the answer as it came. */
  readonly reply?: (answer: HttpAnswer) => HttpAnswer | null;
};

export type HttpAnswer = { readonly status: number; readonly body: string | Uint8Array<ArrayBuffer> };

export type HttpProxy = {
  /** Takes the place of the simulator's URL; path and query pass through. */
  readonly url: string;
  /** From the next request on; null: everything passes as it is. */
  rewrite(by: HttpRewrite | null): void;
  /** Answers that were changed. */
  changed(): number;
  /** Requests answered. */
  answered(): number;
  close(): Promise<void>;
};

const CONTENT_TYPE = 'content-type';
/** Passed on; a simulator needs no other. */
const PASSED = [CONTENT_TYPE, 'authorization'] as const;

/** Starts it in front of the simulator at `target`. */
export function startHttpProxy(target: string): HttpProxy {
  const base = target.replace(/\/+$/, '');
  const { origin, pathname } = new URL(base);
  let by: HttpRewrite | null = null;
  let changed = 0;
  let answered = 0;

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 120,
    async fetch(request) {
      const { pathname: path, search } = new URL(request.url);
      const rewrite = by;
      const text = request.method === 'GET' ? null : await request.text();
      const sent = text === null ? null : (rewrite?.request?.(text) ?? text);
      const response = await fetch(`${origin}${path}${search}`, {
        method: request.method,
        headers: passedOf(request.headers),
        // The caller may have given up: the simulator then need not answer either.
        signal: request.signal,
        ...(sent === null ? {} : { body: sent }),
      }).catch(() => null);
      if (response === null) return new Response(null, { status: 502 });
      const honest: HttpAnswer = { status: response.status, body: await response.text() };
      const replaced = rewrite?.reply?.(honest) ?? null;
      answered += 1;
      if (replaced !== null) changed += 1;
      const { status, body } = replaced ?? honest;
      return new Response(body, { status, headers: { [CONTENT_TYPE]: 'application/json' } });
    },
  });

  return {
    url: `http://127.0.0.1:${server.port}${pathname === '/' ? '' : pathname}`,
    rewrite(next) {
      by = next;
    },
    changed: () => changed,
    answered: () => answered,
    close: () => server.stop(true),
  };
}

function passedOf(headers: Headers): Record<string, string> {
  const passed = PASSED.flatMap((name): [string, string][] => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { [CONTENT_TYPE]: 'application/json', ...Object.fromEntries(passed) };
}

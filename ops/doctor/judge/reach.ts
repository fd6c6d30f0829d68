// What holds for every endpoint alike: how long it takes, and whether others can read and change what goes there. Pure.

import { type Line, pass, warn } from '../check.ts';

/** Where nothing better is known of what an endpoint is for. */
const SLOW_MS = 3000;

export function judgeLatency(host: string, latencyMs: number): Line {
  const text = `${host} answers in ${Math.round(latencyMs)} ms`;
  return latencyMs > SLOW_MS
    ? warn(text, 'look at the network, or use an endpoint that is closer to this machine.')
    : pass(text);
}

const LOCAL = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

/** @param urls by the variable that names them */
export function judgeEncryption(urls: Readonly<Record<string, readonly string[]>>): readonly Line[] {
  const open = Object.entries(urls).flatMap(([variable, all]) =>
    all
      .map((url) => new URL(url))
      .filter(({ protocol, hostname }) => /^(?:http|ws):$/.test(protocol) && !LOCAL.test(hostname))
      .map(({ host }) => ({ variable, host })),
  );
  if (open.length === 0) return [pass('what leaves this machine for venue, chain and prices is encrypted')];
  return open.map(({ variable, host }) =>
    warn(
      `${variable}: ${host} is not encrypted: everybody on the way can read the keys that are sent there, and forge its answers`,
      `let ${variable} begin with https:// or wss://, if that network is not yours alone.`,
    ),
  );
}

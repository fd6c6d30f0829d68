// What proxies make of honest traffic so that the other side lies: a NEAR endpoint about height, time and network, Kraken about
// the time of its frames. Each lie is one that the liar keeps to: who asks for the block that it named gets that block.

import type { HttpRewrite } from '../proxy/http-proxy.ts';

export type RpcLie = {
  readonly heightAhead?: number;
  readonly timeAheadMs?: number;
  readonly chainId?: string;
  /** Balances are ten times what they are. */
  readonly richer?: boolean;
  /** One answer in so many is a lie; every one when left out. */
  readonly oneIn?: number;
};

const HEIGHTS = /("(?:height|block_height)":)(\d+)/g;
const TIMES = /("timestamp(?:_nanosec)?":"?)(\d+)/g;
const CHAIN = /("chain_id":")[^"]*/g;
const BLOCK_ASKED = /("block_id":)(\d+)/g;
const NS_PER_MS = 1_000_000n;

/** What a view returns, as the node prints it: the bytes of a JSON text. */
const VIEW_VALUE = /"result":\[([\d,]+)\]/;
const BALANCES = /^\[("\d+",?)+\]$/;

function timesTen(whole: string, bytes: string): string {
  const text = String.fromCharCode(...bytes.split(',').map(Number));
  if (!BALANCES.test(text)) return whole;
  const more = text.replace(/([1-9]\d*)"/g, '$10"');
  return `"result":[${[...more].map((char) => char.charCodeAt(0)).join(',')}]`;
}

export function rpcLie({ heightAhead = 0, timeAheadMs = 0, chainId, richer = false, oneIn = 1 }: RpcLie): HttpRewrite {
  let asked = 0;
  return {
    request: (body) =>
      body.replace(BLOCK_ASKED, (_, name: string, height: string) => {
        const claimed = Number(height);
        // A height that came from an honest answer, or from another endpoint, is left as it is.
        return `${name}${claimed > heightAhead ? claimed - heightAhead : claimed}`;
      }),
    reply({ status, body }) {
      asked += 1;
      if (typeof body !== 'string' || asked % oneIn !== 0) return null;
      const lied = body
        .replace(HEIGHTS, (_, name: string, height: string) => `${name}${Number(height) + heightAhead}`)
        .replace(TIMES, (_, name: string, ns: string) => `${name}${BigInt(ns) + BigInt(timeAheadMs) * NS_PER_MS}`)
        .replace(CHAIN, (whole, name: string) => (chainId === undefined ? whole : `${name}${chainId}`));
      const sent = richer ? lied.replace(VIEW_VALUE, timesTen) : lied;
      return sent === body ? null : { status, body: sent };
    },
  };
}

const STAMP = /"timestamp":"([^"]+)"/g;

/** Frames of Kraken whose own times lie so far back. */
export const stampedBack =
  (byMs: number) =>
  (text: string): readonly string[] => [
    text.replace(STAMP, (whole, stamp: string) => {
      const atMs = Date.parse(stamp);
      return Number.isNaN(atMs) ? whole : `"timestamp":"${new Date(atMs - byMs).toISOString()}"`;
    }),
  ];

// Reads what a client sends to the Kraken stand-in into one of a few known wishes. Pure and total.

import { Value } from '@sinclair/typebox/value';
import {
  KRAKEN_BOOK_DEPTHS,
  KRAKEN_BTC_EUR,
  type KrakenChannelParams,
  KrakenRequest,
} from '../../../contracts/wire/kraken.ts';

export type TickerTrigger = 'bbo' | 'trades';

export type Channel =
  | { readonly name: 'book'; readonly depth: number; readonly snapshot: boolean }
  | { readonly name: 'ticker'; readonly trigger: TickerTrigger; readonly snapshot: boolean };

/** One wish a symbol, because Kraken acknowledges each symbol by itself. `channel` is null when `refusal` says why. */
export type SymbolWish = { readonly symbol: string; readonly channel: Channel | null; readonly refusal: string | null };

export type SubscriptionWish = {
  readonly kind: 'subscribe' | 'unsubscribe';
  readonly reqId: number | undefined;
  readonly symbols: readonly SymbolWish[];
};

export type Wish =
  | SubscriptionWish
  | { readonly kind: 'ping'; readonly reqId: number | undefined }
  /** `method`: that of the request, as far as it names one. */
  | {
      readonly kind: 'malformed';
      readonly method: string | undefined;
      readonly reqId: number | undefined;
      readonly reason: string;
    };

function channelOf(params: KrakenChannelParams): Channel | string {
  const snapshot = params.snapshot ?? true;
  if (params.channel === 'book') {
    const depth = params.depth ?? 10;
    return KRAKEN_BOOK_DEPTHS.some((known) => known === depth)
      ? { name: 'book', depth, snapshot }
      : `Subscription depth not supported ${depth}`;
  }
  if (params.channel === 'ticker') {
    const trigger = params.event_trigger ?? 'trades';
    return trigger === 'bbo' || trigger === 'trades'
      ? { name: 'ticker', trigger, snapshot }
      : `Event trigger not supported ${trigger}`;
  }
  return `Channel not supported ${params.channel}`;
}

function wishFor(symbol: string, channel: Channel | string): SymbolWish {
  if (typeof channel === 'string') return { symbol, channel: null, refusal: channel };
  if (symbol !== KRAKEN_BTC_EUR.symbol) {
    return { symbol, channel: null, refusal: `Currency pair not supported ${symbol}` };
  }
  return { symbol, channel, refusal: null };
}

/** What an answer to a request repeats of it, although it is otherwise unreadable. */
function namesOf(value: unknown): { readonly method: string | undefined; readonly reqId: number | undefined } {
  const of = (name: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  const [method, id] = [of('method'), of('req_id')];
  return {
    method: typeof method === 'string' ? method : undefined,
    reqId: typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined,
  };
}

/** Reads one text frame of a client. */
export function readRequest(text: string): Wish {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'malformed', ...namesOf(undefined), reason: 'Malformed request: not JSON' };
  }
  if (!Value.Check(KrakenRequest, value)) {
    const first = Value.Errors(KrakenRequest, value).First();
    const reason = `Malformed request: ${first?.path || '/'} ${first?.message ?? ''}`.trim();
    return { kind: 'malformed', ...namesOf(value), reason };
  }
  if (value.method === 'ping') return { kind: 'ping', reqId: value.req_id };
  const channel = channelOf(value.params);
  const symbols = value.params.symbol ?? [];
  if (symbols.length === 0) {
    const reason = 'Malformed request: /params/symbol names no symbol';
    return { kind: 'malformed', ...namesOf(value), reason };
  }
  return { kind: value.method, reqId: value.req_id, symbols: symbols.map((symbol) => wishFor(symbol, channel)) };
}

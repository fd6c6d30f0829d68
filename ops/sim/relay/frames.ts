// Text of the frames that the relay sends. Each quote and status event exists in both shapes: `event` with the fields
// under `params.data`, `subscribe` with the fields in `params`.
import type { QuoteMetadata, QuoteRequest, QuoteStatus } from '../../../contracts/wire/relay.ts';

export type Shape = 'event' | 'subscribe';
export type RequestId = number | string;

/** The same event for many subscribers: only the subscription id differs. */
export function quoteFrames(
  shape: Shape,
  request: QuoteRequest,
  metadata: QuoteMetadata | undefined,
): (subscriptionId: string) => string {
  const data = JSON.stringify(request);
  if (shape === 'subscribe') {
    const fields = data.slice(1);
    return (id) => `{"jsonrpc":"2.0","method":"subscribe","params":{"subscription":"${id}",${fields}}`;
  }
  const side = metadata === undefined ? '' : `,"metadata":${JSON.stringify(metadata)}`;
  return (id) => `{"jsonrpc":"2.0","method":"event","params":{"subscription":"${id}","data":${data}${side}}}`;
}

/** With guaranteed delivery both shapes carry what it is acknowledged by. */
export function keptStatusFrame(
  { shape, status, seq }: { readonly shape: Shape; readonly status: QuoteStatus; readonly seq: number },
  subscriptionId: string,
): string {
  const side = { subscription: subscriptionId, seq };
  return shape === 'subscribe'
    ? JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params: { ...side, ...status } })
    : JSON.stringify({ jsonrpc: '2.0', method: 'event', params: { ...side, data: status } });
}

/** The flat shape of a status carries no subscription id. */
export function statusFrame(shape: Shape, status: QuoteStatus, subscriptionId: string): string {
  return shape === 'subscribe'
    ? JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params: status })
    : JSON.stringify({ jsonrpc: '2.0', method: 'event', params: { subscription: subscriptionId, data: status } });
}

export function resultFrame(id: RequestId, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

export function errorFrame(id: RequestId | null, code: number, message: string, data?: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } });
}

export const JSON_RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
} as const;

/** Frames that no relay should send and every client has to survive. */
export const GARBAGE_FRAMES: readonly string[] = [
  '',
  'not json',
  '{',
  'null',
  '[]',
  '42',
  '"text"',
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"2.0","id":999999999,"result":"OK"}',
  '{"jsonrpc":"2.0","id":null,"error":"bare text"}',
  '{"jsonrpc":"2.0","method":"event","params":null}',
  '{"jsonrpc":"2.0","method":"event","params":{"subscription":"unknown","data":{"quote_id":7}}}',
  '{"jsonrpc":"2.0","method":"subscribe","params":{"quote_id":"","defuse_asset_identifier_in":1}}',
  '{"jsonrpc":"2.0","method":"unheard_of","params":{"data":{}}}',
];

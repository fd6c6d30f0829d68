// JSON-RPC 2.0 over HTTP as both stand-ins that speak it need it: reading the request, batches, and the reply. Amounts
// beyond 2^53 can be printed as JSON numbers by handing them over as bigint.

type RpcId = string | number | null;
export type RpcRequest = { readonly id: RpcId; readonly method: string; readonly params: readonly unknown[] };

export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  /** An error is an object, or a bare string where the real service answers so. */
  | { readonly ok: false; readonly error: { readonly code: number; readonly message: string } | string };

export const rpcResult = (result: unknown): RpcOutcome => ({ ok: true, result });
export const rpcError = (code: number, message: string): RpcOutcome => ({ ok: false, error: { code, message } });

const PARSE_ERROR = rpcError(-32700, 'Parse error');
const INVALID_REQUEST = rpcError(-32600, 'Invalid Request');

function readRequest(value: unknown): RpcRequest | null {
  if (typeof value !== 'object' || value === null || !('method' in value) || typeof value.method !== 'string')
    return null;
  const id = 'id' in value && (typeof value.id === 'string' || typeof value.id === 'number') ? value.id : null;
  const params = 'params' in value && Array.isArray(value.params) ? value.params : [];
  return { id, method: value.method, params };
}

// A bigint travels through JSON.stringify as a marked string, and loses its marks and quotes afterwards.
const MARK = '\u0000units:';
const MARKED = /"\\u0000units:(-?[0-9]+)"/g;

/** JSON text in which every bigint is a number with all its digits. */
export function stringifyExact(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${MARK}${each}` : each));
  return text.replace(MARKED, '$1');
}

function replyOf(id: RpcId, outcome: RpcOutcome): object {
  return outcome.ok ? { jsonrpc: '2.0', id, result: outcome.result } : { jsonrpc: '2.0', id, error: outcome.error };
}

/** Answers one HTTP request, a single call or a batch. */
export async function answerRpc(
  request: Request,
  call: (request: RpcRequest) => RpcOutcome | Promise<RpcOutcome>,
): Promise<Response> {
  const respond = (body: unknown, status = 200): Response =>
    new Response(stringifyExact(body), { status, headers: { 'content-type': 'application/json' } });
  if (request.method !== 'POST') return new Response('Method Not Allowed', { status: 405 });
  let value: unknown;
  try {
    value = await request.json();
  } catch {
    return respond(replyOf(null, PARSE_ERROR), 400);
  }
  const one = async (each: unknown): Promise<object> => {
    const read = readRequest(each);
    return read === null ? replyOf(null, INVALID_REQUEST) : replyOf(read.id, await call(read));
  };
  return respond(Array.isArray(value) ? await Promise.all(value.map(one)) : await one(value));
}

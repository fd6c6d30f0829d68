// The relay's HTTP JSON-RPC: `quote`, `publish_intent`, `publish_intents`, `get_status`. Parameters are a list with one
// object; the answer's id is the request's own, text or number. Quotes are those that the connected solvers give, with the
// protocol fee counted on the way in and out.
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type IntentStatus, type QuoteRequest, type RpcQuote, RpcQuoteParams } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import { readEnvelopes } from '../verifier/envelope.ts';
import { payloadHash } from '../verifier/hashing.ts';
import { encodeBase58 } from '../verifier/text/base58.ts';
import { formatDeadline } from '../verifier/text/deadline.ts';
import { nodeOfValue } from '../verifier/text/json.ts';
import type { Auction } from './auction.ts';
import { fixesOneAmount, heardBySolvers, statedToConsumer } from './consumer.ts';
import type { Desk } from './desk.ts';
import { errorFrame, JSON_RPC, resultFrame } from './frames.ts';

export type RpcContext = {
  readonly chain: SimChain;
  readonly desk: Desk;
  readonly nowMs: () => number;
  /** Asks the connected solvers. */
  readonly ask: (request: QuoteRequest) => Auction;
  readonly newQuoteId: () => string;
};

const Request = Type.Object({
  id: Type.Union([Type.String(), Type.Number()]),
  method: Type.String(),
  params: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1 }),
});
const One = Type.Object({ quote_hashes: Type.Array(Type.String()), signed_data: Type.Unknown() });
const Many = Type.Object({ quote_hashes: Type.Array(Type.String()), signed_datas: Type.Array(Type.Unknown()) });
const Status = Type.Object({ intent_hash: Type.String() });

const REQUEST_TTL_MS = 60_000;

/** So long the relay holds a published intent before its transaction is on the way. */
const BROADCAST_AFTER_MS = 100;

class InvalidParams {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

async function quote({ chain, desk, ask, newQuoteId }: RpcContext, parameter: unknown): Promise<unknown> {
  const asked = typeof parameter === 'object' ? { min_deadline_ms: REQUEST_TTL_MS, ...parameter } : parameter;
  if (!Value.Check(RpcQuoteParams, asked)) return new InvalidParams('quote needs two token ids and one exact amount');
  if (!fixesOneAmount(asked)) return new InvalidParams('quote needs exactly one of exact_amount_in, exact_amount_out');
  const { feePips } = chain.state();
  const request = heardBySolvers(asked, newQuoteId(), feePips);
  if (request === undefined) return null;
  const auction = ask(request);
  await desk.auctions.closed(auction);
  if (auction.answers.length === 0) return null;
  return auction.answers.map(
    (answer): RpcQuote => ({
      quote_hash: answer.quoteHash,
      defuse_asset_identifier_in: auction.request.defuse_asset_identifier_in,
      defuse_asset_identifier_out: auction.request.defuse_asset_identifier_out,
      ...statedToConsumer(asked, answer.amounts, feePips),
      expiration_time: formatDeadline(answer.deadlineNs),
    }),
  );
}

function publishOne({ desk }: RpcContext, parameter: unknown): unknown {
  if (!Value.Check(One, parameter)) return new InvalidParams('publish_intent needs quote_hashes and signed_data');
  const envelopes = readEnvelopes([nodeOfValue(parameter.signed_data)]);
  if (!envelopes.ok) return { status: 'FAILED', reason: envelopes.reason };
  return desk.publish(parameter.quote_hashes, envelopes.value);
}

function publishMany({ desk }: RpcContext, parameter: unknown): unknown {
  if (!Value.Check(Many, parameter)) return new InvalidParams('publish_intents needs quote_hashes and signed_datas');
  const envelopes = readEnvelopes(parameter.signed_datas.map(nodeOfValue));
  if (!envelopes.ok) return { status: 'FAILED', reason: envelopes.reason };
  const { status, reason } = desk.publish(parameter.quote_hashes, envelopes.value);
  const hashes = envelopes.value.map((envelope) => encodeBase58(payloadHash(envelope)));
  return { status, ...(reason === undefined ? {} : { reason }), intent_hashes: hashes };
}

function getStatus({ chain, desk, nowMs }: RpcContext, parameter: unknown): unknown {
  if (!Value.Check(Status, parameter)) return new InvalidParams('get_status needs intent_hash');
  const { intent_hash: intentHash } = parameter;
  const found = desk.published(intentHash);
  const unknown: IntentStatus = { intent_hash: intentHash, status: 'NOT_FOUND_OR_NOT_VALID' };
  if (found === undefined) return unknown;
  const { hash, error, height } = found.transaction;
  if (error !== undefined) return { ...unknown, status_details: 'FAILED', data: { hash } };
  if (chain.blockAt('optimistic').height >= height) {
    return { intent_hash: intentHash, status: 'SETTLED', data: { hash } };
  }
  if (nowMs() - found.publishedAtMs < BROADCAST_AFTER_MS) return { intent_hash: intentHash, status: 'PENDING' };
  return { intent_hash: intentHash, status: 'TX_BROADCASTED', data: { hash } };
}

const METHODS: Readonly<Record<string, (context: RpcContext, parameter: unknown) => unknown>> = {
  quote,
  publish_intent: publishOne,
  publish_intents: publishMany,
  get_status: getStatus,
};

/** JSON text of the reply to one request body. */
export async function answerRpc(context: RpcContext, body: unknown): Promise<string> {
  if (!Value.Check(Request, body)) {
    return errorFrame(null, JSON_RPC.invalidRequest, 'a request has id, method and a list of one parameter');
  }
  const run = Object.hasOwn(METHODS, body.method) ? METHODS[body.method] : undefined;
  if (run === undefined) return errorFrame(body.id, JSON_RPC.methodNotFound, `no method ${body.method}`);
  const result = await run(context, body.params[0]);
  if (result instanceof InvalidParams) return errorFrame(body.id, JSON_RPC.invalidParams, result.message);
  return resultFrame(body.id, result);
}

// The relay with its two ways in, and the bridge's list of tokens.

import { Value } from '@sinclair/typebox/value';
import { isFields, readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { boundedFetch } from '../../../contracts/runtime/bounded-fetch.ts';
import { PoaSupportedTokens } from '../../../contracts/wire/poa-bridge.ts';
import type { Category, Line } from '../check.ts';
import type { Context } from '../context.ts';
import { judgeLatency } from '../judge/reach.ts';
import { type HttpOutcome, judgeRelay, judgeRelayRpc, judgeRequests, judgeSupported } from '../judge/venue.ts';
import { createRelayClient } from './relay-client.ts';

const CONNECT_LIMIT_MS = 5000;
const LISTEN_LIMIT_MS = 2500;
const REQUEST_LIMIT_MS = 3000;
/** The list of all chains has some hundred tokens. */
const TOKENS_JSON = { ...SMALL_JSON, charsMax: 1_048_576, valuesMax: 65_536 };
/** Of no intent: the answer says that it is not known, which is an answer. */
const NO_INTENT = '1'.repeat(32);

export function venueCategory(context: Context): Category {
  const { config, pair } = context.settings;
  const relay = createRelayClient(context);
  return {
    name: 'venue',
    checks: [
      { name: 'tokens', fix: 'check POA_BRIDGE_URL.', run: () => supportedLines(context) },
      { name: 'relay JSON-RPC', fix: 'check RELAY_RPC_URL.', run: () => rpcLines(context) },
      {
        name: 'relay',
        fix: 'check RELAY_WS_URL.',
        run: async () => judgeRelay(await relay.connect(CONNECT_LIMIT_MS)),
      },
      {
        name: 'requests',
        fix: 'check RELAY_WS_URL.',
        run: async () => judgeRequests(await relay.listen(LISTEN_LIMIT_MS), pair),
      },
    ],
    close: () => relay.stop(),
  };

  async function rpcLines({ clock }: Context): Promise<readonly Line[]> {
    const { relayRpcUrl, relayApiKey, pullVia } = config;
    const request = { jsonrpc: '2.0', id: 1, method: 'get_status', params: [{ intent_hash: NO_INTENT }] };
    const beganUs = clock.elapsedUs();
    const answer = await boundedFetch({
      url: relayRpcUrl,
      headers: {
        'content-type': 'application/json',
        ...(relayApiKey === null ? {} : { authorization: `Bearer ${relayApiKey}` }),
      },
      body: JSON.stringify(request),
      timers: clock,
      timeLimitMs: REQUEST_LIMIT_MS,
    });
    const outcome: HttpOutcome = answer.ok
      ? { status: answer.status, isRpc: isRpcAnswer(answer.body) }
      : { problem: answer.detail };
    const { host } = new URL(relayRpcUrl);
    const line = judgeRelayRpc(host, outcome, pullVia === 'relay');
    return answer.ok ? [line, judgeLatency(host, (clock.elapsedUs() - beganUs) / 1000)] : [line];
  }
}

/** With the id of the request: what a server says of itself has none. */
function isRpcAnswer(body: string): boolean {
  const read = readJson(body, SMALL_JSON);
  if (!read.ok || !isFields(read.value)) return false;
  return String(read.value['id']) === '1' && ('result' in read.value || 'error' in read.value);
}

async function supportedLines({ settings, doctor, clock }: Context): Promise<readonly Line[]> {
  const { pair } = settings;
  const chains = [...new Set([pair.btc.chain, pair.eure.chain])];
  const beganUs = clock.elapsedUs();
  const answer = await boundedFetch({
    url: doctor.poaBridgeUrl,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'supported_tokens', params: [{ chains }] }),
    timers: clock,
    timeLimitMs: REQUEST_LIMIT_MS,
  });
  if (!answer.ok) return judgeSupported(pair, null, answer.detail);
  const latency = judgeLatency(new URL(doctor.poaBridgeUrl).host, (clock.elapsedUs() - beganUs) / 1000);
  const read = readJson(answer.body, TOKENS_JSON);
  const result = read.ok && isFields(read.value) ? read.value['result'] : null;
  if (!Value.Check(PoaSupportedTokens, result))
    return [latency, ...judgeSupported(pair, null, `it answers ${answer.status} without a list`)];
  const listed = result.tokens.map((token) => ({
    intentsTokenId: token.intents_token_id ?? null,
    nearTokenId: token.near_token_id,
    decimals: token.decimals,
  }));
  return [latency, ...judgeSupported(pair, listed, null)];
}

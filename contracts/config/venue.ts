// The venue as more than one process reaches it: verifier, chain, relay, and the ids under which the pair is traded.

import { BTC, EURE } from '../assets.ts';
import { apiKey, knownAsset, optional, secret, text, url, urls } from './shapes.ts';

export const btcAsset = knownAsset({
  name: 'BTC_ASSET_ID',
  symbol: 'BTC',
  help: 'asset id of the BTC that is traded; a balance under another known id is shown as stranded, and never used',
  fallback: BTC.id,
});

export const eureAsset = knownAsset({
  name: 'EURE_ASSET_ID',
  symbol: 'EURe',
  help: 'asset id of the EURe that is traded',
  fallback: EURE.id,
});

export const relayRpcUrl = url({
  name: 'RELAY_RPC_URL',
  schemes: ['https', 'http'],
  help: 'solver relay JSON-RPC: withdraws quotes (PULL_VIA=relay), publishes withdrawals',
  fallback: 'https://solver-relay-v2.chaindefuser.com/rpc',
});

export const relayApiKey = optional(
  secret(
    apiKey({
      name: 'RELAY_API_KEY',
      shape: 'partner key (JWT)',
      help: 'API key of the solver relay, sent as bearer token',
      fallback: null,
    }),
  ),
);

export const nearRpcUrls = urls({
  name: 'NEAR_RPC_URL',
  schemes: ['https', 'http'],
  help: 'NEAR JSON-RPC endpoints, from which the verifier is read; tried in turn',
  fallback: 'https://near-rpc.defuse.org,https://free.rpc.fastnear.com',
});

export const nearChainId = text({
  name: 'NEAR_CHAIN_ID',
  shape: 'name of a NEAR network',
  help: 'network of NEAR_RPC_URL; an endpoint that reports another network is not used',
  fallback: 'mainnet',
});

export const intentsContract = text({
  name: 'INTENTS_CONTRACT',
  shape: 'NEAR account id',
  help: 'verifier contract, and the recipient in signed payloads',
  fallback: 'intents.near',
});

export const poaBridgeUrl = url({
  name: 'POA_BRIDGE_URL',
  schemes: ['https', 'http'],
  help: 'POA bridge JSON-RPC, over which BTC (legacy) and EURe are deposited and withdrawn',
  fallback: 'https://bridge.chaindefuser.com/rpc',
});

// The chain and the verifier, as the engine reads them: the same client, the same snapshot.

import { assetIdsOf, KNOWN_ASSETS, otherAssets } from '../../../contracts/assets.ts';
import { isFields } from '../../../contracts/json.ts';
import { createNearClient, type NearEndpoint } from '../../../contracts/runtime/near/client.ts';
import type { NearResult } from '../../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../../contracts/runtime/near/types.ts';
import { momentOf } from '../../../engine/lib/moment.ts';
import { createClockEvidence, FINAL_BLOCK_LAG } from '../../../engine/safety/clock-skew.ts';
import { takeSnapshot, type VerifierSnapshot } from '../../../engine/verifier/read-snapshot.ts';
import { type Category, fatal, type Line } from '../check.ts';
import type { Context } from '../context.ts';
import {
  judgeAccessKey,
  judgeBalances,
  judgeClock,
  judgeDecimals,
  judgeEndpoint,
  judgeEndpoints,
  judgeVerifier,
} from '../judge/near.ts';

const REQUEST_LIMIT_MS = 3000;

const RPC_FIX = 'check NEAR_RPC_URL and the network.';

/** A usable endpoint, and its newest final block. */
type Found = { readonly endpoint: NearEndpoint; readonly block: FinalBlock };

export function nearCategory(context: Context): Category {
  const { settings, clock } = context;
  const { config, pair, signer } = settings;
  const clientOf = (contract: string) =>
    createNearClient({ urls: config.nearRpcUrls, contract, clock, timeLimitMs: REQUEST_LIMIT_MS });
  const client = clientOf(config.intentsContract);
  const evidence = createClockEvidence();
  let found: Found | null = null;
  let snapshot: NearResult<VerifierSnapshot> | null = null;

  const askOne = async (endpoint: NearEndpoint): Promise<Line> => {
    const beganUs = clock.elapsedUs();
    const chainId = await endpoint.chainId();
    const askedUs = clock.elapsedUs();
    const block = await endpoint.finalBlock();
    const receivedUs = clock.elapsedUs();
    const latencyMs = Math.max(askedUs - beganUs, receivedUs - askedUs) / 1000;
    const line = judgeEndpoint({ host: endpoint.host, chainId, block, latencyMs }, config.nearChainId, clock.nowMs());
    if (block.ok && chainId.ok && chainId.value === config.nearChainId) {
      const source = `near:${endpoint.host}`;
      evidence.add({ source, stampAtMs: block.value.timeMs, askedUs, receivedUs, lag: FINAL_BLOCK_LAG });
      if (line.status !== 'fail') found ??= { endpoint, block: block.value };
    }
    return line;
  };

  const snapshotLines = (judge: (value: VerifierSnapshot) => readonly Line[]): readonly Line[] => {
    if (snapshot === null || !snapshot.ok) {
      const why = snapshot === null ? 'was not read' : `cannot be read: ${snapshot.reason}: ${snapshot.detail}`;
      return [fatal(`the verifier ${why}`, 'check INTENTS_CONTRACT, and that NEAR_RPC_URL serves it.')];
    }
    return judge(snapshot.value);
  };

  return {
    name: 'near',
    checks: [
      {
        name: 'endpoints',
        fix: RPC_FIX,
        run: async () => judgeEndpoints(await Promise.all(client.endpoints.map(askOne))),
      },
      { name: 'clock', fix: RPC_FIX, run: () => [judgeClock(evidence.verdict(momentOf(clock)), 'the chain')] },
      {
        name: 'verifier',
        fix: RPC_FIX,
        run: async () => {
          const { account } = config;
          const wanted = {
            accountId: account,
            assets: assetIdsOf(pair),
            otherAssets: otherAssets(pair).map(({ id }) => id),
            toRead: { nonces: [], salts: [], timeFrees: [] },
            publicKey: signer.publicKey,
          };
          snapshot = found === null ? null : await takeSnapshot(found.endpoint, found.block, wanted);
          return snapshotLines((value) => judgeVerifier({ snapshot: value, account, publicKey: signer.publicKey }));
        },
      },
      { name: 'balances', fix: RPC_FIX, run: () => snapshotLines((value) => judgeBalances(pair, value)) },
      {
        name: 'decimals',
        fix: RPC_FIX,
        run: () =>
          Promise.all(
            KNOWN_ASSETS.map(async (asset) =>
              judgeDecimals(asset, await decimalsOf(clientOf(asset.nearToken), found), pair),
            ),
          ),
      },
      {
        name: 'access key',
        fix: RPC_FIX,
        run: async () => {
          if (found === null) return [];
          const key = await found.endpoint.accessKey(config.account, signer.publicKey);
          return [judgeAccessKey(key, config.account, config.pullVia === 'near')];
        },
      },
    ],
    close: () => client.close(),
  };
}

/** By the endpoint that was found to be usable. */
async function decimalsOf(
  client: ReturnType<typeof createNearClient>,
  found: Found | null,
): Promise<NearResult<number | null>> {
  const endpoint = client.endpoints.find(({ host }) => host === found?.endpoint.host);
  if (endpoint === undefined || found === null) return { ok: false, reason: 'no_endpoint', detail: 'none is usable' };
  const view = await endpoint.call('ft_metadata', {}, found.block.height);
  client.close();
  if (!view.ok) return view;
  const decimals = isFields(view.value.json) ? view.value.json['decimals'] : null;
  return { ok: true, value: typeof decimals === 'number' ? decimals : null };
}

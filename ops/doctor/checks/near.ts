// The chain and the verifier, as the engine reads them: the same client, the same snapshot.

import { KNOWN_ASSETS } from '../../../contracts/assets.ts';
import { isFields } from '../../../contracts/json.ts';
import { createNearClient } from '../../../contracts/runtime/near/client.ts';
import type { NearResult } from '../../../contracts/runtime/near/reply.ts';
import type { Category } from '../check.ts';
import type { Context } from '../context.ts';
import { judgeAccessKey, judgeBalances, judgeDecimals, judgeVerifier } from '../judge/near.ts';
import { AGAIN_MS, createChainReads, type Found } from './chain-reads.ts';

const REQUEST_LIMIT_MS = 3000;
/** Of three endpoints in turn. */
const SNAPSHOT_LIMIT_MS = 3 * REQUEST_LIMIT_MS + 1000;
const CONFIRMATION_LIMIT_MS = 2 * (REQUEST_LIMIT_MS + AGAIN_MS);

const RPC_FIX = 'check NEAR_RPC_URL and the network.';

export function nearCategory(context: Context): Category {
  const { settings, clock } = context;
  const { config, pair, signer } = settings;
  const clientOf = (contract: string) =>
    createNearClient({ urls: config.nearRpcUrls, contract, clock, timeLimitMs: REQUEST_LIMIT_MS });
  const client = clientOf(config.intentsContract);
  const reads = createChainReads(context, client);
  const { account } = config;
  return {
    name: 'near',
    checks: [
      { name: 'endpoints', fix: RPC_FIX, run: reads.endpoints },
      { name: 'clock', fix: RPC_FIX, run: () => [reads.clock()] },
      {
        name: 'verifier',
        fix: RPC_FIX,
        limitMs: SNAPSHOT_LIMIT_MS,
        run: () => reads.verifier((value) => judgeVerifier({ snapshot: value, account, publicKey: signer.publicKey })),
      },
      { name: 'confirmation', fix: RPC_FIX, limitMs: CONFIRMATION_LIMIT_MS, run: reads.confirmation },
      { name: 'balances', fix: RPC_FIX, run: () => reads.snapshot((value) => judgeBalances(pair, value)) },
      {
        name: 'decimals',
        fix: RPC_FIX,
        run: () =>
          Promise.all(
            KNOWN_ASSETS.map(async (asset) =>
              judgeDecimals(asset, await decimalsOf(clientOf(asset.nearToken), reads.found()), pair),
            ),
          ),
      },
      {
        name: 'access key',
        fix: RPC_FIX,
        run: async () => {
          const key = await reads.found()?.endpoint.accessKey(account, signer.publicKey);
          return key === undefined ? [] : [judgeAccessKey(key, account, config.pullVia === 'near')];
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

// The chain as the doctor reads it: which endpoints can be used, the clock against their blocks, one snapshot of the verifier, and whether
// the other endpoints say the same.

import { assetIdsOf, otherAssets } from '../../../contracts/assets.ts';
import type { NearClient, NearEndpoint } from '../../../contracts/runtime/near/client.ts';
import type { NearResult } from '../../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../../contracts/runtime/near/types.ts';
import { pause } from '../../../contracts/runtime/wait.ts';
import { momentOf } from '../../../engine/lib/moment.ts';
import { createClockEvidence, FINAL_BLOCK_LAG } from '../../../engine/safety/clock-skew.ts';
import { saysTheSame, takeSnapshot, type VerifierSnapshot } from '../../../engine/verifier/read-snapshot.ts';
import { fatal, type Line } from '../check.ts';
import type { Context } from '../context.ts';
import { judgeClock, judgeConfirmations, judgeEndpoint, judgeEndpoints } from '../judge/near.ts';

/** A usable endpoint, and its newest final block. */
export type Found = { readonly endpoint: NearEndpoint; readonly block: FinalBlock };

type Asked = { readonly line: Line; readonly found: readonly Found[] };

/** Of the machines behind one address some are some blocks behind. */
export const AGAIN_MS = 1000;

export type ChainReads = {
  endpoints(): Promise<readonly Line[]>;
  clock(): Line;
  /** Reads the snapshot, and judges it. */
  verifier(judge: (value: VerifierSnapshot) => readonly Line[]): Promise<readonly Line[]>;
  /** Judges what was read. */
  snapshot(judge: (value: VerifierSnapshot) => readonly Line[]): readonly Line[];
  confirmation(): Promise<readonly Line[]>;
  /** Whose snapshot it is; null: no endpoint can be used. */
  found(): Found | null;
};

export function createChainReads({ settings, clock }: Context, client: NearClient): ChainReads {
  const { config, pair, signer } = settings;
  const evidence = createClockEvidence();
  /** Those that are behind first: the others can be asked for their blocks, and they could not be for those of the others. */
  let usable: readonly Found[] = [];
  let found: Found | null = null;
  let snapshot: NearResult<VerifierSnapshot> | null = null;

  const askOne = async (endpoint: NearEndpoint): Promise<Asked> => {
    const beganUs = clock.elapsedUs();
    const chainId = await endpoint.chainId();
    const askedUs = clock.elapsedUs();
    const block = await endpoint.finalBlock();
    const receivedUs = clock.elapsedUs();
    const latencyMs = Math.max(askedUs - beganUs, receivedUs - askedUs) / 1000;
    const line = judgeEndpoint({ host: endpoint.host, chainId, block, latencyMs }, config.nearChainId, clock.nowMs());
    if (!block.ok || !chainId.ok || chainId.value !== config.nearChainId) return { line, found: [] };
    const source = `near:${endpoint.host}`;
    evidence.add({ source, stampAtMs: block.value.timeMs, askedUs, receivedUs, lag: FINAL_BLOCK_LAG });
    return { line, found: line.status === 'fail' ? [] : [{ endpoint, block: block.value }] };
  };

  const judged: ChainReads['snapshot'] = (judge) => {
    if (snapshot?.ok === true) return judge(snapshot.value);
    const why = snapshot === null ? 'was not read' : `cannot be read: ${snapshot.reason}: ${snapshot.detail}`;
    return [fatal(`the verifier ${why}`, 'check INTENTS_CONTRACT, and that NEAR_RPC_URL serves it.')];
  };

  return {
    async endpoints() {
      const asked = await Promise.all(client.endpoints.map(askOne));
      usable = asked.flatMap((one) => one.found).toSorted((one, other) => one.block.height - other.block.height);
      found = usable[0] ?? null;
      const lines = asked.map(({ line }) => line);
      return judgeEndpoints(lines, new Set(config.nearRpcUrls.map((url) => new URL(url).host)).size);
    },
    clock: () => judgeClock(evidence.verdict(momentOf(clock)), 'the chain'),
    async verifier(judge) {
      const wanted = {
        accountId: config.account,
        assets: assetIdsOf(pair),
        otherAssets: otherAssets(pair).map(({ id }) => id),
        toRead: { nonces: [], salts: [], timeFrees: [] },
        publicKey: signer.publicKey,
      };
      for (const one of usable) {
        if (snapshot?.ok === true) break;
        found = one;
        snapshot = await takeSnapshot(one.endpoint, one.block, wanted);
      }
      return judged(judge);
    },
    snapshot: judged,
    async confirmation() {
      if (snapshot?.ok !== true || found === null) return judged(() => []);
      const { endpoint: first } = found;
      const freeing = {
        usedNonces: [],
        unusedNonces: [],
        invalidSalts: [],
        salt: null,
        isExact: false,
        assets: assetIdsOf(pair),
      };
      const claim = { snapshot: snapshot.value, freeing, accountId: config.account };
      const saidBy = async (endpoint: NearEndpoint): Promise<NearResult<boolean>> => {
        const said = await saysTheSame(endpoint, claim);
        if (said.ok) return said;
        await pause(clock, AGAIN_MS);
        return await saysTheSame(endpoint, claim);
      };
      const others = usable.flatMap(({ endpoint }) => (endpoint === first ? [] : [endpoint]));
      const answers = others.map(async (other) => ({ host: other.host, said: await saidBy(other) }));
      return judgeConfirmations(first.host, await Promise.all(answers));
    },
    found: () => found,
  };
}

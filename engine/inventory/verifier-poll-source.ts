// Reads one snapshot of the verifier from the first endpoint whose block can be true, and has it confirmed by a second one where
// it would free capital. What one endpoint gets wrong costs that endpoint only.

import type { NearFailure, NearResult } from './near-client-reply.ts';
import { failed } from './near-client-reply.ts';
import type { FinalBlock } from './observation.ts';
import type { Confirmation, Confirmer } from './verifier-poll-confirm.ts';
import type { Endpoint, Endpoints } from './verifier-poll-endpoints.ts';
import { takeSnapshot, type VerifierSnapshot, type Wanted } from './verifier-poll-snapshot.ts';

export type SourcedSnapshot = { readonly snapshot: VerifierSnapshot; readonly confirmation: Confirmation };

export type SnapshotSource = {
  read(wanted: Wanted): Promise<NearResult<SourcedSnapshot>>;
  /** The ledger took it. */
  taken(sourced: SourcedSnapshot): void;
};

export function createSnapshotSource(endpoints: Endpoints, confirmer: Confirmer): SnapshotSource {
  /** Before the first snapshot was taken, and after a jump, heights count when several endpoints agree on them. */
  let isSurveyDue = true;

  async function blockOf(
    endpoint: Endpoint,
    agreed: ReadonlyMap<Endpoint, FinalBlock>,
  ): Promise<NearResult<FinalBlock>> {
    const known = agreed.get(endpoint);
    return known === undefined ? await endpoints.block(endpoint, false) : { ok: true, value: known };
  }

  async function readFrom(endpoint: Endpoint, block: FinalBlock, wanted: Wanted): Promise<NearResult<SourcedSnapshot>> {
    const snapshot = await takeSnapshot(endpoint.rpc, block, wanted);
    if (!snapshot.ok) return snapshot;
    const confirmation = await confirmer.confirm(endpoint, snapshot.value, wanted.toRead.timeFrees);
    return { ok: true, value: { snapshot: snapshot.value, confirmation } };
  }

  return {
    async read(wanted) {
      const agreed = isSurveyDue && endpoints.count() > 1 ? await endpoints.survey() : new Map();
      const failures: string[] = [];
      let last: NearFailure = failed('no_endpoint', 'every endpoint is on another network than NEAR_CHAIN_ID');
      for (const endpoint of endpoints.inOrder()) {
        const block = await blockOf(endpoint, agreed);
        const answer = block.ok ? await readFrom(endpoint, block.value, wanted) : block;
        if (answer.ok) {
          endpoints.prefer(endpoint);
          endpoints.recheck();
          return answer;
        }
        if (answer.reason === 'block_jumped') isSurveyDue = true;
        endpoints.refuse(endpoint, answer);
        failures.push(`${endpoint.rpc.host} ${answer.reason}`);
        last = answer;
      }
      endpoints.recheck();
      return failures.length > 1 ? failed(last.reason, `${failures.join(', ')}; ${last.detail}`) : last;
    },
    taken({ snapshot, confirmation }) {
      isSurveyDue = false;
      confirmer.taken(snapshot, confirmation);
    },
  };
}

// Reads one snapshot of the verifier from the first endpoint whose block can be true, and has it confirmed by a second one where
// it would free capital. What one endpoint gets wrong costs that endpoint only.

import type { NearFailure, NearResult } from '../../contracts/runtime/near/reply.ts';
import { failed } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import type { Confirmation, Confirmer } from './confirm.ts';
import type { Endpoint } from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';
import { takeSnapshot, type VerifierSnapshot, type Wanted } from './read-snapshot.ts';

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

  /** The newest block that both the endpoint and the one that confirms it call final, where that one is known to be slower. */
  async function sharedBlock(endpoint: Endpoint, block: FinalBlock): Promise<FinalBlock> {
    const slower = confirmer.slower();
    if (slower === null || slower === endpoint || slower.trouble !== null) return block;
    const answer = await endpoints.block(slower, false);
    if (answer.ok && answer.value.height >= block.height) confirmer.caughtUp();
    return answer.ok && answer.value.height < block.height && !endpoints.isLagging(answer.value) ? answer.value : block;
  }

  async function readFrom(
    endpoint: Endpoint,
    newest: FinalBlock,
    wanted: Wanted,
  ): Promise<NearResult<SourcedSnapshot>> {
    const block = await sharedBlock(endpoint, newest);
    const snapshot = await takeSnapshot(endpoint.rpc, block, wanted);
    if (!snapshot.ok) return snapshot;
    const { isContradicted, salt, ...confirmation } = await confirmer.confirm(
      endpoint,
      snapshot.value,
      wanted.toRead.timeFrees,
    );
    // Where another one says otherwise, the others are heard first next time: among three, the two that agree then decide.
    if (isContradicted) endpoints.passOver(endpoint);
    else endpoints.prefer(endpoint);
    return { ok: true, value: { snapshot: { ...snapshot.value, salt }, confirmation } };
  }

  /** Those in trouble are looked after once a poll has come to its end. */
  function done<T>(result: T): T {
    endpoints.recheck();
    return result;
  }

  return {
    async read(wanted) {
      const blocks = new Map(isSurveyDue && endpoints.count() > 1 ? await endpoints.survey() : []);
      const failures: string[] = [];
      let last: NearFailure = failed('no_endpoint', 'every endpoint is on another network than NEAR_CHAIN_ID');

      function refuse(endpoint: Endpoint, failure: NearFailure): void {
        if (failure.reason === 'block_jumped') isSurveyDue = true;
        endpoints.refuse(endpoint, failure);
        failures.push(`${endpoint.rpc.host} ${failure.reason}`);
        last = failure;
      }
      async function tryRead(endpoint: Endpoint, block: FinalBlock): Promise<NearResult<SourcedSnapshot>> {
        const answer = await readFrom(endpoint, block, wanted);
        if (!answer.ok) refuse(endpoint, answer);
        return answer;
      }

      const lagging: { readonly endpoint: Endpoint; readonly block: FinalBlock }[] = [];
      for (const endpoint of endpoints.inOrder()) {
        const block = await blockOf(endpoint, blocks);
        if (!block.ok) refuse(endpoint, block);
        else if (endpoints.isLagging(block.value)) {
          lagging.push({ endpoint, block: block.value });
        } else {
          const answer = await tryRead(endpoint, block.value);
          if (answer.ok) return done(answer);
        }
      }
      // All of them lag, or our clock is ahead: the newest block is the best there is.
      for (const { endpoint, block } of lagging.sort((a, b) => b.block.height - a.block.height)) {
        const answer = await tryRead(endpoint, block);
        if (answer.ok) return done(answer);
      }
      return done(failures.length > 1 ? failed(last.reason, `${failures.join(', ')}; ${last.detail}`) : last);
    },
    taken({ snapshot, confirmation }) {
      isSurveyDue = false;
      confirmer.taken(snapshot, confirmation);
    },
  };
}

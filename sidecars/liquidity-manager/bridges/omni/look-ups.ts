// The deposits that the Omni bridge knows of. It has no list of an account's, so that each transfer is asked for by itself: one that
// fails costs itself alone. A bridge that does not answer at all, or asks to be left alone, is not asked for the rest of them; the next
// round begins there.

import { bridgeFailure } from '../ask.ts';
import type { BridgeDeposit, BridgeFailure, BridgeResult, DepositsRead, KnownTransfer } from '../bridge.ts';

type Found = { readonly deposit: BridgeDeposit | null; readonly unread: number };

/** Each can take as long as a request may. */
const UNREACHABLE_MAX = 3;

type LookUp = (known: KnownTransfer) => Promise<BridgeResult<Found>>;

/** @returns asks for all of them, of one chain */
export function createLookUps() {
  let beginWith: string | null = null;

  return async (transfers: readonly KnownTransfer[], lookUp: LookUp): Promise<BridgeResult<DepositsRead>> => {
    const ordered = from(transfers, beginWith);
    beginWith = null;
    const deposits: BridgeDeposit[] = [];
    const failed: { readonly name: string; readonly failure: BridgeFailure }[] = [];
    let unread = 0;
    let unreachable = 0;
    let asked = 0;
    for (const known of ordered) {
      if (unreachable >= UNREACHABLE_MAX || failed.some(({ failure }) => failure.retryAfterMs !== null)) {
        beginWith = nameOf(known);
        break;
      }
      asked++;
      const read = await lookUp(known);
      if (!read.ok) {
        failed.push({ name: nameOf(known), failure: read });
        unreachable = read.reason === 'unreachable' ? unreachable + 1 : 0;
        continue;
      }
      unreachable = 0;
      unread += read.value.unread;
      if (read.value.deposit !== null) deposits.push(read.value.deposit);
    }
    const failure = failureOf(failed, { asked, all: ordered.length });
    if (failure !== null && failed.length === asked) return failure;
    return { ok: true, value: { deposits, unread, failure } };
  };
}

const nameOf = ({ txHash, outputIndex }: KnownTransfer): string => `${txHash}:${outputIndex ?? '?'}`;

/** All of them, the named one first. */
function from(transfers: readonly KnownTransfer[], name: string | null): readonly KnownTransfer[] {
  const index = Math.max(
    0,
    transfers.findIndex((known) => nameOf(known) === name),
  );
  return [...transfers.slice(index), ...transfers.slice(0, index)];
}

function failureOf(
  failed: readonly { readonly name: string; readonly failure: BridgeFailure }[],
  { asked, all }: { readonly asked: number; readonly all: number },
): BridgeFailure | null {
  const [first] = failed;
  if (first === undefined) return null;
  const waits = failed.flatMap(({ failure }) => failure.retryAfterMs ?? []);
  const left = all === asked ? '' : `, ${all - asked} were not made`;
  const names = failed.map(({ name }) => name).join(', ');
  const detail = `${failed.length} of ${all} look-ups failed${left}: ${first.failure.detail}: ${names}`;
  return bridgeFailure(first.failure.reason, detail, waits.length === 0 ? null : Math.max(...waits));
}

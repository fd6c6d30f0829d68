// With two or more endpoints, nothing that one of them says frees capital: a used nonce, an invalid salt, a higher balance, or a
// block time past a deadline with the nonce still unused and the balance still there, counts when a second endpoint, at the same
// or a later final block, says the same. What takes capital away is believed at once. A snapshot that frees nothing needs no
// second endpoint, but is not believed against the height that one names.

import type { AccountId, AssetId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';
import { freedBy, knownAfter, NOTHING_KNOWN } from './freeing.ts';
import type { ToRead, VerifierSnapshot } from './read-snapshot.ts';
import { askSecond, DISAGREE, type Question } from './second-endpoint.ts';
import { AGAINST_TAKEN } from './trust.ts';

/** See `Observation`, which carries the same two fields. */
export type Confirmation = { readonly confirmed: boolean; readonly confirmedTimeMs: number };

type Confirmed = Confirmation & {
  /** A second endpoint says otherwise, and nobody else agrees: which of the two is wrong is not known. */
  readonly isContradicted: boolean;
};

export type Confirmer = {
  confirm(primary: Endpoint, snapshot: VerifierSnapshot, timeFrees: ToRead['timeFrees']): Promise<Confirmed>;
  /** The ledger took the snapshot with this confirmation: it need not be asked for again. */
  taken(snapshot: VerifierSnapshot, confirmation: Confirmation): void;
  /** A second endpoint that could confirm only what is older; snapshots of its final block are confirmed at once. */
  slower(): Endpoint | null;
  caughtUp(): void;
  state(): ConfirmerState;
};

export type ConfirmerState = {
  /** `single_endpoint`: one word is all there is. */
  readonly confirmation: 'single_endpoint' | 'second_endpoint';
  /** Snapshots that had to be confirmed, and those of them that nobody confirmed. */
  readonly asked: number;
  readonly unconfirmed: number;
  /** Why the newest of them was not confirmed; null: it was. */
  readonly last_unconfirmed: string | null;
};

export type ConfirmerOptions = {
  readonly endpoints: Endpoints;
  readonly accountId: AccountId;
  /** What the ledger has on record, maybe of an earlier run; null before the first balance. */
  readonly onRecord: (asset: AssetId) => bigint | null;
  readonly clock: Clock;
};

/** What the second endpoints said of one snapshot. */
type Verdict = {
  readonly isConfirmed: boolean;
  readonly isContradicted: boolean;
  /** Why each did not confirm it. */
  readonly problems: readonly string[];
};

/**
 * Those in trouble are looked after elsewhere, and waiting for them would make each balance old; but one that is only behind
 * what was taken may be the one that is right.
 */
const isAsked = ({ trouble, isSteady }: Endpoint): boolean =>
  trouble === null || (isSteady && AGAINST_TAKEN.has(trouble.reason));

export function createConfirmer(options: ConfirmerOptions): Confirmer {
  const { endpoints, onRecord } = options;
  let known = NOTHING_KNOWN;
  /** Newest block time that a second endpoint has reached. */
  let timeMs = 0;
  /** Was behind when it was asked last. */
  let slower: Endpoint | null = null;
  let asked = 0;
  let unconfirmed = 0;
  let lastUnconfirmed: string | null = null;

  async function askOthers(primary: Endpoint, question: Question): Promise<Verdict> {
    const problems: string[] = [];
    let isContradicted = false;
    for (const other of endpoints.inOrder().filter((one) => one !== primary && isAsked(one))) {
      const answer = await askSecond(options, other, question);
      if (answer.ok) {
        timeMs = Math.max(timeMs, answer.value.timeMs);
        if (answer.value.reached) return { isConfirmed: true, isContradicted, problems };
        if (question.isWaitedFor) slower = other;
        problems.push(`${other.rpc.host} is behind`);
        continue;
      }
      problems.push(`${other.rpc.host} ${answer.reason}: ${answer.detail}`);
      // Which of the two is wrong is not known; one that cannot answer is not waited for again until it can.
      if (answer.reason === DISAGREE) isContradicted = true;
      else endpoints.refuse(other, answer);
    }
    return { isConfirmed: false, isContradicted, problems };
  }

  return {
    async confirm(primary, snapshot, timeFrees) {
      const { block } = snapshot;
      const whole: Confirmed = { confirmed: true, confirmedTimeMs: block.timeMs, isContradicted: false };
      if (endpoints.count() === 1) return whole;
      const { freeing, isFirst, isAnything } = freedBy({ snapshot, timeFrees, known, onRecord });
      if (isAnything) asked += 1;
      const question: Question = { snapshot, freeing, isWaitedFor: isAnything };
      const { isConfirmed, isContradicted, problems } = await askOthers(primary, question);
      // A first balance frees nothing that was promised; only a contradiction keeps it back.
      if (isConfirmed || (!isContradicted && (!isAnything || isFirst))) {
        lastUnconfirmed = null;
        return whole;
      }
      unconfirmed += 1;
      lastUnconfirmed = problems.length === 0 ? 'no second endpoint can be asked' : problems.join('; ');
      return { confirmed: false, confirmedTimeMs: Math.min(timeMs, block.timeMs), isContradicted };
    },
    taken(snapshot, { confirmed }) {
      known = knownAfter(known, snapshot, confirmed);
    },
    slower: () => slower,
    caughtUp() {
      slower = null;
    },
    state: () => ({
      confirmation: endpoints.count() === 1 ? 'single_endpoint' : 'second_endpoint',
      asked,
      unconfirmed,
      last_unconfirmed: lastUnconfirmed,
    }),
  };
}

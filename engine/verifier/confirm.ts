// With two or more endpoints, nothing that one of them says frees capital: a used nonce, an invalid salt, another salt, a higher
// balance, or a block time past a deadline with the nonce still unused and the balance still there, counts when a second endpoint,
// at the same or a later final block, says the same. What takes capital away is believed at once; with three or more endpoints, unless
// another one says otherwise and nobody agrees: then it is kept back. A snapshot that frees nothing needs no second endpoint, but is
// not believed against the height that one names, nor against its nonces where a balance has moved; and from time to time a second one
// is asked for the balances.

import type { AccountId, AssetId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
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
  /** The snapshot's salt; null: not said, or contradicted. */
  readonly salt: string | null;
};

export type Confirmer = {
  confirm(primary: Endpoint, snapshot: VerifierSnapshot, timeFrees: ToRead['timeFrees']): Promise<Confirmed>;
  /** The ledger took the snapshot with this confirmation: it need not be asked for again. */
  taken(snapshot: VerifierSnapshot, confirmation: Confirmation): void;
  /** A second endpoint that could confirm only what is older; snapshots of its final block are confirmed at once. */
  slower(): Endpoint | null;
  caughtUp(): void;
  /** null: what had to be confirmed last was. */
  unconfirmed(): Unconfirmed | null;
  state(): ConfirmerState;
};

/** Why an endpoint did not confirm the newest snapshot that had to be. */
type Refusal = { readonly host: string; readonly code: string; readonly problem: string };

/** Snapshots in a row that nobody confirmed. */
export type Unconfirmed = {
  /** Since the first of them. */
  readonly forMs: number;
  /** Every endpoint that could have. */
  readonly by: readonly Refusal[];
};

export type ConfirmerState = {
  /** `single_endpoint`: one word is all there is. */
  readonly confirmation: 'single_endpoint' | 'second_endpoint';
  /** Snapshots that had to be confirmed, and those of them that nobody confirmed. */
  readonly asked: number;
  readonly unconfirmed: number;
  /** Why the newest of them was not confirmed; null: it was. */
  readonly last_unconfirmed: string | null;
  /** Since when none was; null: the newest was. */
  readonly unconfirmed_since: string | null;
  readonly unconfirmed_for_ms: number | null;
  readonly unconfirmed_by: readonly { readonly host: string; readonly problem: string }[];
  /** What an operator can do; null: nothing has to be done. */
  readonly unconfirmed_fix: string | null;
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
  readonly refusals: readonly Refusal[];
};

/** So long at most one endpoint alone says what the balances are. */
const BALANCE_AGAIN_US = 15_000_000;

/** Its newest block is older than the snapshot's. */
const BEHIND = 'behind';

/**
 * Those in trouble are looked after elsewhere, and waiting for them would make each balance old; but one that is only behind
 * what was taken may be the one that is right.
 */
const isAsked = ({ trouble, isSteady }: Endpoint): boolean =>
  trouble === null || (isSteady && AGAINST_TAKEN.has(trouble.reason));

/** Not asked: it is in trouble, or on another network. */
function unasked({ rpc, trouble, troubleSinceMs }: Endpoint): Refusal {
  const { host } = rpc;
  if (trouble === null) return { host, code: 'other_chain', problem: 'is not asked: on another network' };
  const { reason, detail } = trouble;
  return { host, code: reason, problem: `is not asked since ${isoTime(troubleSinceMs)}: ${reason}: ${detail}` };
}

const fixOf = (refusals: readonly Refusal[]): string =>
  `until one of them confirms, no quote ends and no capital is freed, so that lanes run full: bring ` +
  `${refusals.map(({ host }) => host).join(' or ')} back, or name another endpoint in NEAR_RPC_URL and restart the engine`;

export function createConfirmer(options: ConfirmerOptions): Confirmer {
  const { endpoints, onRecord, clock } = options;
  let known = NOTHING_KNOWN;
  let saltKnown: string | null = null;
  /** When a second endpoint last said the same of all balances. */
  let balanceHeardUs = clock.elapsedUs();
  /** Newest block time that a second endpoint has reached. */
  let timeMs = 0;
  /** Was behind when it was asked last. */
  let slower: Endpoint | null = null;
  let asked = 0;
  let unconfirmed = 0;
  let row: { readonly sinceMs: number; readonly sinceUs: number; readonly refusals: readonly Refusal[] } | null = null;

  async function askOthers(primary: Endpoint, question: Question): Promise<Verdict> {
    const others = endpoints.inOrder().filter((one) => one !== primary && isAsked(one));
    const refusals: Refusal[] = [];
    let isContradicted = false;
    for (const other of others) {
      const { host } = other.rpc;
      const answer = await askSecond(options, other, question);
      if (answer.ok) {
        timeMs = Math.max(timeMs, answer.value.timeMs);
        if (answer.value.reached) return { isConfirmed: true, isContradicted, refusals };
        if (question.isWaitedFor) slower = other;
        refusals.push({ host, code: BEHIND, problem: 'is behind' });
        continue;
      }
      refusals.push({ host, code: answer.reason, problem: `${answer.reason}: ${answer.detail}` });
      // Which of the two is wrong is not known; one that cannot answer is not waited for again until it can.
      if (answer.reason === DISAGREE) isContradicted = true;
      else endpoints.refuse(other, answer);
    }
    const left = endpoints.all().filter((one) => one !== primary && !others.includes(one));
    return { isConfirmed: false, isContradicted, refusals: [...refusals, ...left.map(unasked)] };
  }

  const unconfirmedNow = (): Unconfirmed | null =>
    row === null ? null : { forMs: Math.round((clock.elapsedUs() - row.sinceUs) / 1000), by: row.refusals };

  return {
    async confirm(primary, snapshot, timeFrees) {
      const { block, salt } = snapshot;
      const whole: Confirmed = { confirmed: true, confirmedTimeMs: block.timeMs, isContradicted: false, salt };
      if (endpoints.count() === 1) return whole;
      const nowUs = clock.elapsedUs();
      const isBalanceDue = nowUs - balanceHeardUs >= BALANCE_AGAIN_US;
      const inputs = { snapshot, timeFrees, known, onRecord, saltKnown, isBalanceDue, isVoted: endpoints.count() > 2 };
      const { freeing, isFirst, isAnything, isWaitedFor } = freedBy(inputs);
      if (isAnything) asked += 1;
      const { isConfirmed, isContradicted, refusals } = await askOthers(primary, { snapshot, freeing, isWaitedFor });
      if (isConfirmed) {
        saltKnown = salt ?? saltKnown;
        if (freeing.assets.length === Object.keys(snapshot.credited).length) balanceHeardUs = nowUs;
      }
      // A first balance frees nothing that was promised; only a contradiction keeps it back.
      if (isConfirmed || (!isContradicted && (!isAnything || isFirst))) {
        row = null;
        return whole;
      }
      unconfirmed += 1;
      row = { ...(row ?? { sinceMs: clock.nowMs(), sinceUs: clock.elapsedUs() }), refusals };
      return {
        confirmed: false,
        confirmedTimeMs: Math.min(timeMs, block.timeMs),
        isContradicted,
        salt: isContradicted && freeing.salt !== null ? null : salt,
      };
    },
    taken(snapshot, { confirmed }) {
      known = knownAfter(known, snapshot, { confirmed, onRecord });
    },
    slower: () => slower,
    caughtUp() {
      slower = null;
    },
    unconfirmed: unconfirmedNow,
    state: () => ({
      confirmation: endpoints.count() === 1 ? 'single_endpoint' : 'second_endpoint',
      asked,
      unconfirmed,
      last_unconfirmed: row === null ? null : row.refusals.map(({ host, problem }) => `${host} ${problem}`).join('; '),
      unconfirmed_since: isoTimeOrNull(row?.sinceMs ?? null),
      unconfirmed_for_ms: unconfirmedNow()?.forMs ?? null,
      unconfirmed_by: (row?.refusals ?? []).map(({ host, problem }) => ({ host, problem })),
      unconfirmed_fix: row === null ? null : fixOf(row.refusals),
    }),
  };
}

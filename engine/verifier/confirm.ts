// With two or more endpoints, nothing that one of them says frees capital: a used nonce, an invalid salt, a higher balance, or a
// block time past a deadline with the nonce still unused and the balance still there, counts when a second endpoint, at the same
// or a later final block, says the same. What takes capital away is believed at once. A snapshot that frees nothing needs no
// second endpoint, but is not believed against the height that one names.

import type { AccountId, AssetId, NonceText } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearResult } from '../../contracts/runtime/near/reply.ts';
import { failed } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { type Freeing, saysTheSame, type ToRead, type VerifierSnapshot } from './read-snapshot.ts';
import { AGAINST_TAKEN, isJump } from './trust.ts';

/** See `Observation`, which carries the same two fields. */
export type Confirmation = { readonly confirmed: boolean; readonly confirmedTimeMs: number };

export type Confirmed = Confirmation & {
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
  /** Why the newest of them was not confirmed; null when it was. */
  readonly last_unconfirmed: string | null;
};

const DISAGREE = 'endpoints_disagree';

/** A second endpoint that is a little behind is given this time to reach the block. */
const BEHIND_TRIES_MAX = 3;
const BEHIND_WAIT_MS = 750;

type Reached = { readonly reached: boolean; readonly timeMs: number };

/** Nonces under which something is over by the block's time, if they are unused. */
const dueAt = (block: FinalBlock, timeFrees: ToRead['timeFrees']): ReadonlySet<NonceText> =>
  new Set(timeFrees.filter(({ fromMs }) => fromMs < block.timeMs).map(({ nonce }) => nonce));

export type ConfirmerOptions = {
  readonly endpoints: Endpoints;
  readonly accountId: AccountId;
  /** What the ledger has on record, maybe of an earlier run; null before the first balance. */
  readonly onRecord: (asset: AssetId) => bigint | null;
  readonly clock: Clock;
};

export function createConfirmer({ endpoints, accountId, onRecord, clock }: ConfirmerOptions): Confirmer {
  /** What was confirmed before. The first two hold no more than the nonces and salts of the newest snapshot. */
  let usedNonces: ReadonlySet<NonceText> = new Set();
  let invalidSalts: ReadonlySet<string> = new Set();
  /** Newest block time that a second endpoint has reached. */
  let timeMs = 0;
  const credited = new Map<string, bigint>();
  /** Was behind when it was asked last. */
  let slower: Endpoint | null = null;
  let asked = 0;
  let unconfirmed = 0;
  let lastUnconfirmed: string | null = null;

  const isOnRecord = (asset: string): boolean => onRecord(asset as AssetId) !== null;
  const knownOf = (asset: string): bigint => credited.get(asset) ?? onRecord(asset as AssetId) ?? 0n;

  function freeingIn(snapshot: VerifierSnapshot, timeFrees: ToRead['timeFrees']): Freeing {
    const due = dueAt(snapshot.block, timeFrees);
    return {
      usedNonces: snapshot.nonces.filter(({ nonce, used }) => used && !usedNonces.has(nonce)).map(({ nonce }) => nonce),
      unusedNonces: snapshot.nonces.filter(({ nonce, used }) => !used && due.has(nonce)).map(({ nonce }) => nonce),
      invalidSalts: snapshot.invalidSalts.filter((salt) => !invalidSalts.has(salt)),
      assets: Object.entries(snapshot.credited)
        .filter(([asset, units]) => due.size > 0 || units > knownOf(asset))
        .map(([asset]) => asset as AssetId),
    };
  }

  /** Whether the endpoint's own final block is the same or a later one. */
  async function reaches(other: Endpoint, { block }: VerifierSnapshot, triesMax: number): Promise<NearResult<Reached>> {
    let behindMs = 0;
    for (let tries = 1; ; tries += 1) {
      const answer = await endpoints.block(other, false);
      if (!answer.ok && !AGAINST_TAKEN.has(answer.reason)) return answer;
      if (answer.ok && answer.value.height >= block.height) {
        const differs = answer.value.height === block.height && answer.value.hash !== block.hash;
        if (!differs && answer.value.timeMs >= block.timeMs) {
          return { ok: true, value: { reached: true, timeMs: block.timeMs } };
        }
        return failed(DISAGREE, `block ${block.height} is another, or from another time`);
      }
      const named: FinalBlock | null = answer.ok ? answer.value : other.block;
      if (named !== null && isJump(named, block)) {
        return failed(DISAGREE, `final block ${block.height} is too far ahead of ${named.height}`);
      }
      if (answer.ok) behindMs = Math.min(answer.value.timeMs, block.timeMs);
      if (tries >= triesMax) return { ok: true, value: { reached: false, timeMs: behindMs } };
      await new Promise<void>((resolve) => clock.after(BEHIND_WAIT_MS, resolve));
    }
  }

  async function ask(
    other: Endpoint,
    snapshot: VerifierSnapshot,
    freeing: Freeing,
    triesMax: number,
  ): Promise<NearResult<Reached>> {
    const same = (): Promise<NearResult<boolean>> => saysTheSame(other.rpc, snapshot, freeing, accountId);
    const [reached, first] = await Promise.all([reaches(other, snapshot, triesMax), same()]);
    if (!reached.ok || !reached.value.reached) return reached;
    // It may have learned of the block while it was waited for.
    const answer = first.ok ? first : await same();
    if (!answer.ok) return answer;
    if (answer.value) return reached;
    return failed(DISAGREE, `at block ${snapshot.block.height} it does not say what frees capital`);
  }

  return {
    async confirm(primary, snapshot, timeFrees) {
      const { block } = snapshot;
      const whole: Confirmed = { confirmed: true, confirmedTimeMs: block.timeMs, isContradicted: false };
      if (endpoints.count() === 1) return whole;
      const freeing = freeingIn(snapshot, timeFrees);
      const isTimeDue = dueAt(block, timeFrees).size > 0;
      const named = freeing.usedNonces.length + freeing.invalidSalts.length;
      const frees = isTimeDue || named + freeing.assets.length > 0;
      if (frees) asked += 1;
      const problems: string[] = [];
      let isContradicted = false;
      // Those in trouble are looked after elsewhere, and waiting for them would make each balance old; but one that is only
      // behind what was taken may be the one that is right.
      const isAsked = ({ trouble, isSteady }: Endpoint): boolean =>
        trouble === null || (isSteady && AGAINST_TAKEN.has(trouble.reason));
      const seconds = endpoints.inOrder().filter((other) => other !== primary && isAsked(other));
      for (const other of seconds) {
        const answer = await ask(other, snapshot, freeing, frees ? BEHIND_TRIES_MAX : 1);
        if (answer.ok) timeMs = Math.max(timeMs, answer.value.timeMs);
        if (answer.ok && answer.value.reached) {
          lastUnconfirmed = null;
          return whole;
        }
        if (answer.ok) {
          if (frees) slower = other;
          problems.push(`${other.rpc.host} is behind`);
          continue;
        }
        problems.push(`${other.rpc.host} ${answer.reason}: ${answer.detail}`);
        // Which of the two is wrong is not known; one that cannot answer is not waited for again until it can.
        if (answer.reason === DISAGREE) isContradicted = true;
        else endpoints.refuse(other, answer);
      }
      // A first balance frees nothing that was promised; only a contradiction keeps it back.
      const isFirst = named === 0 && !freeing.assets.some(isOnRecord);
      if (!isContradicted && (!frees || (isFirst && !isTimeDue))) {
        lastUnconfirmed = null;
        return whole;
      }
      unconfirmed += 1;
      lastUnconfirmed = problems.length === 0 ? 'no second endpoint can be asked' : problems.join('; ');
      return { confirmed: false, confirmedTimeMs: Math.min(timeMs, block.timeMs), isContradicted };
    },
    taken(snapshot, { confirmed }) {
      const used = snapshot.nonces.filter((read) => read.used).map(({ nonce }) => nonce);
      usedNonces = new Set(used.filter((nonce) => confirmed || usedNonces.has(nonce)));
      invalidSalts = new Set(snapshot.invalidSalts.filter((salt) => confirmed || invalidSalts.has(salt)));
      for (const [asset, units] of Object.entries(snapshot.credited)) {
        const before = credited.get(asset);
        if (confirmed || (before !== undefined && units < before)) credited.set(asset, units);
      }
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

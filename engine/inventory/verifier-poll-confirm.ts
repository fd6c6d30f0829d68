// With two or more endpoints, nothing that one of them says frees capital: a used nonce, an invalid salt, a higher balance or a
// block time past a deadline counts when a second endpoint, at the same or a later final block, says the same. Asked only when a
// snapshot would free something. What takes capital away is believed at once.

import type { AccountId, AssetId, NonceText } from '../../contracts/ids.ts';
import type { Clock } from '../ports.ts';
import type { NearResult } from './near-client-reply.ts';
import { failed } from './near-client-reply.ts';
import type { Endpoint, Endpoints } from './verifier-poll-endpoints.ts';
import { type Freeing, saysTheSame, type VerifierSnapshot } from './verifier-poll-snapshot.ts';

/** See `Observation`, which carries the same two fields. */
export type Confirmation = { readonly confirmed: boolean; readonly confirmedTimeMs: number };

export type Confirmer = {
  confirm(primary: Endpoint, snapshot: VerifierSnapshot, timeFrees: boolean): Promise<Confirmation>;
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

export function createConfirmer(endpoints: Endpoints, accountId: AccountId, clock: Clock): Confirmer {
  /** What was confirmed before. The first two hold no more than the nonces and salts of the newest snapshot. */
  let usedNonces: ReadonlySet<NonceText> = new Set();
  let invalidSalts: ReadonlySet<string> = new Set();
  let timeMs = 0;
  const credited = new Map<string, bigint>();
  /** Was behind when it was asked last. */
  let slower: Endpoint | null = null;
  let asked = 0;
  let unconfirmed = 0;
  let lastUnconfirmed: string | null = null;

  function freeingIn(snapshot: VerifierSnapshot): Freeing {
    return {
      usedNonces: snapshot.nonces.filter(({ nonce, used }) => used && !usedNonces.has(nonce)).map(({ nonce }) => nonce),
      invalidSalts: snapshot.invalidSalts.filter((salt) => !invalidSalts.has(salt)),
      risen: Object.entries(snapshot.credited)
        .filter(([asset, units]) => units > (credited.get(asset) ?? 0n))
        .map(([asset]) => asset as AssetId),
    };
  }

  /** Whether the endpoint's own final block is the same or a later one. */
  async function reaches(other: Endpoint, { block }: VerifierSnapshot): Promise<NearResult<Reached>> {
    let behindMs = 0;
    for (let tries = 1; ; tries += 1) {
      const answer = await endpoints.block(other, false);
      if (!answer.ok && answer.reason !== 'block_went_back') return answer;
      if (answer.ok && answer.value.height >= block.height) {
        const differs = answer.value.height === block.height && answer.value.hash !== block.hash;
        if (!differs && answer.value.timeMs >= block.timeMs) {
          return { ok: true, value: { reached: true, timeMs: block.timeMs } };
        }
        return failed(DISAGREE, `block ${block.height} is another, or from another time`);
      }
      if (answer.ok) behindMs = Math.min(answer.value.timeMs, block.timeMs);
      if (tries >= BEHIND_TRIES_MAX) return { ok: true, value: { reached: false, timeMs: behindMs } };
      await new Promise<void>((resolve) => clock.after(BEHIND_WAIT_MS, resolve));
    }
  }

  async function ask(other: Endpoint, snapshot: VerifierSnapshot, freeing: Freeing): Promise<NearResult<Reached>> {
    const same = (): Promise<NearResult<boolean>> => saysTheSame(other.rpc, snapshot, freeing, accountId);
    const [reached, first] = await Promise.all([reaches(other, snapshot), same()]);
    if (!reached.ok || !reached.value.reached) return reached;
    // It may have learned of the block while it was waited for.
    const answer = first.ok ? first : await same();
    if (!answer.ok) return answer;
    if (answer.value) return reached;
    return failed(DISAGREE, `at block ${snapshot.block.height} it does not say what frees capital`);
  }

  return {
    async confirm(primary, snapshot, timeFrees) {
      const whole: Confirmation = { confirmed: true, confirmedTimeMs: snapshot.block.timeMs };
      if (endpoints.count() === 1) return whole;
      const freeing = freeingIn(snapshot);
      const frees = freeing.usedNonces.length + freeing.invalidSalts.length + freeing.risen.length > 0;
      if (!frees && !timeFrees) {
        lastUnconfirmed = null;
        return whole;
      }
      asked += 1;
      const problems: string[] = [];
      let confirmedTimeMs = timeMs;
      let isContradicted = false;
      // Those in trouble are looked after elsewhere; waiting for them would make each balance old.
      const seconds = endpoints.inOrder().filter((other) => other !== primary && other.trouble === null);
      for (const other of seconds) {
        const answer = await ask(other, snapshot, freeing);
        if (answer.ok && answer.value.reached) {
          lastUnconfirmed = null;
          return whole;
        }
        if (answer.ok) {
          slower = other;
          confirmedTimeMs = Math.max(confirmedTimeMs, answer.value.timeMs);
          problems.push(`${other.rpc.host} is behind`);
          continue;
        }
        problems.push(`${other.rpc.host} ${answer.reason}: ${answer.detail}`);
        // Which of the two is wrong is not known; one that cannot answer is not waited for again until it can.
        if (answer.reason === DISAGREE) isContradicted = true;
        else endpoints.refuse(other, answer);
      }
      const isFirst = credited.size === 0 && freeing.usedNonces.length + freeing.invalidSalts.length === 0;
      // A first balance frees nothing that was promised; only a contradiction keeps it back.
      if (isFirst && !timeFrees && !isContradicted) return whole;
      unconfirmed += 1;
      lastUnconfirmed = problems.length === 0 ? 'no second endpoint can be asked' : problems.join('; ');
      return { confirmed: false, confirmedTimeMs: Math.min(confirmedTimeMs, snapshot.block.timeMs) };
    },
    taken(snapshot, { confirmed, confirmedTimeMs }) {
      timeMs = Math.max(timeMs, confirmedTimeMs);
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

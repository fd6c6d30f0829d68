// Reads Bitcoin over an Esplora server: the transactions of each address from the mempool down to what is settled, and one by one those
// that were known and are not listed any more. One reading is by one server.
//
// That a transaction is not where it was is proved, not concluded: the server has as many blocks as were ever seen, and another block at the
// height of the one that contained it. What cannot be proved is not mentioned in the reading, and stays as it is.
//
// A server that asks for fewer requests in the middle ends a reading, and what was read until then is kept: its limit can be lower than
// the requests that a reading needs. Addresses are read in the order in which they were read last, so that each has its turn.

import { type Answer, answered, type FailureReason, failure } from '../answer.ts';
import { Endpoints, type EndpointsOptions } from '../endpoints.ts';
import { comparableAddress } from '../ledger/address.ts';
import {
  type ChainReading,
  type GoneTransaction,
  isOver,
  type MissedTransaction,
  type Place,
  type SeenTransfer,
  type Sighting,
} from '../ledger/sighting.ts';
import type { ChainSource, ChainTraits, ReadRequest } from '../source.ts';
import { type BitcoinClient, createBitcoinClient } from './client.ts';
import type { BitcoinTransaction } from './read-answer.ts';

const TRAITS: ChainTraits = {
  chain: 'btc:mainnet',
  // Ten minutes on average; six blocks within an hour of another six happen, twenty do not.
  tip: { blockMs: 120_000, burstBlocks: 20, stalledAfterMs: 4 * 3_600_000 },
  settledBlocks: 36,
  lookbackBlocks: 144,
};
/** Pages of 25 for one address in one reading: more transfers than are kept. */
const PAGES_MAX = 40;
/** Known transactions that are looked up one by one in one reading; the others have their turn in later ones. */
const LOOKUPS_MAX = 40;
/** One transaction that a server cannot show says nothing of the others; so many are a server that is not to be waited for. */
const MISSED_MAX = 3;
/** Of older addresses so many are read each time, in turn: rotation must not multiply the requests. */
const RETIRED_EACH = 4;
/** After these no other request of the reading is answered either. */
const ENDING: ReadonlySet<FailureReason> = new Set(['stopped', 'node_rate_limited']);
/** Inputs by which a replacement is sought; each of them must have been spent by it. */
const INPUTS_ASKED = 2;

export function createBitcoinSource(options: EndpointsOptions): ChainSource {
  const endpoints = new Endpoints(options);
  let turn = 0;
  let missedBefore: ReadonlySet<string> = new Set();
  const listedTurns = new Map<string, number>();
  const lookedUpTurns = new Map<string, number>();
  return {
    traits: TRAITS,
    async read(request) {
      turn += 1;
      const partial: Answer<ChainReading>[] = [];
      const whole = await endpoints.attempt(async (ask) => {
        const order = { turn, missedBefore, listedTurns, lookedUpTurns };
        const answer = await new Reading(createBitcoinClient(ask), { request, ...order }).run();
        const lacking = answer.ok ? (answer.value.cut ?? answer.value.missed[0]) : undefined;
        if (lacking === undefined) return answer;
        // Another server may show all of it.
        partial.push(answer);
        return failure(lacking.reason, lacking.detail);
      });
      const isStopped = !whole.ok && whole.reason === 'stopped';
      const answer = whole.ok || isStopped ? whole : (partial[0] ?? whole);
      if (answer.ok && answer.value.cut === null)
        missedBefore = new Set(answer.value.missed.map(({ txHash }) => txHash));
      const known = new Set([...request.ledger.sightings.values()].map(({ txHash }) => txHash));
      for (const txHash of lookedUpTurns.keys()) if (!known.has(txHash)) lookedUpTurns.delete(txHash);
      for (const address of listedTurns.keys()) if (!request.addresses.has(address)) listedTurns.delete(address);
      return answer;
    },
    host: () => endpoints.host(),
    requests: () => endpoints.requests(),
    close: () => endpoints.close(),
  };
}

type ReadingOptions = {
  readonly request: ReadRequest;
  readonly turn: number;
  /** Asked for last, so that they keep no other from its turn. */
  readonly missedBefore: ReadonlySet<string>;
  /** The reading in which an address gave its transactions last, of all servers; noted here. */
  readonly listedTurns: Map<string, number>;
  /** The same of the transactions that were looked up. */
  readonly lookedUpTurns: Map<string, number>;
};

class Reading {
  readonly #client: BitcoinClient;
  readonly #request: ReadRequest;
  readonly #turn: number;
  readonly #missedBefore: ReadonlySet<string>;
  readonly #listedTurns: Map<string, number>;
  readonly #lookedUpTurns: Map<string, number>;
  readonly #missed: MissedTransaction[] = [];
  readonly #found = new Map<string, BitcoinTransaction>();
  readonly #gone: GoneTransaction[] = [];
  readonly #readTo = new Map<string, number>();
  /** Hashes of blocks by height, as this server has them. */
  readonly #hashes = new Map<number, string | null>();
  #tipHeight = 0;
  #unreadable = 0;
  #hasListed = false;

  constructor(client: BitcoinClient, { request, turn, ...order }: ReadingOptions) {
    this.#client = client;
    this.#request = request;
    this.#turn = turn;
    this.#missedBefore = order.missedBefore;
    this.#listedTurns = order.listedTurns;
    this.#lookedUpTurns = order.lookedUpTurns;
  }

  async run(): Promise<Answer<ChainReading>> {
    const before = await this.#readTip();
    if (!before.ok) return before;
    const read = await this.#readAll();
    const cut = !read.ok && read.reason === 'node_rate_limited' && this.#hasListed ? read : null;
    if (!read.ok && cut === null) return read;
    const seen = await this.#provenTransfers(cut !== null);
    if (!seen.ok) return seen;
    const { transfers, empty } = seen.value;
    const ignored = this.#unreadable + empty;
    const rest = { seen: transfers, missed: this.#missed, cut, ignored };
    if (cut === null) return answered({ ...rest, tipHeight: this.#tipHeight, readTo: this.#readTo, gone: this.#gone });
    const tipHeight = this.#provenHeight();
    const readTo = new Map([...this.#readTo].map(([address, height]) => [address, Math.min(height, tipHeight)]));
    return answered({ ...rest, tipHeight, readTo, gone: [] });
  }

  /** Of a reading that was cut: confirmations grow by it, also of a transfer that was not read and may be in no block any more. */
  #provenHeight(): number {
    const { sightings, tipHeight } = this.#request.ledger;
    const isUnread = (each: Sighting): boolean =>
      each.place !== null && this.#isSought(each) && !this.#found.has(each.txHash);
    return [...sightings.values()].some(isUnread) ? Math.min(this.#tipHeight, tipHeight ?? 0) : this.#tipHeight;
  }

  async #readAll(): Promise<Answer<unknown>> {
    for (const address of this.#due()) {
      const listed = await this.#list(address);
      if (!listed.ok) return listed;
    }
    const looked = await this.#lookUpMissing();
    if (!looked.ok) return looked;
    // Once more, since a block may have come in between; the server must not have changed to one that is behind.
    return this.#readTip();
  }

  async #readTip(): Promise<Answer<number>> {
    const tip = await this.#client.tipHeight();
    if (!tip.ok) return tip;
    const verdict = this.#request.judge(tip.value);
    if (verdict !== 'ok') return failure(verdict, `it claims the height ${tip.value}`);
    this.#tipHeight = tip.value;
    return tip;
  }

  #due(): readonly string[] {
    const lastTurn = (address: string): number => this.#listedTurns.get(address) ?? 0;
    const all = [...this.#request.addresses].toSorted(([one], [other]) => lastTurn(one) - lastTurn(other));
    const active = all.filter(([, { isActive }]) => isActive);
    const retired = all.filter(([, { isActive }]) => !isActive).slice(0, RETIRED_EACH);
    const due = [...active, ...retired].map(([address]) => address);
    return due.toSorted((one, other) => lastTurn(one) - lastTurn(other));
  }

  /** Height from which on transactions of an address are news. */
  #floorOf(address: string): number {
    const { lookbackBlocks, settledBlocks } = TRAITS;
    const cursor = this.#request.ledger.cursors.get(address);
    // A position above the chain is one that a wrong height left behind.
    if (cursor === undefined || cursor > this.#tipHeight) return this.#tipHeight - lookbackBlocks;
    return cursor - settledBlocks;
  }

  async #list(address: string): Promise<Answer<null>> {
    const floor = this.#floorOf(address);
    // A block that comes while the pages are read is left to the next reading.
    const readTo = this.#tipHeight;
    let after: string | null = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const list = await this.#client.transactionsOf(address, after);
      if (!list.ok) return list;
      this.#hasListed = true;
      this.#listedTurns.set(address, this.#turn);
      const { transactions, unreadable } = list.value;
      this.#unreadable += unreadable;
      const confirmed = transactions.filter(({ place }) => place !== null);
      for (const transaction of transactions) {
        if (transaction.place === null || transaction.place.height > floor) this.#note(transaction);
      }
      const last = confirmed.at(-1);
      if (last?.place === undefined || last.place === null || last.place.height <= floor || last.txid === after) {
        this.#readTo.set(address, readTo);
        return answered(null);
      }
      after = last.txid;
    }
    // Not read to the end: the position stays, and the next reading begins at the newest again.
    return answered(null);
  }

  /** A transaction that is in a block in one answer and not in another has been put into it in between. */
  #note(transaction: BitcoinTransaction): void {
    const known = this.#found.get(transaction.txid);
    if (known?.place === undefined || known.place === null) this.#found.set(transaction.txid, transaction);
  }

  async #lookUpMissing(): Promise<Answer<null>> {
    const missing = new Map<string, Sighting>();
    for (const sighting of this.#request.ledger.sightings.values()) {
      if (!this.#found.has(sighting.txHash) && this.#isSought(sighting)) missing.set(sighting.txHash, sighting);
    }
    const lastTurn = ({ txHash }: Sighting): number => this.#lookedUpTurns.get(txHash) ?? 0;
    const all = [...missing.values()].toSorted((one, other) => lastTurn(one) - lastTurn(other));
    const isMissed = ({ txHash }: Sighting): boolean => this.#missedBefore.has(txHash);
    const ordered = [...all.filter((each) => !isMissed(each)), ...all.filter(isMissed)];
    for (const sighting of ordered.slice(0, LOOKUPS_MAX)) {
      const looked = await this.#lookUp(sighting);
      if (!looked.ok && ENDING.has(looked.reason)) return looked;
      this.#lookedUpTurns.set(sighting.txHash, this.#turn);
      if (!looked.ok) this.#missed.push({ ...looked, txHash: sighting.txHash });
      if (this.#missed.length >= MISSED_MAX) break;
    }
    return answered(null);
  }

  #isSought(sighting: Sighting): boolean {
    if (sighting.place === null) return !isOver(sighting);
    return this.#tipHeight - sighting.place.height < TRAITS.settledBlocks;
  }

  async #lookUp(sighting: Sighting): Promise<Answer<null>> {
    const transaction = await this.#client.transaction(sighting.txHash);
    if (!transaction.ok) return transaction;
    if (transaction.value !== null) {
      this.#note(transaction.value);
      return answered(null);
    }
    const proof = await this.#isUndone(sighting.place);
    if (!proof.ok) return proof;
    if (!proof.value) return answered(null);
    let replacedBy: string | null = null;
    for (const input of sighting.inputs.slice(0, INPUTS_ASKED)) {
      const spender = await this.#client.spenderOf(input);
      if (!spender.ok) return spender;
      // The server contradicts itself; it will know better.
      if (spender.value === sighting.txHash) return answered(null);
      replacedBy ??= spender.value;
    }
    this.#gone.push({ txHash: sighting.txHash, replacedBy });
    return answered(null);
  }

  /** Whether the chain of this server has another block where the transaction was. */
  async #isUndone(place: Place | null): Promise<Answer<boolean>> {
    if (place === null) return answered(true);
    let hash = this.#hashes.get(place.height);
    if (hash === undefined) {
      const read = await this.#client.blockHash(place.height);
      if (!read.ok) return read;
      hash = read.value;
      this.#hashes.set(place.height, hash);
    }
    // Without any block at a height below its tip the server contradicts itself.
    return answered(hash !== null && hash !== place.hash);
  }

  /** What pays the addresses, without what would take confirmations back unproved, or, in a reading that was cut, at all. */
  async #provenTransfers(
    isCut: boolean,
  ): Promise<Answer<{ readonly transfers: SeenTransfer[]; readonly empty: number }>> {
    const places = new Map<string, Place>();
    for (const { txHash, place } of this.#request.ledger.sightings.values())
      if (place !== null) places.set(txHash, place);
    const transfers: SeenTransfer[] = [];
    let empty = 0;
    for (const transaction of this.#found.values()) {
      const { txid, place, inputs, sender } = transaction;
      if (place !== null && place.height > this.#tipHeight) {
        // A block that came after the height was read: the next reading has it.
        if (isCut) continue;
        return failure('node_inconsistent', `a block of height ${place.height} above its own ${this.#tipHeight}`);
      }
      const was = places.get(txid) ?? null;
      if (was !== null && was.hash !== place?.hash) {
        if (isCut || this.#missed.length >= MISSED_MAX) continue;
        const undone = await this.#isUndone(was);
        if (!undone.ok && undone.reason === 'stopped') return undone;
        if (!undone.ok) this.#missed.push({ ...undone, txHash: txid });
        if (!undone.ok || !undone.value) continue;
      }
      for (const { index, address, units } of transaction.outputs) {
        const own = comparableAddress(TRAITS.chain, address);
        if (!this.#request.addresses.has(own)) continue;
        if (units === 0n) empty += 1;
        else transfers.push({ txHash: txid, outputIndex: index, address: own, units, inputs, sender, place });
      }
    }
    return answered({ transfers, empty });
  }
}

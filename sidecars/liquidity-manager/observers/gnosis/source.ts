// Reads transfers of EURe over the JSON-RPC of a Gnosis node: the logs from the position of the last reading, less what can still be
// undone, up to the newest block. One reading is by one node.
//
// Invariants: the position never passes a block that the node which gave the logs does not have; a log that is not where it was counts as
// gone when the node has another block there, and not before; logs of another token, address or range are a lie, and nothing is taken.

import { EURE_CONTRACT, GNOSIS_CHAIN_ID } from '../../../../contracts/wire/gnosis.ts';
import { type Answer, answered, type FailureReason, failure } from '../answer.ts';
import { Endpoints, type EndpointsOptions } from '../endpoints.ts';
import { type ChainReading, type GoneTransaction, isOver, keyOf, type SeenTransfer } from '../ledger/sighting.ts';
import type { ChainSource, ChainTraits, ReadRequest } from '../source.ts';
import { createGnosisClient, type GnosisClient, type Range } from './client.ts';
import { BlockRange } from './range.ts';
import type { GnosisBlock, TransferLog } from './read-answer.ts';

const TRAITS: ChainTraits = {
  chain: 'eth:100',
  // One block in five seconds, never more.
  tip: { blockMs: 4_000, burstBlocks: 64, stalledAfterMs: 300_000 },
  settledBlocks: 64,
  lookbackBlocks: 17_280,
};
const EURE_DECIMALS = 18;
/** Requests for logs in one reading, refused ones included: what is left has its turn in the next. */
const PAGES_MAX = 40;
/** Blocks that are asked for by number, for proof that they were undone. */
const PROOFS_MAX = 20;
/** A smaller range is tried: at once, or, since the time of a reading is bounded, in the next. */
const TOO_MUCH: ReadonlySet<FailureReason> = new Set(['node_range_refused', 'node_answer_too_large', 'node_timed_out']);

/** Blocks before its first one do not exist, and give no logs. */
type Node = { readonly range: BlockRange; readonly firstBlock: number };

export function createGnosisSource(options: EndpointsOptions): ChainSource {
  const endpoints = new Endpoints(options);
  /** What is known of each node: limits are those of a provider. */
  const known = new Map<string, Node>();

  async function nodeAt(client: GnosisClient, url: string): Promise<Answer<Node>> {
    const before = known.get(url);
    if (before !== undefined) return answered(before);
    const chainId = await client.chainId();
    if (!chainId.ok) return chainId;
    if (chainId.value !== GNOSIS_CHAIN_ID) return failure('node_wrong_chain', `chain id ${chainId.value}, not 100`);
    const decimals = await client.decimals();
    if (!decimals.ok) return decimals;
    if (decimals.value !== EURE_DECIMALS) return failure('node_wrong_token', `${decimals.value} decimals, not 18`);
    const earliest = await client.earliest();
    if (!earliest.ok) return earliest;
    const node: Node = { range: new BlockRange(), firstBlock: earliest.value?.number ?? 0 };
    known.set(url, node);
    return answered(node);
  }

  return {
    traits: TRAITS,
    read: (request) =>
      endpoints.attempt(async (ask, url) => {
        const client = createGnosisClient(ask);
        const node = await nodeAt(client, url);
        return node.ok ? new Reading(client, request, node.value).run() : node;
      }),
    host: () => endpoints.host(),
    requests: () => endpoints.requests(),
    close: () => endpoints.close(),
  };
}

class Reading {
  readonly #client: GnosisClient;
  readonly #request: ReadRequest;
  readonly #node: Node;
  readonly #logs: TransferLog[] = [];
  #ignored = 0;
  /** Last block that the logs were read up to; null: none was. */
  #last: GnosisBlock | null = null;

  constructor(client: GnosisClient, request: ReadRequest, node: Node) {
    this.#client = client;
    this.#request = request;
    this.#node = node;
  }

  async run(): Promise<Answer<ChainReading>> {
    const head = await this.#client.head();
    if (!head.ok) return head;
    if (head.value === null) return failure('node_unreadable', 'the node has no newest block');
    const verdict = this.#request.judge(head.value.number);
    if (verdict !== 'ok') return failure(verdict, `its newest block is ${head.value.number}`);
    const from = this.#firstBlock(head.value.number);
    const read = await this.#readLogs(from, head.value);
    // What was read before a later page failed is good.
    if (!read.ok && (this.#last === null || read.reason === 'stopped')) return read;
    const readTo = this.#last?.number ?? from;
    const gone = await this.#provenGone({ from, to: readTo }, head.value.number);
    if (!gone.ok) return gone;
    const { addresses } = this.#request;
    return answered({
      tipHeight: head.value.number,
      readTo: new Map([...addresses.keys()].map((address) => [address, readTo])),
      seen: this.#transfers(),
      gone: gone.value,
      missed: [],
      cut: null,
      ignored: this.#ignored,
    });
  }

  /** The address that was read least far decides: reading a block again changes nothing. */
  #firstBlock(headNumber: number): number {
    const { addresses, ledger } = this.#request;
    const floors = [...addresses.keys()].map((address) => {
      const cursor = ledger.cursors.get(address);
      // A position above the chain is one that a wrong height left behind.
      const isUsable = cursor !== undefined && cursor <= headNumber;
      return isUsable ? cursor - TRAITS.settledBlocks + 1 : headNumber - TRAITS.lookbackBlocks + 1;
    });
    return Math.max(this.#node.firstBlock, Math.min(headNumber, ...floors));
  }

  async #readLogs(first: number, head: GnosisBlock): Promise<Answer<null>> {
    let from = first;
    for (let page = 0; page < PAGES_MAX && from <= head.number; page += 1) {
      const range = { from, to: Math.min(head.number, from + this.#node.range.blocks - 1) };
      const read = await this.#readPage(range, head);
      if (read.ok) {
        this.#node.range.grow();
        from = range.to + 1;
      } else if (!TOO_MUCH.has(read.reason) || !this.#node.range.halve() || read.reason === 'node_timed_out')
        return read;
    }
    return this.#last === null ? failure('node_range_refused', 'no range was small enough') : answered(null);
  }

  async #readPage(range: Range, head: GnosisBlock): Promise<Answer<null>> {
    const addresses = [...this.#request.addresses.keys()];
    const page = await this.#client.transfers(range, addresses);
    if (!page.ok) return page;
    const { logs, unreadable, last } = page.value;
    if (last === null) return failure('node_behind', `it gave logs up to block ${range.to}, and does not have it`);
    if (last.number !== range.to) return failure('node_inconsistent', `block ${last.number} for ${range.to}`);
    if (last.number === head.number && last.hash !== head.hash) {
      return failure('node_inconsistent', `two blocks of height ${head.number}`);
    }
    const stray = logs.find((log) => !this.#isAsked(log, range));
    if (stray !== undefined)
      return failure('node_inconsistent', `a log of block ${stray.blockNumber} that was not asked for`);
    this.#last = last;
    this.#ignored += unreadable;
    for (const log of logs) {
      if (log.isRemoved) continue;
      // Anybody can make a transfer of nothing from any address to any other.
      if (log.units === 0n) this.#ignored += 1;
      else this.#logs.push(log);
    }
    return answered(null);
  }

  #isAsked({ contract, to, blockNumber }: TransferLog, range: Range): boolean {
    const isInRange = blockNumber >= range.from && blockNumber <= range.to;
    return contract === EURE_CONTRACT && isInRange && this.#request.addresses.has(to);
  }

  #transfers(): SeenTransfer[] {
    const counts = new Map<string, number>();
    const ordered = this.#logs.toSorted((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
    const met = new Set<string>();
    return ordered.flatMap((log) => {
      const { txHash, to, units, from, blockNumber, blockHash, logIndex } = log;
      const id = `${txHash} ${blockHash} ${logIndex}`;
      // A node that lists a log twice does not make it two.
      if (met.has(id)) return [];
      met.add(id);
      const outputIndex = counts.get(`${txHash} ${blockHash}`) ?? 0;
      counts.set(`${txHash} ${blockHash}`, outputIndex + 1);
      const place = { height: blockNumber, hash: blockHash, timeMs: null };
      return [{ txHash, outputIndex, address: to, units, inputs: [], sender: from, place }];
    });
  }

  /** Those of the range that were not met, where the node has another block; and those that no block has had since. */
  async #provenGone({ from, to }: Range, headNumber: number): Promise<Answer<GoneTransaction[]>> {
    const met = new Set(this.#transfers().map(keyOf));
    const hashes = new Map<number, string | null>();
    const gone = new Map<string, GoneTransaction>();
    for (const [key, sighting] of this.#request.ledger.sightings) {
      const { place, txHash } = sighting;
      if (met.has(key)) continue;
      if (place === null) {
        if (!isOver(sighting) && to === headNumber) gone.set(txHash, { txHash, replacedBy: null });
        continue;
      }
      if (place.height < from || place.height > to) continue;
      if (!hashes.has(place.height)) {
        if (hashes.size >= PROOFS_MAX) continue;
        const block = await this.#client.block(place.height);
        if (!block.ok) return block;
        hashes.set(place.height, block.value?.hash ?? null);
      }
      const hash = hashes.get(place.height) ?? null;
      if (hash !== null && hash !== place.hash) gone.set(txHash, { txHash, replacedBy: null });
    }
    return answered([...gone.values()]);
  }
}

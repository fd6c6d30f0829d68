// A small Gnosis chain: blocks with ERC-20 transfers in them, finality a fixed distance behind the head, and
// reorganisation. Deterministic: hashes come from a counter through a hash function that is passed in.
// Only transfers exist; balances are not kept, and anybody may send anything.

import { EURE_CONTRACT } from '../../../contracts/wire/gnosis.ts';

type Hash = (text: string) => string;

export type Transfer = {
  readonly txHash: string;
  readonly contract: string;
  readonly from: string;
  readonly to: string;
  readonly units: bigint;
};

export type Block = {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timeS: number;
  readonly transfers: readonly Transfer[];
};

export type TransferOptions = {
  readonly to: string;
  readonly units: bigint;
  readonly from?: string;
  /** EURe of the second generation unless said otherwise. */
  readonly contract?: string;
  /** Hash of another waiting transfer whose transaction makes this one as well. */
  readonly within?: string;
};

export type GnosisChain = ReturnType<typeof createGnosisChain>;

export type GnosisOptions = {
  readonly hash: Hash;
  readonly nowMs: () => number;
  readonly startNumber?: number;
  /** Blocks from the head to the last final one; two epochs on the real chain. */
  readonly finalityBlocks?: number;
};

const SOMEBODY = '0x00000000000000000000000000000000000000aa';
/** So many blocks exist from the start, so that a search backwards finds something. */
const FIRST_BLOCKS = 100;

export function createGnosisChain({ hash, nowMs, startNumber = 44_374_000, finalityBlocks = 32 }: GnosisOptions) {
  const blocks: Block[] = [];
  const undoneBlocks: Block[] = [];
  const listeners = new Set<() => void>();
  let pending: Transfer[] = [];
  let counter = 0;

  const unique = (what: string): string => `0x${hash(`gnosis ${what} ${counter++}`)}`;
  const head = (): Block | undefined => blocks.at(-1);
  const headNumber = (): number => head()?.number ?? startNumber;

  function append(transfers: readonly Transfer[]): void {
    const parentHash = head()?.hash ?? unique('genesis');
    const number = headNumber() + (blocks.length === 0 ? 0 : 1);
    blocks.push({ number, hash: unique('block'), parentHash, timeS: Math.floor(nowMs() / 1000), transfers });
  }
  for (let each = 0; each < FIRST_BLOCKS; each += 1) append([]);

  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  return {
    /** Sends a transfer, which the next block takes; gives its transaction hash. */
    transfer({ to, units, from = SOMEBODY, contract = EURE_CONTRACT, within }: TransferOptions): string {
      const txHash = within ?? unique('transaction');
      pending.push({
        txHash,
        contract: contract.toLowerCase(),
        from: from.toLowerCase(),
        to: to.toLowerCase(),
        units,
      });
      changed();
      return txHash;
    },
    mine(count = 1): number {
      for (let each = 0; each < count; each += 1) {
        append(pending);
        pending = [];
      }
      changed();
      return headNumber();
    },
    /** Undoes blocks and puts one more, empty, in their place; transfers that are not dropped wait for the next block. */
    reorg({ depth, drop = [] }: { readonly depth: number; readonly drop?: readonly string[] }): number {
      if (depth < 1 || depth >= blocks.length) throw new Error(`a reorg of ${depth} blocks does not fit the chain`);
      if (depth > finalityBlocks) throw new Error(`a reorg of ${depth} blocks would undo final ones`);
      const taken = blocks.splice(-depth);
      undoneBlocks.push(...taken);
      const undone = taken.flatMap((block) => block.transfers);
      pending = [...undone, ...pending].filter(({ txHash }) => !drop.includes(txHash));
      for (let each = 0; each <= depth; each += 1) append([]);
      changed();
      return headNumber();
    },
    headNumber,
    /** Blocks that reorganisations took away. */
    undoneBlocks: (): readonly Block[] => undoneBlocks,
    finalNumber: (): number => Math.max(blocks[0]?.number ?? startNumber, headNumber() - finalityBlocks),
    firstNumber: (): number => blocks[0]?.number ?? startNumber,
    block: (number: number): Block | null => blocks[number - (blocks[0]?.number ?? 0)] ?? null,
    blockByHash: (blockHash: string): Block | null => blocks.find((block) => block.hash === blockHash) ?? null,
    blockOfTransaction: (txHash: string): Block | null =>
      blocks.find((block) => block.transfers.some((each) => each.txHash === txHash)) ?? null,
    /** Transfers that no block has taken yet. */
    waiting: (): readonly Transfer[] => pending,
    /** Every transfer of EURe to an address, those that wait too (with 0 confirmations). */
    eureTo(address: string): readonly (Transfer & { readonly confirmations: number })[] {
      const own = address.toLowerCase();
      const mined = blocks.flatMap((block) =>
        block.transfers.map((each) => ({ ...each, confirmations: headNumber() - block.number + 1 })),
      );
      const waiting = pending.map((each) => ({ ...each, confirmations: 0 }));
      return [...mined, ...waiting].filter(({ to, contract }) => to === own && contract === EURE_CONTRACT);
    },
    /** Calls back after every change; gives a function that ends it. */
    onChange(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

// The blocks of the simulated chain: one for each block time of the clock, of which only the last ones are kept, and the
// state that the next one will hold. They are made when somebody looks; time that passed unseen makes as many as it holds.

import type { VerifierState } from '../verifier/state.ts';
import { NS_PER_MS } from '../verifier/text/deadline.ts';
import type { SimClock } from './clock.ts';
import { idOf } from './transaction.ts';

export type Block = {
  readonly height: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly timestampNs: bigint;
  readonly state: VerifierState;
};

export type BlocksOptions = {
  readonly clock: Pick<SimClock, 'nowMs'>;
  readonly blockMs: number;
  readonly keepBlocks: number;
  readonly firstHeight: number;
  /** Makes the hashes of one chain differ from those of another. */
  readonly seed: string;
  /** State of the first block. */
  readonly state: VerifierState;
};

export class Blocks {
  /** State that the next block will hold. */
  pending: VerifierState;

  readonly #options: BlocksOptions;
  readonly #kept: Block[] = [];
  readonly #listeners = new Set<() => void>();
  #nextBlockAtMs: number;

  constructor(options: BlocksOptions) {
    this.#options = options;
    this.pending = options.state;
    this.#nextBlockAtMs = options.clock.nowMs();
    this.catchUp();
  }

  /** Makes the blocks that fell due since somebody looked last. */
  catchUp(): void {
    const { clock, blockMs, keepBlocks } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs < this.#nextBlockAtMs) return;
    const due = Math.floor((nowMs - this.#nextBlockAtMs) / blockMs) + 1;
    const skipped = Math.max(0, due - keepBlocks);
    const firstHeight = this.nextHeight() + skipped;
    for (let i = skipped; i < due; i += 1) {
      this.#produce(firstHeight + i - skipped, BigInt(this.#nextBlockAtMs + i * blockMs) * NS_PER_MS);
    }
    this.#nextBlockAtMs += due * blockMs;
    for (const listener of this.#listeners) listener();
  }

  /** Makes so many blocks now, whether they are due or not. */
  mine(count: number): void {
    this.catchUp();
    for (let i = 0; i < count; i += 1) {
      this.#produce(this.nextHeight(), BigInt(Math.floor(this.#options.clock.nowMs())) * NS_PER_MS);
    }
    for (const listener of this.#listeners) listener();
  }

  /** The block that is `lag` behind the newest, or the oldest when there are not so many. */
  newest(lag = 0): Block {
    this.catchUp();
    const block = this.#kept[Math.max(0, this.#kept.length - 1 - lag)];
    if (block === undefined) throw new Error('the chain has no block, although its first is made when it starts');
    return block;
  }

  /** By height or hash; nothing when it is unknown or forgotten. */
  find(id: number | string): Block | undefined {
    this.catchUp();
    return this.#kept.find((block) => block.height === id || block.hash === id);
  }

  /** Height of the block that is not made yet. */
  nextHeight(): number {
    return (this.#kept.at(-1)?.height ?? this.#options.firstHeight - 1) + 1;
  }

  /** Block time of what runs now: not before the newest block. */
  nowNs(): bigint {
    const now = BigInt(Math.floor(this.#options.clock.nowMs())) * NS_PER_MS;
    const { timestampNs } = this.newest();
    return now > timestampNs ? now : timestampNs;
  }

  untilNextMs(): number {
    return Math.max(0, this.#nextBlockAtMs - this.#options.clock.nowMs());
  }

  onBlock(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #produce(height: number, timestampNs: bigint): void {
    const newest = this.#kept.at(-1);
    const earliest = newest === undefined ? 0n : newest.timestampNs + 1n;
    this.#kept.push({
      height,
      hash: this.#hashOf(height),
      previousHash: this.#hashOf(height - 1),
      timestampNs: timestampNs < earliest ? earliest : timestampNs,
      state: this.pending,
    });
    if (this.#kept.length > this.#options.keepBlocks) this.#kept.shift();
  }

  #hashOf(height: number): string {
    return idOf(`block ${this.#options.seed} ${height}`);
  }
}

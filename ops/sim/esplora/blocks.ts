// The blocks of the small Bitcoin: the best chain, and the hashes of blocks that a reorganisation took off it.

export type Block = { readonly height: number; readonly hash: string; readonly timeS: number };

export type BlocksOptions = {
  /** Gives another hash each time. */
  readonly unique: (what: string) => string;
  readonly nowMs: () => number;
  readonly startHeight: number;
};

export class Blocks {
  readonly #options: BlocksOptions;
  readonly #best: Block[] = [];
  /** Heights by hash. */
  readonly #orphans = new Map<string, number>();

  constructor(options: BlocksOptions) {
    this.#options = options;
    this.#push(options.startHeight);
  }

  tip(): Block {
    return this.#best.at(-1) ?? { height: this.#options.startHeight, hash: '', timeS: 0 };
  }

  first(): Block {
    return this.#best[0] ?? this.tip();
  }

  /** Puts a block on top. */
  append(): Block {
    return this.#push(this.tip().height + 1);
  }

  /** Takes blocks off the top; gives the height of the lowest of them. @throws Error when there are not so many */
  undo(depth: number): number {
    if (depth < 1 || depth >= this.#best.length) {
      throw new Error(`a reorg of ${depth} blocks does not fit the chain`);
    }
    for (const block of this.#best.splice(-depth)) this.#orphans.set(block.hash, block.height);
    return this.tip().height + 1;
  }

  at(height: number): Block | null {
    return this.#best.find((block) => block.height === height) ?? null;
  }

  byHash(hash: string): Block | null {
    return this.#best.find((block) => block.hash === hash) ?? null;
  }

  isOrphan(hash: string): boolean {
    return this.#orphans.has(hash);
  }

  #push(height: number): Block {
    const { unique, nowMs } = this.#options;
    // Eight zeros in front, as a mined hash has them.
    const hash = unique('block').replace(/^.{8}/, '00000000');
    const block = { height, hash, timeS: Math.floor(nowMs() / 1000) };
    this.#best.push(block);
    return block;
  }
}

// When a node said of the chain what is not so. While one does, the engine cannot know whom to believe: it may do nothing for longer, or
// stop, but what it promises and what it has on record at the end is held against the chain as ever.

/** `isTie`: one other node is asked, so that nobody knows which of the two is right. `isLess`: it names lower balances. */
export type Kind = { readonly isTie: boolean; readonly isLess: boolean };

type Lie = Kind & { untilUs: number };

export class Lies {
  readonly #nowUs: () => number;
  readonly #all: Lie[] = [];

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** A node begins. @returns what ends it */
  begin(kind: Kind): () => void {
    const lie: Lie = { ...kind, untilUs: Number.POSITIVE_INFINITY };
    this.#all.push(lie);
    return () => {
      lie.untilUs = this.#nowUs();
    };
  }

  /** One did, at some time since. */
  since(sinceUs: number): boolean {
    return this.#all.some(({ untilUs }) => untilUs >= sinceUs);
  }

  /** The same, with one other to be asked. */
  tieSince(sinceUs: number): boolean {
    return this.#all.some(({ untilUs, isTie }) => isTie && untilUs >= sinceUs);
  }

  /** The same, on a balance: of two, the engine has to believe the lower one. */
  ofLessSince(sinceUs: number): boolean {
    return this.#all.some(({ untilUs, isTie, isLess }) => isTie && isLess && untilUs >= sinceUs);
  }
}

// A port between two parts of which each needs the other: made first, bound once when the other part exists. A use before that is
// a mistake in the composition and throws, in place of a value that is silently missing.

export class LateBound<Port> {
  readonly #name: string;
  #port: { readonly value: Port } | null = null;

  /** @param name of what is bound, for the error */
  constructor(name: string) {
    this.#name = name;
  }

  bind(value: Port): void {
    if (this.#port !== null) throw new Error(`${this.#name} is bound already`);
    this.#port = { value };
  }

  get(): Port {
    if (this.#port === null) throw new Error(`${this.#name} is used before it is bound`);
    return this.#port.value;
  }
}

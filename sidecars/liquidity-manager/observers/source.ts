// What an observer needs of a chain: one reading at a time, judged by one node. Types only.

import type { Answer } from './answer.ts';
import type { ChainReading, Ledger } from './ledger/sighting.ts';
import type { TipPolicy, TipVerdict } from './tip.ts';
import type { ObservedChain, WatchedAddress } from './types.ts';

export type ReadRequest = {
  /** By the spelling by which addresses of the chain are compared; at least one. */
  readonly addresses: ReadonlyMap<string, WatchedAddress>;
  readonly ledger: Ledger;
  /** Whether the height that a node claims is believed. */
  readonly judge: (height: number) => TipVerdict;
};

export type ChainSource = {
  readonly traits: ChainTraits;
  /** Total: a reading or a named failure. */
  read(request: ReadRequest): Promise<Answer<ChainReading>>;
  host(): string;
  requests(): number;
  /** Ends what is under way; later readings fail at once. */
  close(): void;
};

export type ChainTraits = {
  readonly chain: ObservedChain;
  readonly tip: TipPolicy;
  /** Blocks after which nothing is expected to be undone: so many are read again each time. */
  readonly settledBlocks: number;
  /** How far back the first reading of an address goes: what is older is no news. About a day. */
  readonly lookbackBlocks: number;
};

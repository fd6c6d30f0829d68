// How the relay behaves towards its clients now: as a real one does, unless a fault is set.

export type Conduct = {
  ackDelayMs: number;
  isHoldingReplies: boolean;
  /** Nothing is sent any more, as on a dead line. */
  isSilent: boolean;
  /** Status that new connections are turned away with. */
  refusedWith: number | null;
  /** Status that the JSON-RPC answers every request with, and nothing else. */
  rpcRefusedWith: number | null;
  repeatsQuotes: boolean;
  /** A quote that is to be taken settles as soon as it is answered, and its status leaves before the reply. */
  isStatusFirst: boolean;
  isStatusBeforeBlock: boolean;
  /** Auctions end at their least wait. */
  isWithoutGrace: boolean;
};

export const normalConduct = (): Conduct => ({
  ackDelayMs: 0,
  isHoldingReplies: false,
  isSilent: false,
  refusedWith: null,
  rpcRefusedWith: null,
  repeatsQuotes: false,
  isStatusFirst: false,
  isStatusBeforeBlock: false,
  isWithoutGrace: false,
});

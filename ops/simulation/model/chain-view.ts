// The truth that the model judges by: the verifier's state of a block, and what is to be in the next one.

export type BlockView = {
  readonly height: number;
  readonly timeMs: number;
  balance(asset: string): bigint;
  /** The nonce as it travels, in base64. */
  isUsed(nonce: string): boolean;
  isLocked(): boolean;
  hasKey(): boolean;
  isValidSalt(salt: string): boolean;
};

export type ChainView = {
  /** null: no longer kept. */
  at(height: number): BlockView | null;
  /** With everything that was executed, in a block or not. */
  newest(): BlockView;
};

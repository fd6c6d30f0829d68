// The contract's refusals of a batch, word for word. Each ends the batch: nothing of it takes effect.

export const VERIFIER_ERRORS = {
  invalidSignature: 'invalid signature',
  wrongVerifyingContract: 'wrong verifying_contract',
  deadlineExpired: 'deadline has expired',
  deadlineBeyondNonce: 'deadline is greater than nonce',
  nonceExpired: 'nonce was already expired',
  nonceUsed: 'nonce was already used',
  invalidSalt: 'invalid salt',
  invalidIntent: 'invalid intent',
  insufficientBalance: 'insufficient balance or overflow',
} as const;

export const jsonError = (reason: string) => `JSON: ${reason}`;
export const accountLocked = (accountId: string) => `account '${accountId}' is locked`;
export const keyMissing = (accountId: string, publicKey: string) =>
  `public key '${publicKey}' doesn't exist for account '${accountId}'`;
export const keyExists = (accountId: string, publicKey: string) =>
  `public key '${publicKey}' already exists for account '${accountId}'`;
export const invariantViolated = (detailJson: string) => `invariant violated: ${detailJson}`;

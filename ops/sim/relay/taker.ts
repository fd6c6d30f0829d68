// The user on the other side of a trade: an account of its own with its own key, funded on the chain when a trade needs
// it. It signs the diff that meets the solver's to the unit, fees included, for either kind of request.
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import { digestOf } from '../chain/transaction.ts';
import type { Envelope } from '../verifier/envelope.ts';
import { closureOfDelta } from '../verifier/fee.ts';
import { payloadHash } from '../verifier/hashing.ts';
import { buildNonce } from '../verifier/nonce.ts';
import { keyPairOfSeed, sign } from '../verifier/signature.ts';
import { accountOf } from '../verifier/state.ts';
import { encodeBase58 } from '../verifier/text/base58.ts';
import { formatDeadline, NS_PER_MS } from '../verifier/text/deadline.ts';
import type { Amounts } from './answer.ts';

const LIFETIME_NS = 60_000n * NS_PER_MS;

type SignedIntent = { readonly envelope: Envelope; readonly intentHash: string };

export type Taker = {
  readonly accountId: string;
  /** Funds what is missing and signs the counterpart of a solver's diff. */
  counterpart(request: QuoteRequest, amounts: Amounts): SignedIntent;
};

/** `seed` is 32 bytes: the account's id is its key. */
export function makeTaker(chain: SimChain, nowMs: () => number, seed: Uint8Array): Taker {
  const keyPair = keyPairOfSeed(seed);
  const accountId = Buffer.from(keyPair.publicKey).toString('hex');
  let signed = 0;

  function fund(tokenId: string, units: bigint): void {
    const held = accountOf(chain.state(), accountId).balances.get(tokenId) ?? 0n;
    if (held < units) chain.credit(accountId, tokenId, units - held);
  }

  function nonceUntil(deadlineNs: bigint): Uint8Array {
    signed += 1;
    const random = Buffer.from(digestOf(`nonce ${accountId} ${nowMs()} ${signed}`)).toString('hex');
    return buildNonce(chain.state().currentSaltHex, deadlineNs, random.slice(0, 30));
  }

  function counterpart(request: QuoteRequest, amounts: Amounts): SignedIntent {
    const { feePips, contractId } = chain.state();
    const { defuse_asset_identifier_in: tokenIn, defuse_asset_identifier_out: tokenOut } = request;
    const paid = closureOfDelta(amounts.inUnits, feePips);
    const received = closureOfDelta(-amounts.outUnits, feePips);
    fund(tokenIn, -paid);
    const deadlineNs = BigInt(Math.floor(nowMs())) * NS_PER_MS + LIFETIME_NS;
    const message = JSON.stringify({
      signer_id: accountId,
      deadline: formatDeadline(deadlineNs),
      intents: [{ intent: 'token_diff', diff: { [tokenIn]: String(paid), [tokenOut]: String(received) } }],
    });
    const payload = { message, nonce: nonceUntil(deadlineNs), recipient: contractId, callbackUrl: undefined };
    const unsigned = {
      standard: 'nep413',
      payload,
      publicKey: keyPair.publicKey,
      signature: new Uint8Array(64),
    } as const;
    const hash = payloadHash(unsigned);
    return { envelope: { ...unsigned, signature: sign(hash, keyPair) }, intentHash: encodeBase58(hash) };
  }

  return { accountId, counterpart };
}

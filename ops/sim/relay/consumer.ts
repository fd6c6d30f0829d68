// The protocol fee as the relay hides it from both sides of its `quote` call: solvers hear the amount that is left after
// the consumer's own fee, the consumer reads the amounts that it has to sign itself. Pure.
//
// A diff of `-amount_in` and `+amount_out` as stated here meets the solver's to the unit. A router asks for a leg of its
// own diff (`protocol_fee_included`): it counts the fee itself, so that amounts pass unchanged both ways.
import type { QuoteRequest, RpcQuote, RpcQuoteParams } from '../../../contracts/wire/relay.ts';
import { closureOfDelta } from '../verifier/fee.ts';
import type { Amounts } from './answer.ts';

export type Stated = Pick<RpcQuote, 'amount_in' | 'amount_out'>;

/** A fee of everything leaves nothing to trade, and nothing to divide by. */
const ALL_PIPS = 1_000_000;

const feeFor = ({ protocol_fee_included: included }: RpcQuoteParams, feePips: number): number =>
  included === true ? 0 : feePips;

export const fixesOneAmount = ({ exact_amount_in: amountIn, exact_amount_out: amountOut }: RpcQuoteParams): boolean =>
  (typeof amountIn === 'string') !== (typeof amountOut === 'string');

/** What solvers are asked; nothing when the fee leaves no amount, or the request does not fix exactly one. */
export function heardBySolvers(asked: RpcQuoteParams, quoteId: string, feePips: number): QuoteRequest | undefined {
  const { exact_amount_in: amountIn, exact_amount_out: amountOut } = asked;
  const fee = feeFor(asked, feePips);
  if (fee >= ALL_PIPS) return undefined;
  if (typeof amountIn === 'string' && typeof amountOut !== 'string') {
    const units = closureOfDelta(-BigInt(amountIn), fee);
    return units > 0n ? { ...asked, quote_id: quoteId, exact_amount_in: String(units) } : undefined;
  }
  if (typeof amountOut === 'string' && typeof amountIn !== 'string') {
    const units = -closureOfDelta(BigInt(amountOut), fee);
    return units > 0n ? { ...asked, quote_id: quoteId, exact_amount_out: String(units) } : undefined;
  }
  return undefined;
}

/** What the consumer signs to take an answer of these amounts, which are the solver's. */
export function statedToConsumer(asked: RpcQuoteParams, { inUnits, outUnits }: Amounts, feePips: number): Stated {
  const fee = feeFor(asked, feePips);
  // An exact amount is stated as it was asked: several amounts can leave the same after the fee.
  return {
    amount_in: asked.exact_amount_in ?? String(-closureOfDelta(inUnits, fee)),
    amount_out: asked.exact_amount_out ?? String(closureOfDelta(-outUnits, fee)),
  };
}

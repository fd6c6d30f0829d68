// The last judgement: everything is over, and what the engine has on record and has counted is what happened on the chain.

import type { Findings } from './findings.ts';
import type { Uses } from './nonces/uses.ts';
import type { Records } from './records.ts';
import type { Sent } from './sent.ts';

export type EndingOptions = {
  readonly findings: Findings;
  readonly records: Records;
  readonly uses: Uses;
  readonly assets: readonly string[];
  readonly sent: () => readonly Sent[];
};

export class Ending {
  readonly #options: EndingOptions;

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** The engine has ended in peace. */
  ended(): void {
    const { findings, records, sent } = this.#options;
    for (const each of sent()) this.#judgeEnd(each);
    const isLost = (quoteId: string): boolean => sent().some((each) => each.quoteId === quoteId && each.isLost);
    for (const [quoteId, trade] of records.trades) {
      const accepted = trade.decisions.filter((decision) => decision.accepted);
      findings.hold(
        'one quote has one decision',
        accepted.length <= 1 || isLost(quoteId),
        () => `${quoteId}: ${trade.decisions.length} decisions`,
      );
    }
  }

  /**
   * All quotes are over, and the engine still runs: what it has counted is what happened. Quotes that a power cut took from the
   * journal it knows by what they moved alone, and of those that it cannot tell apart it counts the most that they can be.
   */
  countedAtRest(dayEurE18: bigint, uncertainE18: bigint): void {
    const { findings, records, sent } = this.#options;
    const settled = sent().filter(({ settledAtUs }) => settledAtUs !== null);
    const known = settled.filter(({ isLost }) => !isLost).map((each) => this.#knownAs(each));
    const paid = (list: readonly Sent[]): bigint =>
      list.reduce((total, { quoteId }) => total + (records.of(quoteId)?.paidEurE18 ?? 0n), 0n);
    const isClear = known.every(({ quoteId }) => records.stateOf(quoteId) === 'settled');
    // Of a nonce of which it is not known what used it up, the most that it can have paid counts.
    const isKnown = uncertainE18 === 0n && known.length === settled.length && !records.codes.has('unattributed');
    const isExact = isKnown && isClear;
    if (settled.length > 0)
      findings.hold(
        'the circuit breaker has counted what settled, once each',
        isExact ? dayEurE18 === paid(known) : dayEurE18 + uncertainE18 >= paid(known),
        () => `counted ${dayEurE18} and ${uncertainE18} uncertain, settled ${paid(known)}, ${settled.length} quotes`,
      );
    this.#judgeSums(settled);
  }

  /** Over all records the changes of the balances that they stand for are those of the chain, as far as the engine can know. */
  #judgeSums(settled: readonly Sent[]): void {
    const { findings, records, assets } = this.#options;
    // The change that an unattributed settlement names holds all that moved with it, deposits among it.
    if (settled.length === 0 || settled.some(({ isLost }) => isLost) || records.codes.has('unattributed')) return;
    const known = settled.map((each) => this.#knownAs(each));
    for (const asset of assets) {
      const moved = known.reduce(
        (sum, { assetIn, assetOut, amountIn, amountOut }) =>
          sum + (assetIn === asset ? amountIn : 0n) - (assetOut === asset ? amountOut : 0n),
        0n,
      );
      const recorded = records.settled.get(asset) ?? 0n;
      findings.hold(
        'the records of settlements sum to what the chain has moved',
        moved === recorded,
        () => `${asset}: moved ${moved}, recorded ${recorded}`,
      );
    }
  }

  #judgeEnd(sent: Sent): void {
    const { findings, records } = this.#options;
    const { quoteId } = sent;
    if (sent.isLost) return;
    const fault = records.faultOf(quoteId);
    const rule = 'every answer is on record with its whole chain of states';
    findings.hold(rule, fault === null, () => `${quoteId}: ${fault}`);
    const stateOf = ({ quoteId: id }: Sent): string | null => records.stateOf(id);
    if (sent.settledAtUs !== null) {
      const state = stateOf(this.#knownAs(sent));
      const isRecorded = state === 'settled' || state === 'uncertain';
      findings.hold('what settled is recorded as settled', isRecorded, () => `${quoteId} is ${stateOf(sent)}`);
    }
    if (stateOf(sent) !== 'settled') return;
    const isExcused = sent.settledAtUs !== null || this.#knowsAs(sent);
    findings.hold('what is recorded as settled has settled', isExcused, () => quoteId);
  }

  /** The quote that the engine has to take for one that settled. */
  #knownAs(settled: Sent): Sent {
    const { records, uses, sent } = this.#options;
    if (records.stateOf(settled.quoteId) === 'settled') return settled;
    const recorded = sent().filter(({ quoteId }) => records.stateOf(quoteId) === 'settled');
    return uses.mistakenFor(settled, recorded) ?? settled;
  }

  /** It is the one that the engine has to take for another one. */
  #knowsAs(sent: Sent): boolean {
    const settled = this.#options.sent().filter(({ settledAtUs }) => settledAtUs !== null);
    return settled.some((each) => this.#knownAs(each) === sent);
  }
}

// The nonces as the journal on the disk has them: how much may be promised under each, what is being withdrawn, and what is over.

import type { ChainView } from '../chain-view.ts';
import type { Findings } from '../findings.ts';
import type { JournalRecord } from '../journal-view.ts';
import type { Sent } from '../sent.ts';
import { saltOf } from '../wire.ts';

type Ceiling = { readonly units: bigint; readonly record: JournalRecord };

type Nonce = {
  readonly asset: string;
  /** In the order in which they were set. */
  readonly ceilings: Ceiling[];
  isWithdrawn: boolean;
  /** Used or forgotten, by the records. */
  isOver: boolean;
};

export type NoncesOptions = {
  readonly findings: Findings;
  readonly chain: ChainView;
  /** A payload of the account was executed under it. */
  readonly wasExecuted: (nonce: string) => boolean;
  /** It may have been, for all that anybody can read. */
  readonly hasToBeUsed: (nonce: string, quotesUnder: readonly Sent[]) => boolean;
  readonly quotesUnder: (nonce: string) => readonly Sent[];
  readonly onWithdrawn: (nonce: string, cause: string, detail: string) => void;
};

export class Nonces {
  readonly #options: NoncesOptions;
  readonly #nonces = new Map<string, Nonce>();
  /** They are read once more, after a power cut: what they say was judged before. */
  #isAgain = false;

  constructor(options: NoncesOptions) {
    this.#options = options;
  }

  /** A power cut has taken the end of the journal: these are the records that are left. */
  restore(records: readonly JournalRecord[]): void {
    this.#nonces.clear();
    this.#isAgain = true;
    for (const record of records) this.take(record);
    this.#isAgain = false;
  }

  take(record: JournalRecord): void {
    const { kind, fields } = record;
    const name = String(fields['nonce']);
    const nonce = this.#nonces.get(name);
    switch (kind) {
      case 'nonce_opened':
        this.#hold('a nonce is opened once', nonce === undefined, () => name);
        this.#nonces.set(name, {
          asset: String(fields['asset']),
          ceilings: [ceilingOf(record)],
          isWithdrawn: false,
          isOver: false,
        });
        break;
      case 'ceiling_set':
        nonce?.ceilings.push(ceilingOf(record));
        break;
      case 'pull_signed':
        if (nonce !== undefined) nonce.isWithdrawn = true;
        if (!this.#isAgain) this.#options.onWithdrawn(name, String(fields['cause']), String(fields['detail']));
        break;
      case 'nonce_used':
        this.#hold('a nonce on record as used was used', this.#wasUsed(name), () => name);
        if (nonce !== undefined) nonce.isOver = true;
        break;
      case 'nonce_closed':
        this.#judgeClosing(name);
        if (nonce !== undefined) nonce.isOver = true;
        break;
      case 'chain_replaced':
        this.#nonces.clear();
        break;
      default:
    }
  }

  isWithdrawn(nonce: string): boolean {
    return this.#nonces.get(nonce)?.isWithdrawn === true;
  }

  /** An answer leaves. */
  answered({ quoteId, nonce: name, assetOut, amountOut }: Sent): void {
    const { findings } = this.#options;
    const nonce = this.#nonces.get(name);
    if (nonce === undefined) {
      findings.add('a quote is signed under an open nonce of what it pays', `${quoteId}: the journal has no ${name}`);
      return;
    }
    const { asset, isOver, isWithdrawn } = nonce;
    findings.hold(
      'a quote is signed under an open nonce of what it pays',
      asset === assetOut && !isOver && !isWithdrawn,
      () => `${quoteId}: ${JSON.stringify({ name, asset, assetOut, isOver, isWithdrawn })}`,
    );
    const inForce = ceilingsInForce(nonce);
    findings.hold(
      'no quote pays more than the durable ceiling of its nonce',
      inForce.length > 0 && inForce.every(({ units }) => amountOut <= units),
      () => `${quoteId} pays ${amountOut}, ceilings ${inForce.map(({ units }) => units).join(', ')}`,
    );
  }

  /** What may be promised of an asset in all, under the nonces that can still be used. */
  promisedUnits(asset: string): bigint {
    let sum = 0n;
    for (const nonce of this.#nonces.values())
      if (nonce.asset === asset && !nonce.isOver) sum += nonce.ceilings.at(-1)?.units ?? 0n;
    return sum;
  }

  /** Every second: a crash may take every quote from the journal, so that what each of them pays has to be known by its nonce alone. */
  look(canSettle: readonly Sent[]): void {
    const newest = this.#options.chain.newest();
    for (const { quoteId, nonce: name, amountOut } of canSettle) {
      if (!newest.isValidSalt(saltOf(name))) continue;
      const nonce = this.#nonces.get(name);
      const most = nonce?.ceilings.at(-1)?.units ?? 0n;
      this.#hold(
        'the ceiling of a nonce is never below what a live quote pays',
        nonce?.isOver === false && amountOut <= most,
        () => `${quoteId} pays ${amountOut} under ${name}, over ${nonce?.isOver}, ceiling ${most}`,
      );
    }
  }

  #wasUsed(name: string): boolean {
    const { wasExecuted, hasToBeUsed, quotesUnder } = this.#options;
    return wasExecuted(name) || hasToBeUsed(name, quotesUnder(name));
  }

  #judgeClosing(name: string): void {
    const { chain, wasExecuted, quotesUnder } = this.#options;
    const newest = chain.newest();
    if (wasExecuted(name) || !newest.isValidSalt(saltOf(name))) return;
    const live = quotesUnder(name).filter(({ deadlineMs }) => deadlineMs > newest.timeMs);
    this.#hold(
      'no nonce is forgotten while a quote under it can settle',
      live.length === 0,
      () => `${name}: ${live.map(({ quoteId }) => quoteId).join(', ')}`,
    );
  }

  #hold(...[rule, holds, detail]: Parameters<Findings['hold']>): void {
    if (!this.#isAgain) this.#options.findings.hold(rule, holds, detail);
  }
}

const ceilingOf = (record: JournalRecord): Ceiling => ({
  units: BigInt(record.fields['ceilingUnits'] as bigint | number),
  record,
});

/** The last one that a power cut cannot take, and those that came after it; none where all of them could be lost. */
function ceilingsInForce({ ceilings }: Nonce): readonly Ceiling[] {
  const durable = ceilings.findLastIndex(({ record }) => record.isDurable());
  return durable === -1 ? [] : ceilings.slice(durable);
}

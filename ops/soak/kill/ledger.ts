// What has to hold of an engine's records each time that it was killed, and of the one that goes on with them.

import { isDeepStrictEqual } from 'node:util';
import type { Book } from '../../../engine/inventory/book.ts';
import type { Fact } from '../../../engine/model/facts.ts';
import type { Answer } from '../../sim/relay/records.ts';
import { emptyBook, factsFrom, foldedBook } from './facts.ts';

/** Of one dead engine. */
type Inspection = {
  /** Answers that the venue has and the journal has not. */
  readonly lost: readonly string[];
  readonly violations: readonly string[];
};

/** Nonce, reservation and state of each lane, and the capital of each asset, as texts. */
type Ledger = Readonly<Record<string, string>>;

export type Records = {
  /** Reads on from where the last inspection ended. @param answers that the venue got since then */
  inspect(answers: readonly Answer[]): Inspection;
};

/** @param stateDir of all engines of the run, none of which is running when it is inspected */
export function followRecords(stateDir: string): Records {
  /** Folds every fact since the birth of the journal, and no checkpoint. */
  const whole = emptyBook();
  const commanded = new Set<string>();
  const opened = new Set<string>();
  let nextSeq = 1;
  const take = (fact: Fact): void => {
    if (fact.kind.startsWith('checkpoint')) return;
    whole.apply(fact);
    if (fact.kind === 'heard' && fact.attempt !== null) commanded.add(fact.attempt.quoteId);
    if (fact.kind === 'nonce_opened') opened.add(Buffer.from(fact.nonce, 'base64').toString('hex'));
  };
  return {
    inspect(answers) {
      for (const { seq, fact } of factsFrom(stateDir, nextSeq)) {
        take(fact);
        nextSeq = seq + 1;
      }
      const forgotten = new Set(answers.flatMap(({ nonceHex }) => (nonceHex === null ? [] : [nonceHex])));
      return {
        lost: answers.filter(({ quoteId }) => !commanded.has(quoteId)).map(({ quoteId }) => quoteId),
        violations: [
          ...[...forgotten].filter((nonce) => !opened.has(nonce)).map((nonce) => `the nonce ${nonce} is not on record`),
          ...differences(whole, foldedBook(stateDir)),
        ],
      };
    },
  };
}

/** Where the book folded from all facts and the one that a start folds are not the same. */
function differences(whole: Book, folded: Book): readonly string[] {
  const [one, other] = [normalised(whole), normalised(folded)];
  return Object.keys({ ...one, ...other })
    .filter((key) => !isDeepStrictEqual(one[key], other[key]))
    .map((key) => `a start folds another book than all facts together: ${key}`);
}

/** Quotes and nonces have no order that means anything. */
function normalised(book: Book): Readonly<Record<string, unknown>> {
  const { nonces, quotes, ...head } = book.snapshot();
  return {
    ...head,
    ...Object.fromEntries(nonces.map((nonce) => [`nonce ${nonce.nonce}`, nonce])),
    ...Object.fromEntries(quotes.map((quote) => [`quote ${quote.attempt.quoteId}`, quote])),
  };
}

export function ledgerOf(book: Book, assets: readonly string[]): Ledger {
  const capital = assets.flatMap((asset) => {
    const view = book.capital(asset as never);
    return view === null
      ? []
      : [[asset, `${view.creditedUnits} ${view.reservedForOrdersUnits} ${view.reservedForPositionsUnits}`]];
  });
  const nonces = book
    .nonces()
    .map(({ nonce, ceilingUnits, reservedUnits, used, draining }) => [
      nonce,
      `${ceilingUnits} ${reservedUnits} ${used} ${draining}`,
    ]);
  return Object.fromEntries([...capital, ...nonces]);
}

type ShownAsset = {
  readonly credited: string;
  readonly reserved_for_orders: string;
  readonly reserved_for_positions: string;
};
type ShownLane = {
  readonly nonce: string;
  readonly asset: string;
  readonly ceiling: string;
  readonly reserved: string;
  readonly used: boolean;
  readonly draining: string | null;
};
/** What of `/inventory/state` is read. */
export type ShownInventory = {
  readonly assets: Readonly<Record<string, ShownAsset>>;
  readonly lanes: readonly ShownLane[];
};

export function shownLedger({ assets, lanes }: ShownInventory): Ledger {
  return Object.fromEntries([
    ...Object.entries(assets).map(([asset, each]) => [
      asset,
      `${each.credited} ${each.reserved_for_orders} ${each.reserved_for_positions}`,
    ]),
    ...lanes.map((lane) => [lane.nonce, `${lane.ceiling} ${lane.reserved} ${lane.used} ${lane.draining}`]),
  ]);
}

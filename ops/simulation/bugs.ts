// Bugs that are put in on purpose, to see that the model finds them: what the engine is made of is wrapped when it has been put
// together. Nothing of it is in the engine.

import { priceE8, type Units, units } from '../../contracts/amounts.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Fact } from '../../engine/model/facts.ts';
import type { PriceLevel } from '../../engine/model/values.ts';
import type { Rule } from './model/rules.ts';

export type BugName =
  | 'balances_doubled'
  | 'disarm_without_effect'
  | 'results_not_recorded'
  | 'fills_not_counted'
  | 'arming_ends_ignored'
  | 'ids_forgotten'
  | 'relay_believed'
  | 'price_moves_ignored'
  | 'pulled_at_any_move'
  | 'disk_not_waited_for';

type Bug = {
  readonly what: string;
  /** The rule of the model that it breaks. */
  readonly breaks: Rule;
  /** Settings under which it shows. */
  readonly env?: Readonly<Record<string, string>>;
  put(engine: Engine): void;
};

/** Replaces a method of an object that everybody holds. */
function wrap<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  make: (before: Target[Name]) => Target[Name],
): void {
  const before = target[name];
  const bound = typeof before === 'function' ? (before.bind(target) as Target[Name]) : before;
  Object.defineProperty(target, name, { value: make(bound), configurable: true });
}

const times = (levels: readonly PriceLevel[], percent: bigint): PriceLevel[] =>
  levels.map((level) => ({ ...level, priceE8: priceE8((level.priceE8 * percent) / 100n) }));

export const BUGS: Readonly<Record<BugName, Bug>> = {
  balances_doubled: {
    what: 'the ledger takes each balance twice',
    breaks: 'live quotes are covered by the true balance',
    env: { NONCE_LANES: '4', STRATEGY_MAX_NOTIONAL_EUR: '30' },
    put({ parts }) {
      const twice = ([asset, amount]: readonly [string, bigint]): [string, Units] => [asset, units(2n * amount)];
      wrap(parts.book, 'observe', (observe) => (snapshot, nowMs, newEventId) => {
        const credited = Object.fromEntries(Object.entries(snapshot.credited).map(twice));
        return observe({ ...snapshot, credited }, nowMs, newEventId);
      });
    },
  },
  disarm_without_effect: {
    what: 'a disarm of the executor does nothing',
    breaks: 'nothing is signed while it is forbidden',
    put({ parts }) {
      wrap(parts.executorArming, 'disarm', () => () => {});
    },
  },
  results_not_recorded: {
    what: 'the record of a settlement is made and not written',
    breaks: 'every answer is on record with its whole chain of states',
    put({ parts }) {
      const { journal } = parts;
      wrap(
        journal,
        'append',
        (append) => (fact: Fact) =>
          fact.kind === 'transition' && fact.to === 'settled' ? journal.lastSeq : append(fact),
      );
    },
  },
  fills_not_counted: {
    what: 'the circuit breaker takes no note of what is filled or open',
    breaks: 'no more is filled and open than a minute allows',
    env: { MAX_FILLED_EUR_PER_MIN: '15' },
    put({ parts }) {
      wrap(parts.breaker.exposure, 'apply', () => () => {});
    },
  },
  arming_ends_ignored: {
    what: 'the value and the trades that an arming ends by limit nothing',
    breaks: 'no more is filled and open than an arming allows',
    put({ parts }) {
      for (const arming of [parts.strategyArming, parts.executorArming]) {
        wrap(arming, 'caps', () => () => null);
        wrap(arming, 'filled', () => () => {});
      }
    },
  },
  ids_forgotten: {
    what: 'that a quote was answered is forgotten at once',
    breaks: 'one quote has one decision',
    put({ parts }) {
      wrap(parts.signedIds.ids, 'has', () => () => false);
      wrap(parts.book, 'attemptState', () => () => null);
    },
  },
  relay_believed: {
    what: 'a status of the relay counts as the use of its nonce',
    breaks: 'a nonce on record as used was used',
    put({ parts: { book } }) {
      const named = new Set<string>();
      wrap(book, 'apply', (apply) => (fact) => {
        const hash = fact.kind === 'status_seen' ? fact.quoteHash : null;
        for (const { attempt } of hash === null ? [] : book.liveQuotes())
          if (attempt.quoteHash === hash) named.add(attempt.nonce);
        return apply(fact);
      });
      wrap(book, 'observe', (observe) => (snapshot, nowMs, newEventId) => {
        const nonces = snapshot.nonces.map(({ nonce, used }) => ({ nonce, used: used || named.has(nonce) }));
        return observe({ ...snapshot, nonces }, nowMs, newEventId);
      });
    },
  },
  price_moves_ignored: {
    what: 'no move of the price withdraws anything',
    breaks: 'quotes that the price has left are withdrawn',
    env: { PULL_DISTANCE_PCT: '1.0' },
    put({ parts }) {
      wrap(parts.pulls, 'onPrice', () => () => {});
    },
  },
  pulled_at_any_move: {
    what: 'what withdraws quotes sees a price that is three percent worse',
    breaks: 'quotes are withdrawn for a reason alone',
    env: { PULL_DISTANCE_PCT: '1.0' },
    put({ parts }) {
      wrap(parts.pulls, 'onPrice', (onPrice) => (price, now) => {
        onPrice({ ...price, bids: times(price.bids, 97n), asks: times(price.asks, 103n) }, now);
      });
    },
  },
  disk_not_waited_for: {
    what: 'how long a record has waited for the disk is not known',
    breaks: 'nothing is signed while the disk is behind',
    put({ parts }) {
      wrap(parts.journal, 'syncLagMs', () => () => 0);
    },
  },
};

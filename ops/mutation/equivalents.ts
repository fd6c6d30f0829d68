// Changes that nobody can notice, each with the reason: they do not count as unnoticed. A run that finds one noticed fails.

import type { Equivalent } from './verdict.ts';

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: 'engine/inventory/plan-observation.ts',
    code: 'change[asset] = (unitsIn(snapshot.credited, asset) ?? 0n) - creditedOf(ledger);',
    what: '0n -> 1n',
    why: 'a snapshot without a balance of every asset is not taken, so that the other value is never used',
  },
  {
    file: 'engine/strategy/hedge.ts',
    code: 'if (btcUnits <= best.quantityE8) return best.priceE8;',
    what: '<= -> <',
    why: 'of exactly the best level, the average price is its price without a remainder',
  },
  {
    file: 'engine/executor/answer-times.ts',
    code: 'return 0;',
    what: '0 -> 1',
    why: 'behind the last bucket: some bucket always holds the share that is looked for',
  },
  {
    file: 'engine/journal/flock.ts',
    code: 'if (attempt > 1) Bun.sleepSync(PAUSE_MS);',
    what: '1 -> 0',
    why: 'a pause more, of ten milliseconds, before the first attempt',
  },
  {
    file: 'engine/startup/folds.ts',
    code: 'let isInHead = false;',
    what: 'false -> true',
    why: 'the begin of a checkpoint sets it before its end asks',
  },
  {
    file: 'engine/inventory/capital.ts',
    code: 'if (held <= ledger.heldUnits) continue;',
    what: '<= -> <',
    why: 'the same amount is set again',
  },
  {
    file: 'engine/reference/kraken/session.ts',
    code: '#faults: ConnectionFaults = faultsAtOpening(0);',
    what: '0 -> 1',
    why: 'each opening sets it, and nothing is asked before the first',
  },
];

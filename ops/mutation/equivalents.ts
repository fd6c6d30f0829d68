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
  {
    file: 'engine/journal/frame.ts',
    code: 'if (start + FRAME_HEADER_BYTES > bytes.length) return null;',
    what: '> -> >=',
    why: 'a header alone is no frame: there is always a byte behind it',
  },
  {
    file: 'engine/journal/segments/recovery.ts',
    code: 'if (size > this.#buffer.length) this.#buffer = new Uint8Array(size);',
    what: '> -> >=',
    why: 'the memory is made again at the same size',
  },
  {
    file: 'engine/journal/compact.ts',
    code: 'value === null || (value <= INT64_MAX && value >= INT64_MIN) ? value : value.toString();',
    what: '&& -> ||',
    why: 'what is not packed as text is packed as a large number, more slowly, and reads the same',
  },
  {
    file: 'engine/inventory/capital.ts',
    code: 'const atLeastZero = (value: bigint): Units => units(value < 0n ? 0n : value);',
    what: '< -> <=',
    why: 'of zero, both give zero',
  },
  {
    file: 'engine/executor/answer-times.ts',
    code: 'for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {',
    what: '0 -> 1',
    why: 'what is only in the first bucket took no time, and without it no time is given',
  },
  {
    file: 'engine/inventory/settlement/choices.ts',
    code: 'sum.map((value, at) => value + (delta[at] ?? 0n));',
    what: '0n -> 1n',
    why: 'both lists have a value for each asset',
  },
];

// Changes that no test noticed once, each a rule that a test holds since: they are tried in every run.

import type { Place } from './choice.ts';

export const NAMED: readonly Place[] = [
  {
    file: 'engine/inventory/settlement/resolutions.ts',
    code: 'else if (waited) open.push({ entry, options: lacksQuotes && !isSure ? ALL : options });',
    what: '&& -> ||',
  },
  {
    file: 'engine/inventory/lanes/housekeeping.ts',
    code: 'if (entry.asset === asset && entry.lane === lane && entry.used === null) return true;',
    what: '&& -> ||',
  },
  {
    file: 'engine/inventory/settlement/attribution.ts',
    code: 'if (item === undefined || choice.size > 1) return null;',
    what: '|| -> &&',
  },
  {
    file: 'engine/inventory/state.ts',
    code: 'const isOver = entry.used === null && entry.live.earliestDeadlineAtMs < balance.overBeforeMs;',
    what: '< -> <=',
  },
  { file: 'engine/reference/select.ts', code: 'hasDepth: false,', what: 'false -> true' },
  {
    file: 'engine/reference/report.ts',
    code: 'last_updated_at: isoTimeOrNull(value?.updatedAtMs ?? null),',
    what: '?? null -> nothing',
  },
  {
    file: 'engine/reference/kraken-source.ts',
    code: 'const isSameTop = kraken.bids[0]?.priceE8 === ticker.bidE8 && kraken.asks[0]?.priceE8 === ticker.askE8;',
    what: '&& -> ||',
  },
  {
    file: 'engine/safety/arming.ts',
    code: 'if (end !== null && (nowMs >= end.atMs || nowUs >= end.atUs)) disarm(END);',
    what: '>= -> >',
  },
  { file: 'engine/journal/segments/segment-writer.ts', code: 'this.#directoryChanged = true;', what: 'true -> false' },
  {
    file: 'engine/ingest/frame.ts',
    code: "typeof value === 'string' && value !== '' && value.length <= SIDE_TEXT_CHARS_MAX;",
    what: '<= -> <',
  },
];

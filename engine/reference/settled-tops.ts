// The tops of Kraken's book that a new one is compared with, to see a jump: the last that was none, and one of those before
// it, as old as a price may be, since many small steps are a jump too. Pure.

import type { Moment } from '../model/values.ts';
import { type Jump, jumpOf, type ReferenceMemory } from './select.ts';
import { bookTop, type TopOfBookAt } from './sources.ts';

export type SettledTops = { readonly last: TopOfBookAt | null; readonly anchor: TopOfBookAt | null };

export const NO_TOPS: SettledTops = { last: null, anchor: null };

/** Whether the book just taken over is a jump, and the tops that the next is compared with. */
export function judgeTop(
  tops: SettledTops,
  memory: ReferenceMemory,
  now: Moment,
): { readonly jump: Jump | null; readonly tops: SettledTops } {
  const jump = jumpOf(memory, tops.last, now) ?? jumpOf(memory, tops.anchor, now);
  return jump === null ? { jump, tops: settled(tops, memory) } : { jump, tops };
}

function settled({ anchor }: SettledTops, { kraken, config }: ReferenceMemory): SettledTops {
  const last = bookTop(kraken);
  const spanUs = (last?.asOfUs ?? 0) - (anchor?.asOfUs ?? Number.NEGATIVE_INFINITY);
  return { last, anchor: spanUs > config.referenceMaxAgeMs * 1000 ? last : anchor };
}

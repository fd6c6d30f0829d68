// Where the outbox goes on after a restart. Pure but for one log line.

import type { PublisherOptions } from './publisher-types.ts';
import type { OutboxPosition } from './watermark-file.ts';

/** What the file says about another journal than this one is worth nothing: all that there is is sent again. */
export function startingPosition({
  journal,
  position,
  log,
}: Pick<PublisherOptions, 'journal' | 'position' | 'log'>): Omit<OutboxPosition, 'watermark'> {
  const oldest = journal.firstSeq - 1;
  if (position === null) return { others: oldest, behind: {}, offsets: {}, lost: {} };
  if (position.others > journal.lastSeq) {
    log.error('outbox_position_refused', {
      position: position.others,
      last_seq: journal.lastSeq,
      detail: 'it lies beyond the end of the journal, so all records are sent again',
    });
    return { others: oldest, behind: {}, offsets: {}, lost: {} };
  }
  // Records below the oldest one are gone; whoever dropped them knew them to be acknowledged.
  const behind = Object.entries(position.behind).map(([topic, seq]) => [topic, Math.max(oldest, seq)] as const);
  const { offsets, lost } = position;
  return { others: Math.max(oldest, position.others), behind: Object.fromEntries(behind), offsets, lost };
}

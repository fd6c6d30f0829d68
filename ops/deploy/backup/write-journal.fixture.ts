// A program for backup.test.ts: writes a journal without an end, with checkpoints, drops what is published, and keeps the position
// of the outbox next to it. Says, one line a sync, up to which record all is durable. Argument: the state directory.

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numbered, openJournal } from '../../../engine/journal/fixtures.ts';
import { placeOf } from '../../../engine/journal/place.ts';

const stateDir = process.argv[2] ?? '';
const journal = openJournal(stateDir, { segmentBytesMax: 20_000 });
const directory = join(stateDir, 'journal');
placeOf(directory, null);
const position = join(directory, 'outbox.json');

journal.watch({
  appended: () => {},
  durable(seq) {
    writeFileSync(`${position}.next`, JSON.stringify({ watermark: seq, others: seq, behind: {} }));
    renameSync(`${position}.next`, position);
    journal.dropBefore(seq);
    process.stdout.write(`${seq}\n`);
  },
});

// One sync after the other: what the disk does not take must not pile up.
for (;;) {
  for (let count = 0; count < 20; count++) journal.append(numbered(journal.lastSeq + 1));
  await journal.synced(journal.lastSeq);
}

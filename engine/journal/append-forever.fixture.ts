// A program for crash.test.ts: appends as fast as it can and says, one line a sync, up to which record all is durable.
// Arguments: the state directory, and the size at which a segment is full.

import { numbered, openJournal } from './fixtures.ts';

const [stateDir, segmentBytesMax] = process.argv.slice(2);
const journal = openJournal(stateDir ?? '', { segmentBytesMax: Number(segmentBytesMax) });
journal.watch({ appended: () => {}, durable: (seq) => process.stdout.write(`${seq}\n`) });

function appendSome(): void {
  for (let count = 0; count < 50; count++) journal.append(numbered(journal.lastSeq + 1));
  // Somebody always waits, so that one sync follows the other and many a kill falls into one.
  void journal.synced(journal.lastSeq);
  setImmediate(appendSome);
}
appendSome();

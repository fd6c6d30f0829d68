// The two ways in which a journal says no. Both are thrown: the first ends the start of the process with its message,
// the second tells the loop that nothing may be promised any more.

/** The journal cannot be opened: held by another process, or damaged. The message says what to do. */
export class JournalRefused extends Error {
  override readonly name = 'JournalRefused';
}

/** A write or a sync failed, or the journal is closed: nothing can be recorded any more. */
export class JournalFailed extends Error {
  override readonly name = 'JournalFailed';
}

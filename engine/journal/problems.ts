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

/** Runs what works in the state directory: what the file system says against it becomes a refusal that names the directory. */
export function inStateDir<T>(stateDir: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof JournalRefused || !(error instanceof Error)) throw error;
    if (!(error instanceof JournalFailed) && !('code' in error)) throw error;
    throw new JournalRefused(
      `STATE_DIR=${stateDir} cannot be used: ${error.message}. It must exist or be creatable, be writable by ` +
        'this user, have free space, and contain only files of the engine',
      { cause: error },
    );
  }
}

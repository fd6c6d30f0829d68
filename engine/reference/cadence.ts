// When the reference is worth a record: at once when its source or health changes, at most once a second while only the
// values move, and every ten seconds although nothing does. Pure.

/** `standing`: source, problem, health flags. `values`: prices. Texts that are equal exactly when nothing changed. */
export type Told = { readonly atMs: number; readonly standing: string; readonly values: string };

export const VALUES_EVERY_MS = 1000;
export const AT_LEAST_EVERY_MS = 10_000;

export function isRecordDue(last: Told | null, now: Told): boolean {
  if (last === null || last.standing !== now.standing) return true;
  const sinceMs = now.atMs - last.atMs;
  // A clock that was set back must not silence the record.
  if (sinceMs < 0 || sinceMs >= AT_LEAST_EVERY_MS) return true;
  return last.values !== now.values && sinceMs >= VALUES_EVERY_MS;
}

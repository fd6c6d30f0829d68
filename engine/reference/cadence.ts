// When the reference is worth a record: at once when its source or health changes, at most once a second while only the
// values move, and every ten seconds although nothing does. Pure.

/**
 * `atUs`: monotonic. `status`: source, problem, health flags. `values`: prices. Texts that are equal exactly when nothing
 * changed.
 */
export type Published = { readonly atUs: number; readonly status: string; readonly values: string };

export const VALUES_EVERY_MS = 1000;
export const AT_LEAST_EVERY_MS = 10_000;

export function isRecordDue(last: Published | null, next: Published): boolean {
  if (last === null || last.status !== next.status) return true;
  const sinceUs = next.atUs - last.atUs;
  if (sinceUs >= AT_LEAST_EVERY_MS * 1000) return true;
  return last.values !== next.values && sinceUs >= VALUES_EVERY_MS * 1000;
}

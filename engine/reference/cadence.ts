// When the reference is worth a record: at once when its source or health changes, at most once a second while only the
// values move, and every ten seconds although nothing does. A status that changes with every frame, as at a limit, is reported
// once a second after the first few times. Pure.

/**
 * `statusPaidUs`: each change of status takes a second of this time, and may take it ahead of its time.
 * `atUs`: monotonic. `status`: source, problem, health flags. `values`: prices. Texts that are equal exactly when nothing
 * changed.
 */
export type Published = {
  readonly atUs: number;
  readonly statusPaidUs: number;
  readonly status: string;
  readonly values: string;
};

const VALUES_EVERY_MS = 1000;
const AT_LEAST_EVERY_MS = 10_000;
/** Changes of status that are reported at once; then one in STATUS_EVERY_MS. */
export const STATUS_BURST = 10;
const STATUS_EVERY_MS = 1000;
const STATUS_EVERY_US = STATUS_EVERY_MS * 1000;

/** What there is to publish now. */
export function publishedAt(
  last: Published | null,
  atUs: number,
  { status, values }: Pick<Published, 'status' | 'values'>,
): Published {
  const paidUs = last?.statusPaidUs ?? atUs;
  const statusPaidUs = last?.status === status ? paidUs : Math.max(paidUs, atUs) + STATUS_EVERY_US;
  return { atUs, statusPaidUs, status, values };
}

export function isRecordDue(last: Published | null, next: Published): boolean {
  if (last === null) return true;
  if (last.status !== next.status) return next.statusPaidUs - next.atUs <= STATUS_BURST * STATUS_EVERY_US;
  const sinceUs = next.atUs - last.atUs;
  if (sinceUs >= AT_LEAST_EVERY_MS * 1000) return true;
  return last.values !== next.values && sinceUs >= VALUES_EVERY_MS * 1000;
}

// The life of a trade as the design says it, in the model's own words.

const NEXT: Readonly<Record<string, readonly string[]>> = {
  proposed: ['submitted', 'uncertain', 'failed', 'rejected', 'shadow'],
  submitted: ['accepted', 'rejected', 'late', 'failed', 'uncertain', 'settled', 'expired', 'voided', 'pulled'],
  accepted: ['settled', 'expired', 'voided', 'uncertain', 'pulled'],
  uncertain: ['accepted', 'rejected', 'late', 'uncertain', 'settled', 'expired', 'voided', 'pulled'],
  rejected: ['settled', 'uncertain', 'pulled'],
  late: ['settled', 'uncertain', 'pulled'],
  failed: ['settled', 'uncertain', 'pulled'],
  settled: [],
  expired: [],
  voided: [],
  pulled: [],
  shadow: [],
};

/** What the engine has to say of a trade at last. An answer that the venue refused ends so, unless it was settled after all. */
const ENDS: ReadonlySet<string> = new Set([
  'settled',
  'expired',
  'voided',
  'pulled',
  'shadow',
  'rejected',
  'late',
  'failed',
]);

export const mayFollow = (from: string, to: string): boolean => NEXT[from]?.includes(to) === true;
export const isEnd = (state: string): boolean => ENDS.has(state);

/** Every step, as `from to`. */
export const STEPS: readonly string[] = Object.entries(NEXT).flatMap(([from, list]) =>
  list.map((to) => `${from} ${to}`),
);

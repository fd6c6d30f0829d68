// The command that sends records again, as messages name it.

/** @param to null: up to the newest record; `topics` null: all */
export function republishCommand(range: {
  readonly from: number;
  readonly to?: number | null;
  readonly topics?: readonly string[] | null;
}): string {
  const to = range.to === undefined || range.to === null ? [] : ['--to', range.to];
  const topics = (range.topics ?? []).flatMap((topic) => ['--topic', topic]);
  return ['./unrip republish --from', range.from, ...to, ...topics].join(' ');
}

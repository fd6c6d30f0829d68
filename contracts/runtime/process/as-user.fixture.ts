// Work as another user than root, whom the tests run as in containers; what only root can prepare is skipped elsewhere.

export const IS_ROOT = process.geteuid?.() === 0;

/** A user and a group that nobody has on the machines that tests run on. */
export const STRANGER = { uid: 54_321, gid: 54_322 } as const;

export type UserIds = { readonly uid: number; readonly gid: number; readonly groups?: readonly number[] };

/** Runs `work`, which must not wait for anything, with the rights of the user, and gives those of root back. */
export function asUser<T>(user: UserIds, work: () => T): T {
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([...(user.groups ?? [])]);
  process.setegid?.(user.gid);
  process.seteuid?.(user.uid);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}

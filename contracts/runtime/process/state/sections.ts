// GET /state is read section by section: one that cannot be read, by an error in the program, costs itself alone and is named. An
// operator in need of the others has them.

import type { Log } from '../../log/log.ts';

/** One reader a section, each run at the moment of the request. */
export type Sections<State> = { readonly [Name in keyof State]: () => State[Name] };

/** The sections that cannot be read, each with its error. */
export type Unreadable = ReadonlyMap<string, unknown>;

/** @returns null when the section cannot be read */
export type ReadSection = <Section>(name: string, read: () => Section) => Section | null;

/** Makes an answer of sections, and names those that cannot be read. */
export type MakeState = <Answer extends object>(
  make: (section: ReadSection) => Answer,
) => Answer & { readonly unreadable: readonly string[] };

/** @param onUnreadable other sections than the last time; none: all can be read again */
export function createSections(onUnreadable: (unreadable: Unreadable) => void): MakeState {
  let last = '';
  return (make) => {
    const unreadable = new Map<string, unknown>();
    const answer = make((name, read) => {
      try {
        return read();
      } catch (error) {
        unreadable.set(name, error);
        return null;
      }
    });
    const names = [...unreadable.keys()];
    if (names.join() !== last) onUnreadable(unreadable);
    last = names.join();
    return { ...answer, unreadable: names };
  };
}

/** Logs each change of what cannot be read. */
export function unreadableLog(log: Pick<Log, 'info' | 'error'>): (unreadable: Unreadable) => void {
  return (unreadable) => {
    if (unreadable.size === 0) log.info('state_readable', {});
    else log.error('state_unreadable', { failures: Object.fromEntries(unreadable) });
  };
}

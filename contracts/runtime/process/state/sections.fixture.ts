import type { Sections } from './sections.ts';

/** What all sections hold now. */
export const readAll = <State extends object>(sections: Sections<State>): State =>
  Object.fromEntries(Object.entries<() => unknown>(sections).map(([name, read]) => [name, read()])) as State;

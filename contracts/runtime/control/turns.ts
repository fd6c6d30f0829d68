// Requests that are complete and wait to be served: one a connection, so that clients are served in turn however much they send
// ahead. Those with an accepted token have a line of their own, which gets every second turn: whoever floods without a token
// does not delay an operator, and a flood with one does not keep a health check waiting.

import type { Connection, ControlRequest } from './front/connection.ts';

export type Turn = { readonly connection: Connection; readonly request: ControlRequest };

export type Turns = {
  add(turn: Turn): void;
  /** Its connection is gone: there is nobody to answer. */
  drop(connection: Connection): void;
  /** The one whose turn it is; null: none waits. */
  next(): Turn | null;
  waits(connection: Connection): boolean;
  readonly isEmpty: () => boolean;
};

/** What waits is bounded by the number of connections: one that closes takes its request along. */
export function createTurns(): Turns {
  const trusted = new Map<Connection, Turn>();
  const others = new Map<Connection, Turn>();
  let lastWasTrusted = false;

  const takeFirst = (line: Map<Connection, Turn>): Turn | null => {
    const first = line.values().next().value ?? null;
    if (first !== null) line.delete(first.connection);
    return first;
  };

  return {
    add(turn) {
      (turn.connection.isTrusted ? trusted : others).set(turn.connection, turn);
    },
    drop(connection) {
      trusted.delete(connection);
      others.delete(connection);
    },
    next() {
      const [first, second] = lastWasTrusted ? [others, trusted] : [trusted, others];
      const turn = takeFirst(first) ?? takeFirst(second);
      lastWasTrusted = turn?.connection.isTrusted ?? false;
      return turn;
    },
    waits: (connection) => others.has(connection) || trusted.has(connection),
    isEmpty: () => trusted.size + others.size === 0,
  };
}

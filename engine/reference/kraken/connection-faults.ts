// What only a new connection repairs. The market status is sent once a connection, so that one that is lost does not come
// again; and books that are all too late to be traded on, by what was learned of Kraken's clock on this connection, stay late
// until that clock is learned again. Pure; times are monotonic.

import type { KrakenSystem } from '../../../contracts/wire/kraken.ts';

/** After its opening a connection must have sent the market status within this time: it is sent first of all. */
export const STATUS_LIMIT_MS = 5000;
/** A status of no known name blocks trading this long; then a new connection sends it again, should one frame have been wrong. */
export const UNKNOWN_STATUS_LIMIT_MS = 10_000;
/** Longest time in which every book is too late; a backlog is read in a moment. */
export const LATE_LIMIT_MS = 10_000;

export type ConnectionFaults = {
  /** When the connection is given up without a market status. null: one with a known name has come. */
  readonly statusDueUs: number | null;
  /** The same, set by a status of no known name. */
  readonly unknownDueUs: number | null;
  /** When the first book was read of those that were all too late since; null while they are in time. */
  readonly lateSinceUs: number | null;
};

export const faultsAtOpening = (nowUs: number): ConnectionFaults => ({
  statusDueUs: nowUs + STATUS_LIMIT_MS * 1000,
  unknownDueUs: null,
  lateSinceUs: null,
});

/** @param system null: of no known name. It counts from the first such: repeating it does not keep the connection */
export function afterStatus(faults: ConnectionFaults, system: KrakenSystem | null, nowUs: number): ConnectionFaults {
  const dueUs = system === null ? (faults.unknownDueUs ?? nowUs + UNKNOWN_STATUS_LIMIT_MS * 1000) : null;
  return { ...faults, statusDueUs: dueUs, unknownDueUs: dueUs };
}

export const afterUnreadableStatus = (faults: ConnectionFaults, nowUs: number): ConnectionFaults => ({
  ...faults,
  statusDueUs: nowUs,
});

/** The same object where the book changes nothing. */
export function afterBook(faults: ConnectionFaults, isLate: boolean, nowUs: number): ConnectionFaults {
  const lateSinceUs = isLate ? (faults.lateSinceUs ?? nowUs) : null;
  return lateSinceUs === faults.lateSinceUs ? faults : { ...faults, lateSinceUs };
}

/** Why the connection has to be given up; null: it has not. */
export function faultOf(faults: ConnectionFaults, nowUs: number): 'kraken_status_missing' | 'kraken_book_late' | null {
  const { statusDueUs, lateSinceUs } = faults;
  if (statusDueUs !== null && nowUs >= statusDueUs) return 'kraken_status_missing';
  return lateSinceUs !== null && nowUs - lateSinceUs >= LATE_LIMIT_MS * 1000 ? 'kraken_book_late' : null;
}

import { describe, expect, test } from 'bun:test';
import {
  afterBook,
  afterStatus,
  afterUnreadableStatus,
  faultOf,
  faultsAtOpening,
  LATE_LIMIT_MS,
  STATUS_LIMIT_MS,
  UNKNOWN_STATUS_LIMIT_MS,
} from './connection-faults.ts';

const OPENED_US = 7_000_000;
const opened = faultsAtOpening(OPENED_US);
const afterMs = (ms: number): number => OPENED_US + ms * 1000;

describe('the market status', () => {
  test('is due a while after the opening', () => {
    expect(faultOf(opened, afterMs(STATUS_LIMIT_MS) - 1)).toBeNull();
    expect(faultOf(opened, afterMs(STATUS_LIMIT_MS))).toBe('kraken_status_missing');
  });

  test('of a known name ends the wait', () => {
    expect(faultOf(afterStatus(opened, 'maintenance', afterMs(1)), afterMs(1e9))).toBeNull();
  });

  test('of no known name is waited out from the first of them, and a known one begins again', () => {
    const unknown = afterStatus(opened, null, afterMs(100));
    const repeated = afterStatus(unknown, null, afterMs(9000));
    for (const faults of [unknown, repeated]) {
      expect(faultOf(faults, afterMs(100 + UNKNOWN_STATUS_LIMIT_MS) - 1)).toBeNull();
      expect(faultOf(faults, afterMs(100 + UNKNOWN_STATUS_LIMIT_MS))).toBe('kraken_status_missing');
    }
    const later = afterStatus(afterStatus(repeated, 'online', afterMs(9500)), null, afterMs(9600));
    expect(faultOf(later, afterMs(9600 + UNKNOWN_STATUS_LIMIT_MS) - 1)).toBeNull();
  });

  test('that cannot be read is missing at once, a known one after it is not', () => {
    const unreadable = afterUnreadableStatus(opened, afterMs(10));
    expect(faultOf(unreadable, afterMs(10))).toBe('kraken_status_missing');
    expect(faultOf(afterStatus(unreadable, 'online', afterMs(11)), afterMs(12))).toBeNull();
  });
});

describe('books', () => {
  const online = afterStatus(opened, 'online', OPENED_US);

  test('that are all late for too long are a fault, counted from the first', () => {
    const late = afterBook(afterBook(online, true, afterMs(1000)), true, afterMs(9000));
    expect(faultOf(late, afterMs(1000 + LATE_LIMIT_MS) - 1)).toBeNull();
    expect(faultOf(late, afterMs(1000 + LATE_LIMIT_MS))).toBe('kraken_book_late');
  });

  test('of which one is in time are none', () => {
    const late = afterBook(online, true, afterMs(1000));
    const again = afterBook(afterBook(late, false, afterMs(10_999)), true, afterMs(11_000));
    expect(faultOf(again, afterMs(11_000 + LATE_LIMIT_MS) - 1)).toBeNull();
  });

  test('that change nothing make no new value', () => {
    expect(afterBook(online, false, afterMs(1))).toBe(online);
  });
});

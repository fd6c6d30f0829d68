import { describe, expect, test } from 'bun:test';
import { SILENCE_LIMITS, SilenceWatch } from './silence.ts';

const LIVE_US = 5_000_000;
const live = { liveUs: LIVE_US, isStatusSubscribed: true, isFiltered: true };
const afterMs = (ms: number): number => LIVE_US + ms * 1000;
const { noteMs, renewMs, limitMs, statusRenewMs, statusLimitMs, quoteRenewMs } = SILENCE_LIMITS;

function watching(): SilenceWatch {
  const watch = new SilenceWatch(SILENCE_LIMITS);
  watch.acknowledged('quote', LIVE_US);
  watch.acknowledged('quote_status', LIVE_US);
  return watch;
}

describe('a connection on which nothing comes', () => {
  test('is noted, renewed once, and given up', () => {
    const watch = watching();
    expect(watch.notes(LIVE_US, afterMs(noteMs - 1))).toEqual([]);
    expect(watch.notes(LIVE_US, afterMs(noteMs))).toEqual(['relay_quiet']);
    expect(watch.judge(live, afterMs(renewMs - 1))).toEqual({ kind: 'renew', streams: [] });
    expect(watch.judge(live, afterMs(renewMs))).toEqual({ kind: 'renew', streams: ['quote_status', 'quote'] });
    watch.renewed('quote');
    watch.renewed('quote_status');
    expect(watch.judge(live, afterMs(limitMs - 1))).toEqual({ kind: 'renew', streams: [] });
    expect(watch.judge(live, afterMs(limitMs))).toMatchObject({ kind: 'drop' });
    expect([watch.reasons(), watch.notes(LIVE_US, afterMs(limitMs))]).toEqual([['relay_silent'], []]);
    watch.heard('quote', afterMs(limitMs));
    expect(watch.reasons()).toEqual([]);
  });

  test.each([
    ['only quotes of a few tokens are subscribed', { isStatusSubscribed: false, isFiltered: true }, 'renew'],
    ['quotes of all tokens are subscribed', { isStatusSubscribed: false, isFiltered: false }, 'drop'],
  ])('where %s', (_, change, kind) => {
    expect(watching().judge({ ...live, ...change }, afterMs(limitMs)).kind).toBe(kind as never);
  });
});

test('quote_status that is silent alone is renewed once, and the connection given up', () => {
  const watch = watching();
  watch.heard('quote', afterMs(statusRenewMs));
  expect(watch.judge(live, afterMs(statusRenewMs - 1))).toEqual({ kind: 'renew', streams: [] });
  expect(watch.judge(live, afterMs(statusRenewMs))).toEqual({ kind: 'renew', streams: ['quote_status'] });
  watch.renewed('quote_status');
  watch.heard('quote', afterMs(statusLimitMs - 1));
  expect(watch.judge(live, afterMs(statusLimitMs - 1))).toEqual({ kind: 'renew', streams: [] });
  expect(watch.judge(live, afterMs(statusLimitMs))).toMatchObject({ kind: 'drop' });
  expect(watch.reasons()).toEqual(['quote_status_silent']);
});

test('quote that is silent alone is renewed again and again, by the time since it was acknowledged', () => {
  const watch = watching();
  const hear = (ms: number) => watch.heard('quote_status', afterMs(ms));
  hear(quoteRenewMs);
  expect(watch.judge(live, afterMs(quoteRenewMs))).toEqual({ kind: 'renew', streams: ['quote'] });
  watch.renewed('quote');
  watch.acknowledged('quote', afterMs(quoteRenewMs));
  hear(2 * quoteRenewMs);
  expect(watch.judge(live, afterMs(2 * quoteRenewMs - 1))).toEqual({ kind: 'renew', streams: [] });
  expect(watch.judge(live, afterMs(2 * quoteRenewMs))).toEqual({ kind: 'renew', streams: ['quote'] });
});

test('the age of a stream counts over all connections', () => {
  const watch = watching();
  expect(watch.ageMs('quote', afterMs(5))).toBeNull();
  watch.heard('quote', afterMs(5));
  watch.closed();
  expect(watch.ageMs('quote', afterMs(1005))).toBe(1000);
});

import { describe, expect, test } from 'bun:test';
import { SILENCE_LIMITS, SilenceWatch } from './silence.ts';

const LIVE_US = 5_000_000;
const live = { liveUs: LIVE_US, isStatusSubscribed: true, isFiltered: true };
const afterMs = (ms: number): number => LIVE_US + ms * 1000;
const { noteMs, renewMs, limitMs, firstRenewMs, firstLimitMs, statusRenewMs, statusLimitMs, quoteRenewMs } =
  SILENCE_LIMITS;

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

describe('the first event of a connection that replaces one on which events came', () => {
  function replaced(): SilenceWatch {
    const watch = watching();
    watch.heard('quote_status', LIVE_US - 1);
    watch.closed();
    return watch;
  }

  test('is missed sooner than a later one: subscribed again once, and the connection given up', () => {
    const watch = replaced();
    expect(watch.judge(live, afterMs(firstRenewMs - 1))).toEqual({ kind: 'renew', streams: [] });
    expect(watch.judge(live, afterMs(firstRenewMs))).toEqual({ kind: 'renew', streams: ['quote_status', 'quote'] });
    watch.renewed('quote');
    watch.renewed('quote_status');
    expect(watch.judge(live, afterMs(firstLimitMs - 1))).toEqual({ kind: 'renew', streams: [] });
    expect(watch.judge(live, afterMs(firstLimitMs))).toEqual({
      kind: 'drop',
      detail: `no first event within ${firstLimitMs} ms of the subscription`,
    });
    // A venue may be quiet: it is a fault only where the limit of every silence is reached.
    expect(watch.reasons()).toEqual([]);
  });

  test('has the full limit on the connection after one that brought none, until one comes', () => {
    const watch = replaced();
    watch.judge(live, afterMs(firstLimitMs));
    watch.closed();
    expect(watch.judge(live, afterMs(limitMs - 1)).kind).toBe('renew');
    expect(watch.judge(live, afterMs(limitMs))).toMatchObject({ detail: `nothing on any stream for ${limitMs} ms` });
    watch.heard('quote', afterMs(limitMs));
    watch.closed();
    const next = { ...live, liveUs: afterMs(limitMs + 1) };
    expect(watch.judge(next, next.liveUs + firstLimitMs * 1000)).toMatchObject({ kind: 'drop' });
  });

  test('counts from before the connection was live', () => {
    const watch = replaced();
    watch.heard('quote', LIVE_US - 1);
    expect(watch.judge(live, afterMs(limitMs - 1)).kind).toBe('renew');
  });

  test('is not demanded where nothing may be heard by rights, nor of the first connection of all', () => {
    expect(replaced().judge({ ...live, isStatusSubscribed: false }, afterMs(firstLimitMs)).kind).toBe('renew');
    expect(watching().judge(live, afterMs(firstLimitMs))).toEqual({ kind: 'renew', streams: [] });
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

test('a silence is no reason any more when the next connection is refused quote_status', () => {
  const watch = watching();
  expect(watch.judge(live, afterMs(statusLimitMs))).toMatchObject({ kind: 'drop' });
  expect(watch.reasons()).toEqual(['relay_silent']);
  watch.closed();
  watch.statusRefused();
  expect(watch.reasons()).toEqual([]);
  watch.heard('quote', afterMs(2 * statusLimitMs));
  expect(watch.judge(live, afterMs(2 * statusLimitMs))).toMatchObject({ kind: 'drop' });
  expect(watch.reasons()).toEqual(['quote_status_silent']);
  watch.statusRefused();
  expect(watch.reasons()).toEqual([]);
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

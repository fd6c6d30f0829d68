import { describe, expect, test } from 'bun:test';
import { alertsHealth } from './health.ts';
import { INSTANCE, sentinelRig } from './sentinel.fixture.ts';
import { recordText, WINDOWS } from './world.fixture.ts';

type Rig = ReturnType<typeof sentinelRig>;

/** Seconds in which everything can be read. */
function pass(rig: Rig, seconds: number, each: () => void = () => undefined): void {
  for (let second = 0; second < seconds; second++) {
    rig.clock.advance(1000);
    rig.sentinel.known.sight.read(rig.clock.elapsedUs());
    each();
    rig.tick();
    rig.deliver();
  }
}

const letter = (rig: Rig): void => rig.hear('dlq.unrip', recordText('dlq.unrip', rig.clock.nowMs()));
const saidOf = (rig: Rig, code: string): string[] =>
  rig.taken.flatMap(({ key, status }) => (key.startsWith(`${code}:`) ? [status] : []));

describe('a pause', () => {
  test('raises and clears nothing, says so, and the first evaluation after it catches up', () => {
    const rig = sentinelRig();
    pass(rig, 1, () => letter(rig));
    expect(saidOf(rig, 'dead_letters')).toEqual(['raised']);
    rig.sentinel.pause();
    const before = rig.taken.length;
    const evaluatedAtMs = rig.sentinel.evaluatedAtMs();
    rig.hear('ops.reconciliation', recordText('ops.reconciliation', rig.clock.nowMs(), { finding_id: 'f' }));
    pass(rig, 400);
    expect([rig.taken.length, rig.sentinel.evaluatedAtMs()]).toEqual([before, evaluatedAtMs]);
    rig.sentinel.resume();
    rig.deliver();
    expect(saidOf(rig, 'reconciliation_mismatch')).toEqual(['raised']);
    pass(rig, WINDOWS.keepMs / 1000);
    expect(saidOf(rig, 'dead_letters')).toEqual(['raised', 'cleared']);
  });

  test('is over after a restart', () => {
    const rig = sentinelRig();
    rig.sentinel.pause();
    rig.start();
    expect(rig.sentinel.paused).toBe(false);
  });
});

describe('a restart', () => {
  test('goes on with what was raised and its first time, and clears it', () => {
    const rig = sentinelRig();
    pass(rig, 1, () => letter(rig));
    const [raised] = rig.taken.filter(({ key }) => key.startsWith('dead_letters'));
    rig.sentinel.save();
    rig.start();
    pass(rig, WINDOWS.eventsMs / 1000 + WINDOWS.keepMs / 1000 + 1);
    const [, cleared] = rig.taken.filter(({ key }) => key.startsWith('dead_letters'));
    expect(cleared).toMatchObject({ status: 'cleared', first: raised?.first });
  });

  test('without its file takes over what the topic says is raised, and clears that', () => {
    const rig = sentinelRig();
    pass(rig, 1, () => letter(rig));
    const alert = rig.sentinel.book.alerts().find(({ code }) => code === 'dead_letters');
    const first = rig.taken.find(({ key }) => key.startsWith('dead_letters'))?.first;
    const payload = { alert_code: 'dead_letters', alert_key: 'dead_letters:solver.near:relay', subject: 'relay' };
    const times = { condition_since: first, first_raised_at: first, raised_at: first };
    rig.hear('ops.alert', recordText('ops.alert', rig.clock.nowMs(), { ...payload, ...times, severity: 'warning' }));
    expect(alert?.raised?.firstAtMs).toBe(Date.parse(first ?? ''));
    rig.file.text = null;
    rig.taken = [];
    rig.start();
    pass(rig, WINDOWS.eventsMs / 1000 + WINDOWS.keepMs / 1000 + 1);
    expect(rig.warnings).toContain('alerts_adopted');
    expect(rig.taken.filter(({ key }) => key.startsWith('dead_letters'))).toMatchObject([{ status: 'cleared', first }]);
  });

  test('with records that Kafka did not take hands them over under their ids', () => {
    const rig = sentinelRig();
    letter(rig);
    rig.sentinel.known.sight.read(rig.clock.elapsedUs());
    rig.tick();
    const ids = rig.sentinel.outbox.all().map(({ eventId }) => eventId);
    rig.start();
    rig.deliver();
    expect(rig.taken.map(({ eventId }) => eventId)).toEqual(ids);
    expect(ids.length).toBeGreaterThan(0);
  });
});

describe('another ops-sentinel of the account', () => {
  const report = (rig: Rig, instance_id: string, over: { notes?: string[]; ageMs?: number } = {}): void => {
    const { notes = [], ageMs = 0 } = over;
    const payload = { service: 'ops-sentinel', instance_id, reasons: [], notes };
    rig.hear('ops.service_health', recordText('ops.service_health', rig.clock.nowMs() - ageMs, payload));
  };
  const reasons = (rig: Rig): readonly string[] => alertsHealth(rig.sentinel, null).reasons;

  test('makes this one unhealthy while it reports, and not for long after it fell silent', () => {
    const rig = sentinelRig();
    pass(rig, 3, () => report(rig, INSTANCE));
    expect(reasons(rig)).toEqual([]);
    pass(rig, 3, () => report(rig, 'other'));
    expect([reasons(rig), rig.sentinel.others()]).toEqual([['other_sentinel'], ['other']]);
    pass(rig, 14);
    expect(reasons(rig)).toEqual(['other_sentinel']);
    pass(rig, 3);
    expect([reasons(rig), rig.sentinel.others()]).toEqual([[], []]);
  });

  test('is none when it is the one before, killed or ended', () => {
    const rig = sentinelRig();
    report(rig, 'killed', { ageMs: 1 });
    pass(rig, 1);
    expect(reasons(rig)).toEqual([]);
    pass(rig, 1, () => report(rig, 'other'));
    pass(rig, 1, () => report(rig, 'other', { notes: ['stopped'] }));
    expect(reasons(rig)).toEqual([]);
  });

  test('of another account is none', () => {
    const rig = sentinelRig();
    const payload = { service: 'ops-sentinel', instance_id: 'other' };
    const text = () =>
      recordText('ops.service_health', rig.clock.nowMs(), payload, { account_id: 'another-account.near' });
    pass(rig, 2, () => rig.hear('ops.service_health', text()));
    expect(reasons(rig)).toEqual([]);
  });
});

describe('while nothing can be read', () => {
  test('no alert begins or ends, but for one that says so, which ends when it is over', () => {
    const rig = sentinelRig();
    pass(rig, 1, () => letter(rig));
    const before = rig.taken.length;
    rig.isAtEnd = false;
    rig.sentinel.lost();
    for (let second = 0; second < 900; second++) {
      rig.clock.advance(1000);
      rig.tick();
      rig.deliver();
    }
    expect(rig.taken.slice(before).map(({ key, status }) => `${status} ${key}`)).toEqual([
      'raised service_unhealthy:solver.near:ops-sentinel',
    ]);
    rig.isAtEnd = true;
    pass(rig, 60);
    expect(saidOf(rig, 'service_unhealthy')).toEqual(['raised']);
    const report = () =>
      rig.hear(
        'ops.service_health',
        recordText('ops.service_health', rig.clock.nowMs(), { service: 'ops-sentinel', reasons: [], notes: [] }),
      );
    pass(rig, WINDOWS.keepMs / 1000 + 1, report);
    expect(saidOf(rig, 'service_unhealthy')).toEqual(['raised', 'cleared']);
  });

  test('a moment at the start gives nothing up', () => {
    const rig = sentinelRig();
    pass(rig, 5, () => letter(rig));
    const pending = rig.sentinel.book.alerts().filter(({ phase }) => phase === 'pending').length;
    rig.isAtEnd = false;
    rig.start();
    for (let second = 0; second < 14; second++) {
      rig.clock.advance(1000);
      rig.tick();
    }
    expect(pending).toBeGreaterThan(0);
    expect(rig.sentinel.book.alerts().filter(({ phase }) => phase === 'pending').length).toBe(pending);
  });
});

test('a file that cannot be written keeps no alert back, and is written as soon as it can be', () => {
  const rig = sentinelRig();
  rig.file.fails = true;
  pass(rig, 1, () => letter(rig));
  expect(saidOf(rig, 'dead_letters')).toEqual(['raised']);
  rig.file.fails = false;
  rig.start();
  expect(rig.sentinel.book.alerts()).toEqual([]);
});

test('nothing is written while nothing changes', () => {
  const rig = sentinelRig();
  pass(rig, 60);
  const { saves } = rig.file;
  pass(rig, 60);
  expect(rig.file.saves).toBe(saves);
});

test('records of other accounts are passed over, those of a process without an account are not', () => {
  const rig = sentinelRig();
  const at = rig.clock.nowMs();
  rig.hear('dlq.unrip', recordText('dlq.unrip', at, {}, { account_id: 'other.near' }));
  pass(rig, 1);
  expect(saidOf(rig, 'dead_letters')).toEqual([]);
  rig.hear('dlq.unrip', recordText('dlq.unrip', at, {}, { account_id: '' }));
  pass(rig, 1);
  expect(saidOf(rig, 'dead_letters')).toEqual(['raised']);
});

test('a record of tomorrow hides none of today', () => {
  const rig = sentinelRig();
  rig.hear('ref.market_price', recordText('ref.market_price', rig.clock.nowMs() + 60_001, { tradable: true }));
  const outcomes = rig.sentinel.counts.get('ref.market_price')?.outcomes;
  expect(outcomes?.get('time')).toBe(1);
  rig.hear('ref.market_price', recordText('ref.market_price', rig.clock.nowMs() + 60_000, { tradable: true }));
  expect(outcomes?.get('taken')).toBe(1);
});

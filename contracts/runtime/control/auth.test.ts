import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { controlToken, createSlowDown, createTokenCheck, isAtLeast, networkOf, REMOTES_MAX } from './auth.ts';

test('a token is known by its digest alone', () => {
  const one = controlToken('operator', 'a'.repeat(32));
  expect(JSON.stringify(one)).not.toContain('aaaa');
  const check = createTokenCheck([one, controlToken('anna', 'b'.repeat(32), 'viewer')]);
  expect(check(`Bearer ${'a'.repeat(32)}`)).toEqual({ ok: true, actor: 'operator', role: 'operator' });
  expect(check(`bearer  ${'b'.repeat(32)}`)).toEqual({ ok: true, actor: 'anna', role: 'viewer' });
  expect(check(`Bearer ${'a'.repeat(31)}`)).toEqual({ ok: false, given: true });
  for (const given of [`Basic ${'a'.repeat(32)}`, 'Bearer', 'Bearer é'])
    expect(check(given)).toEqual({ ok: false, given: true });
  for (const none of [null, '']) expect(check(none)).toEqual({ ok: false, given: false });
});

test('each role may do what those before it may, and no more', () => {
  const roles = ['viewer', 'reserver', 'operator'] as const;
  expect(roles.map((role) => roles.filter((lowest) => isAtLeast(role, lowest)))).toEqual([
    ['viewer'],
    ['viewer', 'reserver'],
    ['viewer', 'reserver', 'operator'],
  ]);
});

test('however failures come and go, what is remembered is bounded and no count of waiting requests goes wrong', () => {
  const step = fc.record({ remote: fc.nat({ max: 3 }), kind: fc.constantFrom('fail', 'answer', 'succeed', 'others') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const slowDown = createSlowDown();
      const waits = new Map<number, (() => void)[]>();
      let nowUs = 0;
      for (const { remote, kind } of steps) {
        nowUs += 1000;
        if (kind === 'fail') {
          const wait = slowDown.failed(`r${remote}`, nowUs);
          if (wait !== null) waits.set(remote, [...(waits.get(remote) ?? []), wait.answered]);
        } else if (kind === 'succeed') slowDown.succeeded(`r${remote}`);
        else if (kind === 'answer') {
          const answered = waits.get(remote)?.shift();
          answered?.();
          // A second time changes nothing.
          answered?.();
        } else for (let other = 0; other < REMOTES_MAX; other++) slowDown.failed(`other${other}`, nowUs);
      }
      expect(slowDown.remotes()).toBeLessThanOrEqual(REMOTES_MAX);
      for (const answered of [...waits.values()].flat()) answered();
      // With nobody waiting, eight may wait and the ninth is turned away: no more, no less.
      for (let remote = 0; remote <= 3; remote++) {
        const results = Array.from({ length: 9 }, () => slowDown.failed(`r${remote}`, nowUs) !== null);
        expect(results).toEqual([...Array.from({ length: 8 }, () => true), false]);
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['local', 'local'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

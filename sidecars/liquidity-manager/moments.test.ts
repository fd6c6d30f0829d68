import { expect, test } from 'bun:test';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { begun, moved, repeated, type Status, type Tracked } from './actions/tracked.ts';
import { logMoment } from './moments.ts';

const NOW_MS = 1_767_225_600_000;

test('every moment of funding is one line with its id', () => {
  const { log, lines } = keptLog();
  let before: Tracked | null = null;
  let now = begun(
    {
      liquidity_action_id: 'liq-1',
      account_id: 'a',
      kind: 'deposit',
      status: 'requested',
      bridge: 'poa',
      chain: 'btc:mainnet',
    },
    NOW_MS,
  );
  const take = (after: Tracked): void => {
    logMoment(log, before, after);
    [before, now] = [after, after];
  };
  take(now);
  const states: readonly Status[] = ['seen', 'confirming', 'delayed', 'stuck', 'failed', 'credited'];
  for (const status of states) {
    take(moved(now, { status, reason_code: status === 'delayed' ? 'credit_late' : null }, NOW_MS));
    // Neither confirmations that grow nor a state that is published again are moments.
    take(moved(now, { confirmations: (now.action.confirmations ?? 0) + 1 }, NOW_MS));
    take(repeated(now, NOW_MS));
  }
  const logged = lines.map((line) => JSON.parse(line));
  expect(logged.map(({ level, event }) => `${level} ${event}`)).toEqual([
    'info funding_requested',
    'info funding_seen',
    'info funding_confirming',
    'warn funding_delayed',
    'error funding_stuck',
    'warn funding_failed',
    'info funding_credited',
  ]);
  for (const line of logged) expect(line).toMatchObject({ liquidity_action_id: 'liq-1', chain: 'btc:mainnet' });
});

import { expect, test } from 'bun:test';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import { type Evidence, judge } from './judge.ts';

const alert = (eventId: string, status: OpsAlert['status'], subject = 'wd-1', since = 't1') => ({
  eventId,
  payload: { alert_key: `withdrawal_stuck:a:${subject}`, subject, status, first_raised_at: since } as OpsAlert,
});

const sound = (): Evidence => ({
  produced: new Map([['swap_demand_events', new Set(['e1', 'e2'])]]),
  known: new Map([['swap_demand_events', new Set(['e1', 'e2', 'e3'])]]),
  acknowledged: new Set(['e1']),
  rows: {
    eventIds: new Map([['swap_demand_events', ['e1', 'e2', 'e3']]]),
    observations: [{ id: 'o1', status: 'credited', txHash: 'tx1', actionId: 'liq1', bridgeTxHash: 'near1' }],
    deposits: [{ id: 'liq1', status: 'credited', observationId: 'o1' }],
  },
  // Sent again after a kill: the same id.
  alerts: [alert('a1', 'raised'), alert('a1', 'raised'), alert('a2', 'cleared')],
  episodes: ['wd-1'],
  deposited: ['tx1'],
});

const against = (over: Partial<Evidence>): readonly string[] =>
  judge({ ...sound(), ...over }).flatMap(({ name, ok, detail }) => (ok ? [] : [`${name}: ${detail}`]));

const { rows } = sound();

test('what is sound is found so', () => {
  expect(against({})).toEqual([]);
});

test.each<[string, Partial<Evidence>, RegExp]>([
  ['an event is lost', { produced: new Map([['swap_demand_events', new Set(['e4'])]]) }, /every event.*e4/],
  [
    'an event is there twice',
    { rows: { ...rows, eventIds: new Map([['swap_demand_events', ['e1', 'e2', 'e2']]]) } },
    /each event once/,
  ],
  ['an event is from nowhere', { known: new Map([['swap_demand_events', new Set(['e1', 'e2'])]]) }, /nothing else.*e3/],
  ['Kafka has forgotten', { acknowledged: new Set(['e9']) }, /acknowledged: 1: e9/],
  ['an alert is lost', { alerts: [] }, /wd-1: nothing/],
  ['an alert is never cleared', { alerts: [alert('a1', 'raised')] }, /wd-1: raised/],
  [
    'an alert is raised twice',
    { alerts: [alert('a1', 'raised'), ...sound().alerts.slice(2), alert('a3', 'raised')] },
    /wd-1: raised cleared raised/,
  ],
  [
    'an episode begins within another',
    { alerts: [alert('a1', 'raised'), alert('a3', 'raised', 'wd-1', 't2'), alert('a2', 'cleared', 'wd-1', 't2')] },
    /raised again while raised/,
  ],
  ['a clear has no raise', { alerts: [alert('a2', 'cleared')] }, /without its raise/],
  ['a deposit was never seen', { rows: { ...rows, observations: [] } }, /tx1: 0 observations/],
  ['a deposit is two', { rows: { ...rows, deposits: [...rows.deposits, ...rows.deposits] } }, /tx1: 2 deposits/],
  [
    'a deposit is not credited',
    { rows: { ...rows, deposits: [{ id: 'liq1', status: 'confirmed', observationId: 'o1' }] } },
    /deposit confirmed/,
  ],
  ['an observation is nobody’s', { deposited: [] }, /o1: unknown/],
])('%s', (_what, over, named) => {
  expect(against(over).join('\n')).toMatch(named);
});

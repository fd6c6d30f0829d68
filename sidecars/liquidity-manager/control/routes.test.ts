// The freeze of withdrawals as it is called for, and what of a withdrawal is recorded.

import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { NoBody } from '../../../contracts/runtime/control/body.ts';
import type { ActionRoute, ControlRoute } from '../../../contracts/runtime/control/route.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import type { Manager } from '../manager.ts';
import { emptyState, writeState } from '../store/kept.ts';
import { Ledger } from '../store/ledger.ts';
import { routesOf } from './routes.ts';

const OPERATOR = { actor: 'anna', remote: '127.0.0.1' };

const actionAt = (routes: readonly ControlRoute[], path: string): ActionRoute | undefined =>
  routes.find((each): each is ActionRoute => each.kind === 'action' && each.path === path);

test('withdrawals are frozen on a full disk too, and every answer says that a restart would lose it', async () => {
  using dir = tempDir();
  const { log } = keptLog();
  const disk = { isFull: true };
  const ledger = new Ledger({
    path: join(dir.path, 'state.json'),
    kept: emptyState('solver.near'),
    clock: new ManualClock(),
    log,
    render: () => '',
    sender: { send: () => Promise.reject(new Error('nothing is sent')) },
    onRecord: () => undefined,
    write: (path, state) => {
      if (disk.isFull) throw new Error('no space left on device');
      writeState(path, state);
    },
  });
  const routes = routesOf({ ledger, log, trackers: [] } as unknown as Manager);
  const call = async (path: string) => {
    const route = actionAt(routes, path);
    expect(route?.body).toBe(NoBody);
    return await route?.act({}, OPERATOR);
  };
  for (let times = 0; times < 2; times++) {
    expect(await call('/freeze-withdrawals')).toMatchObject({
      ok: true,
      to: { frozen: true, by: 'anna' },
      note: expect.stringContaining('is lost if the process ends'),
    });
  }
  expect(await call('/unfreeze-withdrawals')).toMatchObject({ ok: false, to: { frozen: true } });
  disk.isFull = false;
  expect(await call('/unfreeze-withdrawals')).toMatchObject({ ok: true, to: { frozen: false } });
  expect(await call('/freeze-withdrawals')).not.toHaveProperty('note');
});

test('what is recorded of a withdrawal of which nothing came has no signature', () => {
  const route = actionAt(routesOf({ trackers: [] } as unknown as Manager), '/withdrawals');
  const body = { withdrawal_id: 'wd-12345', amount: '5', signed: { signed_data: { signature: 'ed25519:secret' } } };
  expect(route?.recorded(body)).toEqual({ withdrawal_id: 'wd-12345', amount: '5' });
});

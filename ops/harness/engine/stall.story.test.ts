// A process that does not run while the market moves: what it finds in its sockets afterwards, requests and prices alike, is
// from before. The engine is a real process here, stopped by SIGSTOP, with the simulated world around it.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { metricsFaults } from '../../testing/exposition.ts';
import { waitFor } from '../../testing/wait.ts';
import { type EngineChild, startChild } from './child.fixture.ts';
import { makeSetting, type Setting } from './engine.fixture.ts';

const LIMIT_MS = 120_000;
const WAIT = { limitMs: 30_000 };
/** Longer than the process may be stopped, shorter than what a price may be old. */
const STOPPED_MS = 1800;
const QUEUED = 20;
const BUYS_BTC = {
  defuse_asset_identifier_in: EURE.id,
  defuse_asset_identifier_out: BTC.id,
  exact_amount_in: undefined,
  exact_amount_out: '10000',
};

let setting: Setting;
let engine: EngineChild;

async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Record<string, unknown>> {
  return (await (await engine.call(method, path, body)).json()) as Record<string, unknown>;
}

/** How many requests were decided on, and how many of them not answered because of a gap. */
async function counts(): Promise<{ readonly decided: number; readonly held: number }> {
  const { decisions, rejected_by_reason: reasons } = await call('GET', '/strategy/state');
  return { decided: decisions as number, held: (reasons as Record<string, number>)['process_stalled'] ?? 0 };
}

const answerTo = (quoteId: string) => setting.world.relay.answers().find((answer) => answer.quoteId === quoteId);

/** EUR per BTC at which the engine sells, of an answer given now. */
async function sellsAt(name: string): Promise<number> {
  let asked = 0;
  const answer = await waitFor(
    async () => {
      const quoteId = `${name}-${++asked}`;
      setting.ask(quoteId, BUYS_BTC);
      return await waitFor(() => answerTo(quoteId), { what: quoteId, limitMs: 500 }).catch(() => null);
    },
    { what: `an answer to ${name}`, ...WAIT },
  );
  return Number(answer.amountInUnits) / 1e18 / (10_000 / 1e8);
}

beforeAll(async () => {
  setting = makeSetting(machineClock, {}, { LOG_LEVEL: 'silent' });
  setting.world.setPrice(400_000n);
  engine = await startChild(setting);
  await call('POST', '/strategy/arm', { for_minutes: 10 });
  await call('POST', '/executor/arm', { for_minutes: 10, fresh_account: true });
}, LIMIT_MS);

afterAll(() => engine.close(), LIMIT_MS);

test(
  'a process that was stopped while the market rose answers nothing that waited for it, and then at the new price',
  async () => {
    expect(await sellsAt('before')).toBeLessThan(42_000);
    const before = await counts();

    engine.child.kill('SIGSTOP');
    const since = performance.now();
    setting.world.setPrice(440_000n);
    let queued = 0;
    await waitFor(
      () => {
        if (queued < QUEUED) setting.ask(`queued-${queued++}`, BUYS_BTC);
        return queued === QUEUED && performance.now() - since > STOPPED_MS;
      },
      { what: 'the process to have stood still', ...WAIT },
    );
    engine.child.kill('SIGCONT');

    await waitFor(async () => (await counts()).decided >= before.decided + QUEUED, {
      what: 'the decisions on what had waited',
      ...WAIT,
    });
    expect(setting.world.relay.answers().filter(({ quoteId }) => quoteId.startsWith('queued-'))).toEqual([]);
    expect(await counts()).toEqual({ decided: before.decided + QUEUED, held: before.held + QUEUED });

    expect(await sellsAt('after')).toBeGreaterThan(44_000);
    expect((await call('GET', '/state'))['stalls']).toMatchObject({ last: { kind: 'stalled' } });
    const metrics = await (await fetch(`${engine.url}/metrics`)).text();
    expect(await metricsFaults(metrics)).toEqual([]);
    expect(metrics).toMatch(/^unrip_process_stalls_total\{[^}]*\} [1-9]/m);
    expect(metrics).toMatch(/^unrip_hold\{reason="process_stalled"[^}]*\} 0$/m);
  },
  LIMIT_MS,
);

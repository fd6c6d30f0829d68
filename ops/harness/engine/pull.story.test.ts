// Withdrawing quotes, end to end: an engine over sockets against the simulated relay, node and contract. What was withdrawn fails with
// the verifier's own reason when somebody takes it.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { waitFor } from '../../testing/wait.ts';
import {
  type Env,
  fastClock,
  makeSetting,
  type RunningEngine,
  startEngineOn,
  startEngineRig,
} from './engine.fixture.ts';

const LIMIT_MS = 60_000;
const SPEED = 5;
/** Requests that we pay BTC for. */
const BTC_OUT = {
  defuse_asset_identifier_in: EURE.id,
  defuse_asset_identifier_out: BTC.id,
  exact_amount_in: '4000000000000000000',
};

async function readyRig(env: Env = {}): Promise<RunningEngine> {
  const rig = await startEngineRig({ speed: SPEED, env: { NONCE_LANES: '2', INVENTORY_POLL_MS: '500', ...env } });
  rig.arm();
  await rig.ready();
  return rig;
}

/** The steps of quotes, as the log tells them. */
function stepsOf(rig: RunningEngine, quoteId: string): string[] {
  return rig.lines
    .map((line) => JSON.parse(line))
    .filter((line) => line.quote_id === quoteId && String(line.event).startsWith('trade_'))
    .map((line) => `${String(line.event).slice('trade_'.length)} ${line.result_code}`);
}

const endOf = (rig: RunningEngine, quoteId: string, limitMs = 30_000) =>
  waitFor(() => stepsOf(rig, quoteId).find((step) => /^(?:pulled|settled|voided|expired)/.test(step)) ?? null, {
    what: `the end of ${quoteId}`,
    limitMs,
  });

/** Somebody takes the quote: what became of it at the venue. */
function take(rig: RunningEngine, quoteId: string): string {
  const settlement = rig.world.relay.takeNow(quoteId);
  return settlement?.ok === true ? 'settled' : (settlement?.reason ?? 'nothing');
}

const pullAll = (rig: RunningEngine) =>
  rig.engine.parts.pulls.request({ cause: 'operator', detail: 'test', asset: null });

describe.each([
  ['over the relay', 'relay'],
  ['as a NEAR transaction', 'near'],
])('%s', (_name, via) => {
  test(
    'a pulled quote ends as pulled, its capital is free then, and taking it fails with the reason of the verifier',
    async () => {
      const rig = await readyRig({ PULL_VIA: via });
      try {
        const first = await rig.answered();
        const second = await rig.answered(BTC_OUT);
        expect(
          pullAll(rig)
            ?.begun.map(({ asset }) => asset)
            .sort(),
        ).toEqual([BTC.id, EURE.id].sort());
        expect(rig.engine.parts.book.capital(EURE.id)?.reservedForOrdersUnits).toBeGreaterThan(0n);
        expect(await endOf(rig, first)).toBe('pulled pulled_by_transaction');
        expect(await endOf(rig, second)).toBe('pulled pulled_by_transaction');
        expect(rig.engine.parts.book.capital(EURE.id)?.reservedForOrdersUnits as bigint).toBe(0n);
        expect([take(rig, first), take(rig, second)]).toEqual(['nonce was already used', 'nonce was already used']);
        await waitFor(() => rig.engine.parts.pulls.underWay().length === 0, { what: 'the pulls to end' });
        const { pulls } = rig.control.executor.state();
        expect(pulls).toMatchObject({ via, under_way: [], recent: [{ outcome: 'pulled' }, { outcome: 'pulled' }] });
        // Its lanes answer under fresh nonces.
        await rig.ready();
        const third = await rig.answered();
        expect(take(rig, third)).toBe('settled');
        expect(await endOf(rig, third)).toStartWith('settled');
      } finally {
        await rig.close();
      }
    },
    LIMIT_MS,
  );
});

test(
  'a price that moves against live quotes by more than the distance pulls their lane, and no other',
  async () => {
    const rig = await readyRig({ REFERENCE_MAX_DIVERGENCE_PCT: '50' });
    try {
      const receiving = await rig.answered();
      const paying = await rig.answered(BTC_OUT);
      // BTC falls by two percent: bad for who is about to receive it.
      rig.world.setPrice(381_000n);
      expect(await endOf(rig, receiving)).toBe('pulled pulled_by_transaction');
      expect(stepsOf(rig, paying).at(-1)).toBe('accepted relay_accepted');
      expect(take(rig, receiving)).toBe('nonce was already used');
      expect(take(rig, paying)).toBe('settled');
    } finally {
      await rig.close();
    }
  },
  LIMIT_MS,
);

test(
  'a quote that was taken before the pull arrived stays settled',
  async () => {
    const rig = await readyRig();
    try {
      const first = await rig.answered();
      expect(take(rig, first)).toBe('settled');
      pullAll(rig);
      expect(await endOf(rig, first)).toStartWith('settled');
      await waitFor(() => rig.engine.parts.pulls.recent()[0] ?? null, { what: 'the pull to end', limitMs: 30_000 });
      expect(rig.engine.parts.pulls.recent()[0]?.outcome).toBe('settled');
    } finally {
      await rig.close();
    }
  },
  LIMIT_MS,
);

test(
  'a breach disarms and pulls, a relay that is away is unhealthy by name, and the pull is done once it is back',
  async () => {
    const rig = await readyRig();
    try {
      const first = await rig.answered();
      rig.world.relay.faults.refuseRpc(503);
      rig.engine.parts.stops.stop('turns_failed');
      expect(rig.engine.parts.executorArming.state().armed).toBe(false);
      await waitFor(() => rig.reasons().includes('executor.pull_failing'), {
        what: 'the failing pull to be unhealthy',
        limitMs: 30_000,
      });
      expect(rig.control.executor.state().pulls.under_way[0]).toMatchObject({
        cause: 'stopped',
        detail: 'turns_failed',
        last_send: { result: 'unknown', reason: 'http_503' },
      });
      rig.world.relay.faults.refuseRpc(null);
      expect(await endOf(rig, first)).toBe('pulled pulled_by_transaction');
      await waitFor(() => !rig.reasons().includes('executor.pull_failing'), { what: 'the executor to be healthy' });
    } finally {
      await rig.close();
    }
  },
  LIMIT_MS,
);

test(
  'an error that ends the process withdraws its quotes before it ends',
  async () => {
    const clock = fastClock(SPEED);
    const setting = makeSetting(clock, {}, { NONCE_LANES: '2', INVENTORY_POLL_MS: '500' });
    const failing = await startEngineOn(setting, clock);
    failing.arm();
    await failing.ready();
    const quoteId = await failing.answered();
    const { parts } = failing.engine;
    await waitFor(() => parts.replies.count() === 0, { what: 'every reply' });
    // As the runtime of the process does it, in one turn.
    parts.stops.stop('process_faulted');
    await failing.engine.drain(10_000);
    expect(failing.events()).toContain('pull_begun');
    const next = await startEngineOn(setting, clock);
    try {
      expect(await endOf(next, quoteId)).toBe('pulled pulled_by_transaction');
      expect(take(next, quoteId)).toBe('nonce was already used');
    } finally {
      await next.close();
    }
  },
  LIMIT_MS,
);

test(
  'a pull that a process begins is finished by the next one',
  async () => {
    const clock = fastClock(SPEED);
    const setting = makeSetting(clock, {}, { NONCE_LANES: '2', INVENTORY_POLL_MS: '500' });
    const before = await startEngineOn(setting, clock);
    before.arm();
    await before.ready();
    const quoteId = await before.answered();
    setting.world.relay.faults.refuseRpc(503);
    pullAll(before);
    await before.engine.drain(500);
    setting.world.relay.faults.refuseRpc(null);
    const rig = await startEngineOn(setting, clock);
    try {
      expect(rig.engine.parts.pulls.underWay()).toMatchObject([{ cause: 'operator', detail: 'test' }]);
      expect(await endOf(rig, quoteId)).toBe('pulled pulled_by_transaction');
      expect(take(rig, quoteId)).toBe('nonce was already used');
    } finally {
      await rig.close();
    }
  },
  LIMIT_MS,
);

test(
  'the price at signing is known after a restart: what was signed before is pulled when the price moves',
  async () => {
    const clock = fastClock(SPEED);
    const env = { NONCE_LANES: '2', INVENTORY_POLL_MS: '500', REFERENCE_MAX_DIVERGENCE_PCT: '50' };
    const setting = makeSetting(clock, {}, env);
    const before = await startEngineOn(setting, clock);
    before.arm();
    await before.ready();
    const quoteId = await before.answered();
    await before.engine.drain(500);
    setting.world.setPrice(381_000n);
    // Disarmed, as at every start.
    const rig = await startEngineOn(setting, clock);
    try {
      expect(await endOf(rig, quoteId)).toBe('pulled pulled_by_transaction');
      const ended = await waitFor(() => rig.engine.parts.pulls.recent()[0] ?? null, { what: 'the pull to end' });
      expect(ended).toMatchObject({ cause: 'price_moved', outcome: 'pulled' });
    } finally {
      await rig.close();
    }
  },
  LIMIT_MS,
);

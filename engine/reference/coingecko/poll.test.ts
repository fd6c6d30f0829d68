import { afterEach, describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import { type CoinGeckoSimOptions, startCoinGeckoSim } from '../../../ops/sim/coingecko/server.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import type { CoinGeckoParse } from './parse.ts';
import { type CoinGeckoPollOptions, createCoinGeckoPoll } from './poll.ts';

const T0 = 1_767_225_600_000;
const RANDOM = { fill: (bytes: Uint8Array) => void bytes.fill(7), fraction: () => 0.5 };

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function start(over: Partial<CoinGeckoPollOptions> = {}, simOptions: CoinGeckoSimOptions = {}) {
  const clock = new ManualClock(T0);
  const sim = startCoinGeckoSim({ now: () => clock.nowMs(), ...simOptions });
  const answers: CoinGeckoParse[] = [];
  const poll = createCoinGeckoPoll({
    url: sim.url,
    apiKey: null,
    ids: COINGECKO_IDS,
    pollMs: 60_000,
    clock,
    random: RANDOM,
    onAnswer: (answer) => answers.push(answer),
    ...over,
  });
  closing.push(
    () => poll.stop(),
    () => sim.close(),
  );
  const heard = (count: number) => waitFor(() => answers.length >= count, { what: `answer ${count}` });
  const last = (): CoinGeckoParse => {
    const answer = answers.at(-1);
    if (answer === undefined) throw new Error('nothing was answered yet');
    return answer;
  };
  return { clock, sim, poll, answers, heard, last };
}

test('asks for both coins in one request, at once and then once an interval', async () => {
  const world = start();
  world.sim.setPrice(COINGECKO_IDS.btc, '94750.123', 20_000);
  world.poll.start();
  await world.heard(1);
  expect(world.last()).toMatchObject({
    ok: true,
    btc: { priceE8: 9_475_012_300_000n, updatedAtMs: T0 - 20_000 },
    eure: { priceE8: 100_020_000n },
    failure: null,
  });
  world.clock.advance(59_999);
  expect(world.poll.state().in_flight).toBe(false);
  world.clock.advance(1);
  await world.heard(2);
  expect(world.sim.requests()).toBe(2);
});

describe('a key', () => {
  test('goes into the header of the plan that the host belongs to', async () => {
    const world = start({ apiKey: 'CG-test' }, { apiKey: 'CG-test', plan: 'demo' });
    expect(await world.poll.refresh()).toBeNull();
  });

  test('that is missing is named', async () => {
    const world = start({}, { apiKey: 'CG-test' });
    expect(await world.poll.refresh()).toBe('api_key_missing: API Key Missing');
  });
});

describe('what goes wrong', () => {
  test('a rate limit is obeyed, by polls, refreshes and a resume alike', async () => {
    const world = start();
    world.sim.faults.rateLimit(1, 90);
    world.poll.start();
    await world.heard(1);
    expect(world.last()).toMatchObject({ ok: false, retryAfterMs: 90_000 });
    expect(await world.poll.refresh()).toContain('2026-01-01T00:01:30.000Z');
    world.poll.stop();
    world.poll.start();
    world.clock.advance(89_999);
    expect(world.poll.state()).toMatchObject({ in_flight: false, requests: 1, failures_in_row: 1 });
    world.clock.advance(1);
    await world.heard(2);
    expect(world.last().ok).toBe(true);
    expect(world.poll.state()).toMatchObject({ failures: 1, failures_in_row: 0, not_before: null });
  });

  test.each([-3_600_000, 3_600_000])(
    'a pause lasts as long as was asked for, whatever the wall clock does: %p ms',
    async (stepMs) => {
      const world = start();
      world.sim.faults.rateLimit(1, 90);
      expect(await world.poll.refresh()).toStartWith('rate_limited');
      world.clock.stepWall(stepMs);
      world.clock.advance(89_999);
      expect(await world.poll.refresh()).toStartWith('rate_limited: CoinGecko asked for no request before');
      world.clock.advance(1);
      await world.poll.refresh();
      expect(world.poll.state()).toMatchObject({ requests: 2, not_before: null });
    },
  );

  test('an outage is tried again sooner than a whole interval later', async () => {
    const world = start();
    world.sim.faults.fail(1, 502, 'upstream');
    world.poll.start();
    await world.heard(1);
    expect(world.last()).toMatchObject({ ok: false, reason: 'http_502' });
    world.clock.advance(2000);
    await world.heard(2);
    expect(world.last().ok).toBe(true);
  });

  test('silence ends at the time limit', async () => {
    const silent = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Promise<Response>(() => {}) });
    closing.push(() => silent.stop(true));
    const world = start({ url: `http://127.0.0.1:${silent.port}` });
    world.poll.start();
    await waitFor(() => silent.pendingRequests > 0, { what: 'the request' });
    world.clock.advance(10_000);
    await world.heard(1);
    expect(world.last()).toMatchObject({ ok: false, reason: 'timeout: no answer within 10000 ms' });
  });

  test('a host that is gone is unreachable', async () => {
    const world = start();
    await world.sim.close();
    expect(await world.poll.refresh()).toStartWith('unreachable: ');
  });

  test('a coin that CoinGecko does not know is said, and the other one taken', async () => {
    const world = start();
    world.sim.removeCoin(COINGECKO_IDS.eure);
    expect(await world.poll.refresh()).toBe('monerium-eur-money-2 is not in the answer');
    expect(world.last()).toMatchObject({ ok: true, eure: null });
  });
});

test('stop gives up the request under way, and start begins again', async () => {
  const world = start();
  world.poll.start();
  const asked = world.poll.refresh();
  world.poll.stop();
  expect(await asked).toBe('stopped');
  expect(world.answers).toEqual([]);
  world.poll.start();
  await world.heard(1);
});

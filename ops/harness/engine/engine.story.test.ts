// The whole engine against the simulated world over real sockets, without a broker: what breaks outside is seen, said, and
// does no harm, and the engine goes on when it is whole again. One engine goes through most of it, as one would in a bad week;
// each test repairs what it broke.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { createPartReports } from '../../../contracts/runtime/process/health/part-reports.ts';
import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import { startingReasons } from '../../../engine/control/health.ts';
import type { Fact } from '../../../engine/model/facts.ts';
import { waitFor } from '../../testing/wait.ts';
import { type RunningEngine, startEngineOn, startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;
const ENV = { REFERENCE_MAX_AGE_MS: '1500', REFERENCE_FALLBACK_MAX_AGE_MS: '30000', INVENTORY_MAX_AGE_MS: '1500' };

const BTC_OUT = {
  defuse_asset_identifier_in: EURE.id,
  defuse_asset_identifier_out: BTC.id,
  exact_amount_in: undefined,
  exact_amount_out: '9000',
};

async function armed(over: Parameters<typeof startEngineRig>[0] = {}): Promise<RunningEngine> {
  const engine = await startEngineRig(over);
  await engine.ready();
  engine.arm();
  return engine;
}

/** How often trades came to this state. */
const results = (state: string): number => rig.control.executor.state().results_by_state[state] ?? 0;
const errors = (on: RunningEngine, code: string): number => on.control.executor.state().errors_by_code[code] ?? 0;

async function journalled(): Promise<Fact[]> {
  const { journal } = rig.engine.parts;
  const { lastSeq } = journal;
  const facts: Fact[] = [];
  while (facts.length < lastSeq) facts.push(...(await journal.read(facts.length + 1, 1000)).map(({ fact }) => fact));
  return facts;
}

let rig: RunningEngine;
beforeAll(async () => {
  rig = await startEngineRig({ env: ENV });
  await rig.ready();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

describe('a day without trouble', () => {
  test(
    'starts disarmed, answers in both directions once armed, and sees a settlement through to its record',
    async () => {
      expect(rig.control.state()).toMatchObject({
        strategy: { arm: { armed: false } },
        executor: { arm: { armed: false } },
      });
      rig.ask('disarmed');
      await waitFor(() => rig.reasonOf('disarmed') === 'strategy_disarmed', { what: 'the rejection' });
      expect(rig.control.state()).toMatchObject({
        trading: false,
        not_trading: ['strategy_disarmed', 'executor_disarmed'],
      });
      expect(rig.reasons()).toEqual([]);
      rig.arm();
      expect(rig.control.state()).toMatchObject({ trading: true, not_trading: [] });
      await rig.answered();
      const inForce = rig.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'limits_in_force');
      expect(inForce).toHaveLength(1);
      expect(inForce[0]).toMatchObject({ max_notional_eur: '5.000000000000000000', inventory_max_age_ms: 1500 });
      await rig.answered({ exact_amount_in: undefined, exact_amount_out: '3800000000000000000' });
      await rig.answered({ ...BTC_OUT, exact_amount_in: '4000000000000000000', exact_amount_out: undefined });
      const taken = await rig.answered(BTC_OUT);
      expect(rig.world.relay.takeNow(taken)?.ok).toBe(true);
      await waitFor(() => results('settled') === 1, { what: 'the settlement' });
      expect(rig.reasons()).toEqual([]);
      expect(rig.control.inventory.state().reconciliation).toMatchObject({ status: 'ok', code: null, note: null });
      const settled = (await journalled()).find((fact) => fact.kind === 'transition' && fact.to === 'settled');
      expect(settled).toMatchObject({ attempt: { quoteId: taken }, code: 'settled_by_status' });
      expect(rig.world.relay.counts().refused).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    'answers without a broker, and says what is not there',
    async () => {
      for (let n = 0; n < 20; n++) await rig.answered();
      const { reasons, bus } = rig.control.state();
      expect(bus?.lag_records).toBeGreaterThan(20);
      expect(reasons).toContain('history.history_unknown');
    },
    LIMIT_MS,
  );

  test(
    'the key is in no log line, no state and no record',
    async () => {
      await rig.answered();
      await rig.engine.parts.journal.synced(rig.engine.parts.journal.lastSeq);
      const body = rig.key.slice('ed25519:'.length);
      const texts = [...rig.lines, JSON.stringify(rig.control.state()), Bun.inspect(await journalled(), { depth: 20 })];
      for (const text of texts) expect(text).not.toContain(body.slice(0, 16));
      expect(texts.join('')).toContain(rig.publicKey);
    },
    LIMIT_MS,
  );
});

describe('the relay', () => {
  test(
    'drops the connection: what was in flight is open, and quotes come again by themselves',
    async () => {
      const before = results('uncertain');
      rig.world.relay.faults.holdAcks(true);
      const open = await rig.answered();
      rig.world.relay.faults.refuseUpgrade(503);
      rig.world.relay.faults.drop();
      await waitFor(() => rig.reasons().includes('ingest.relay_disconnected'), { what: 'the loss to be said' });
      expect(results('uncertain')).toBe(before + 1);
      rig.world.relay.faults.holdAcks(false);
      rig.world.relay.faults.refuseUpgrade(null);
      await rig.ready();
      await rig.answered();
      const facts = await journalled();
      expect(facts.find((fact) => fact.kind === 'transition' && fact.to === 'uncertain')).toMatchObject({
        attempt: { quoteId: open },
        code: 'connection_lost',
      });
      expect(rig.control.ingest.state().connection.reconnects).toBeGreaterThanOrEqual(1);
    },
    LIMIT_MS,
  );

  test(
    'is silent behind an open socket: the missing subscription is seen, and the socket is left for a new one',
    async () => {
      // Time passes faster than the disk can sync.
      const slack = { REFERENCE_MAX_AGE_MS: '60000', INVENTORY_MAX_AGE_MS: '60000', JOURNAL_MAX_SYNC_LAG_MS: '60000' };
      const fast = await armed({ speed: 20, env: slack });
      fast.world.relay.faults.silent(true);
      fast.world.relay.faults.drop();
      await waitFor(() => fast.reasons().includes('ingest.relay_not_subscribed'), { what: 'the missing subscription' });
      const reconnects = () => fast.control.ingest.state().connection.reconnects;
      await waitFor(() => reconnects() >= 2, { what: 'one more connection', limitMs: 30_000 });
      fast.world.relay.faults.silent(false);
      await fast.ready();
      await fast.answered();
      await fast.close();
    },
    LIMIT_MS,
  );

  test(
    'repeats quotes: one answer each',
    async () => {
      rig.world.relay.faults.repeatQuotes(true);
      const before = rig.asked();
      const ids = [await rig.answered(), await rig.answered()];
      const asked = rig.asked() - before;
      rig.world.relay.faults.repeatQuotes(false);
      await waitFor(() => rig.control.ingest.state().frames.quotes_repeated === asked, { what: 'a repeat of each' });
      for (const id of ids) expect(rig.world.relay.answers().filter(({ quoteId }) => quoteId === id)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test(
    'sends garbage: dead letters, and business goes on',
    async () => {
      rig.world.relay.faults.garbage();
      await rig.answered();
      const { bad } = rig.control.ingest.state().frames;
      expect(bad).toBeGreaterThan(5);
      expect((await journalled()).filter(({ kind }) => kind === 'dead_letter')).toHaveLength(bad);
      expect(rig.control.executor.state().arm.armed).toBe(true);
    },
    LIMIT_MS,
  );
});

describe('the price', () => {
  test(
    'Kraken goes: CoinGecko takes its place and the decision says so; Kraken comes back',
    async () => {
      rig.world.kraken.faults.refuse(true);
      rig.world.kraken.faults.drop();
      await waitFor(() => rig.control.reference.state().notes.includes('fallback_in_use'), { what: 'the fallback' });
      await rig.answered();
      const used = () => rig.control.strategy.state().latest_price_used;
      expect(used()).toMatchObject({ source: 'coingecko', fallback_used: true });
      rig.world.kraken.faults.refuse(false);
      await waitFor(() => rig.control.reference.state().kraken.connected, { what: 'Kraken', limitMs: 20_000 });
      await waitFor(() => !rig.control.reference.state().notes.includes('fallback_in_use'), {
        what: 'Kraken to count',
      });
      await rig.answered();
      expect(used()).toMatchObject({ source: 'kraken', fallback_used: false });
    },
    LIMIT_MS,
  );

  test(
    'the market falls, CoinGecko lags, Kraken drops: nothing is answered on the price that was just found wrong',
    async () => {
      rig.world.setPrice(370_000n);
      rig.world.coingecko.setPrice(COINGECKO_IDS.btc, '38900', 20_000);
      await rig.until('price_diverged');
      const answers = rig.world.relay.answers().length;
      rig.world.kraken.faults.refuse(true);
      rig.world.kraken.faults.drop();
      await waitFor(() => !rig.control.reference.state().kraken.connected, { what: 'the loss' });
      await rig.until('price_diverged');
      await waitFor(() => rig.control.reference.state().source === 'coingecko', {
        what: "Kraken's price to be too old",
      });
      await rig.until('price_diverged');
      expect(rig.world.relay.answers()).toHaveLength(answers);
      expect(rig.reasons()).toContain('reference.price_diverged');
      rig.world.kraken.faults.refuse(false);
      rig.world.setPrice(389_000n);
      await rig.ready();
      await rig.answered();
    },
    LIMIT_MS,
  );

  test(
    'the reference is paused: no price to answer on, from either source, until it is resumed',
    async () => {
      rig.control.reference.pause('test');
      await rig.until('reference_paused');
      expect(rig.control.state()).toMatchObject({ trading: false, not_trading: ['reference_paused'] });
      rig.control.reference.resume('test');
      await rig.ready();
      await rig.answered();
    },
    LIMIT_MS,
  );

  test(
    'both sources stale: every decision is blocked and the part is unhealthy, until one is fresh',
    async () => {
      rig.world.kraken.faults.silence(true);
      // Older than what is known: that one grows old, some 20 s being its age when it was read.
      rig.world.coingecko.setPrice(COINGECKO_IDS.btc, '38900.0', 70_000);
      await rig.until('price_stale');
      expect(rig.control.state()).toMatchObject({ trading: false, not_trading: ['price_stale'] });
      await waitFor(() => rig.reasons().includes('reference.price_stale'), { what: 'the part to say so' });
      rig.world.kraken.faults.silence(false);
      rig.world.coingecko.setPrice(COINGECKO_IDS.btc, '38900.0');
      await rig.ready();
      await rig.answered();
    },
    LIMIT_MS,
  );
});

describe('the verifier', () => {
  test(
    'the node fails: nothing is promised once the balance is stale, and all goes on when it answers',
    async () => {
      rig.world.near.faults.fail('500');
      await rig.until('inventory_stale');
      expect(rig.control.state()).toMatchObject({ trading: false, not_trading: ['inventory_stale'] });
      expect(rig.control.inventory.state().age_ms).toBeGreaterThan(1500);
      await waitFor(() => rig.reasons().includes('inventory.inventory_stale'), { what: 'the part to say so' });
      rig.world.near.faults.fail(null);
      await rig.ready();
      await rig.answered();
      expect(rig.control.executor.state().arm.armed).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    'the salt rotates: lanes change, answers go on and every one of them is good',
    async () => {
      const before = rig.world.relay.counts().refused;
      for (let n = 0; n < 8; n++) await rig.answered();
      const saltOf = (nonce: string) => Buffer.from(nonce, 'base64').subarray(5, 9).toString('hex');
      const salt = rig.world.chain.rotateSalt();
      const lanes = () => rig.control.inventory.state().lanes.filter(({ current }) => current);
      await waitFor(
        async () => {
          await rig.answered();
          return lanes().length === 8 && lanes().every(({ nonce }) => saltOf(nonce) === salt);
        },
        { what: 'every lane to have the new salt', limitMs: 20_000 },
      );
      expect(rig.world.relay.counts().refused).toBe(before);
      expect(rig.control.inventory.state().poll).toMatchObject({ salt, fee_pips: expect.any(Number) });
      expect(rig.events()).toContain('verifier_salt_changed');
    },
    LIMIT_MS,
  );

  test(
    'the salt is invalidated: what stood is uncertain, and new answers are good',
    async () => {
      for (let n = 0; n < 4; n++) await rig.answered();
      const before = results('uncertain');
      rig.world.chain.invalidateSalt(rig.world.chain.state().currentSaltHex);
      await waitFor(() => results('uncertain') >= before + 4, { what: 'open quotes to be uncertain' });
      await waitFor(() => rig.control.inventory.state().lanes.filter(({ current }) => current).length === 8, {
        what: 'new nonces',
      });
      await rig.answered();
    },
    LIMIT_MS,
  );

  test(
    'an outflow that nothing explains disarms the executor, with the reason shown',
    async () => {
      await rig.answered();
      rig.world.chain.withdraw(rig.accountId, BTC.id, 777n);
      await waitFor(() => !rig.control.executor.state().arm.armed, { what: 'the executor to disarm' });
      expect(rig.control.executor.state().arm.by).toContain('fell by 777 more than settlements explain');
      expect(rig.control.inventory.state().reconciliation).toMatchObject({
        status: 'breach',
        code: 'balance_loss',
        note: expect.stringContaining('fell by 777'),
      });
      expect(rig.events().filter((event) => event === 'capital_breached')).toHaveLength(1);
      rig.ask('after');
      await waitFor(() => rig.control.executor.state().errors_by_code['executor_disarmed'] === 1, {
        what: 'the refusal',
      });
    },
    LIMIT_MS,
  );

  test(
    'a deposit that was seen on its chain and is not credited cannot be spent',
    async () => {
      const poor = await armed({ world: { balances: { [BTC.id]: 5000n, [EURE.id]: 10n ** 21n } } });
      poor.world.deposit({ chain: 'btc:mainnet', amountUnits: 1_000_000n });
      poor.world.mine('btc:mainnet', 1);
      expect(await poor.control.inventory.refresh()).toBeNull();
      await poor.until('inventory_insufficient', BTC_OUT);
      expect(poor.control.inventory.state().assets[BTC.id]?.spendable).toBe('5000');
      poor.world.mine('btc:mainnet', 6);
      await poor.until('accepted', BTC_OUT);
      expect(Number(poor.control.inventory.state().assets[BTC.id]?.spendable)).toBeGreaterThan(900_000);
      await poor.close();
    },
    LIMIT_MS,
  );

  test(
    'the key is gone at a start: commands are rejected for it, and the part says so',
    async () => {
      const first = await startEngineRig();
      await first.engine.drain(200);
      first.world.chain.removeKey(first.accountId, first.publicKey);
      first.world.mine('near', 3);
      const next = await startEngineOn(first.setting, first.engine.parts.clock);
      const onlyKey = () => next.reasons().join() === 'executor.signer_unauthorized';
      await waitFor(onlyKey, { what: 'the missing key, and nothing else' });
      next.arm();
      expect(next.control.state().not_trading).toEqual(['signer_unauthorized']);
      await next.until('accepted');
      await waitFor(() => errors(next, 'signer_unauthorized') > 0, { what: 'the refusal' });
      expect(next.world.relay.answers()).toEqual([]);
      await next.close();
    },
    LIMIT_MS,
  );
});

test(
  'a clean start, and a restart, pass through nothing that is worth a warning',
  async () => {
    const first = await startEngineRig();
    const linesOf = async (rig: RunningEngine) => {
      const kept = keptLog();
      // However slow the machine is, the time for a start is not over.
      const report = createPartReports({
        log: kept.log,
        clock: { elapsedUs: () => 0 },
        starting: startingReasons(rig.control),
      });
      // There is no Kafka here, and a slow disk is worth a warning.
      const { ingest, reference, inventory } = rig.control;
      const isUp = () => {
        report({ ingest: ingest.health(), reference: reference.health(), inventory: inventory.health() });
        return kept.lines.length > 0;
      };
      await waitFor(isUp, { what: 'a line', limitMs: LIMIT_MS / 2 });
      return kept.lines.map((line) => JSON.parse(line)).map(({ level, event, reasons }) => [level, event, reasons]);
    };
    expect(await linesOf(first)).toEqual([['info', 'parts_started', undefined]]);
    await first.engine.drain(200);
    const next = await startEngineOn(first.setting, first.engine.parts.clock);
    expect(await linesOf(next)).toEqual([['info', 'parts_started', undefined]]);
    await next.close();
  },
  LIMIT_MS,
);

test(
  'a drain says what can still be settled, and until when',
  async () => {
    const rig = await armed();
    const quoteId = await rig.answered();
    const attempt = rig.engine.parts.book.liveQuotes().find((quote) => quote.attempt.quoteId === quoteId)?.attempt;
    const drained = await rig.engine.drain(200);
    expect(attempt).toBeDefined();
    expect(drained.settleable).toEqual({ quotes: 1, untilMs: attempt?.deadlineAtMs ?? null });
    await rig.setting.close();
  },
  LIMIT_MS,
);

test(
  'frames that fail before anything is written disarm nobody, turns that break halfway do',
  async () => {
    const faulty = await armed();
    const { pairFilter, observer } = faulty.engine.parts;
    const { passes } = pairFilter;
    const { emit } = observer;
    const broken = (): never => {
      throw new Error('a slip');
    };
    const failed = async (count: number) => {
      for (let left = count; left > 0; left--) {
        const before = observer.counts.faults();
        faulty.ask(`fails-${before}`);
        await waitFor(() => observer.counts.faults() > before, { what: 'the fault' });
      }
    };
    pairFilter.passes = broken;
    await failed(20);
    // The state asks the filter as well.
    pairFilter.passes = passes;
    expect(faulty.control.executor.state().arm.armed).toBe(true);
    expect(faulty.control.ingest.state().reasons).toContain('turns_failing');
    expect(observer.counts.deadLetters.get('turn_failed')).toBe(20);
    await faulty.answered();
    expect(faulty.control.ingest.state()).toMatchObject({ healthy: true, notes: ['turn_failed_lately'] });

    observer.emit = (event) => (event.kind === 'decided' ? broken() : emit(event));
    await failed(2);
    expect(faulty.control.executor.state().arm.armed).toBe(true);
    await failed(1);
    observer.emit = emit;
    expect(faulty.control.executor.state().arm).toMatchObject({
      armed: false,
      by: 'engine: turns_failed: events failed repeatedly in the engine: see turn_faulted in the log',
    });
    expect(faulty.control.executor.state().stopped).toMatchObject({ code: 'turns_failed' });
    await faulty.close();
  },
  LIMIT_MS,
);

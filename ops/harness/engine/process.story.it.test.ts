// The engine's process with a real broker: steered over HTTP, its every record read back and held against the contracts, and
// ended by a drain.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { openProducer } from '../../../contracts/runtime/kafka/producer.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import { faultsOf, goldenPayload } from '../../../engine/bus/render/records.fixture.ts';
import { NO_LOG } from '../../../engine/journal/fixtures.ts';
import { Journal } from '../../../engine/journal/journal.ts';
import { describeWith } from '../../testing/services.ts';
import { waitFor, within } from '../../testing/wait.ts';
import { unusedPort } from './engine.fixture.ts';
import { type EngineProcess, follow, makeTopics, startProcess } from './process.fixture.ts';

const LIMIT_MS = 60_000;

describeWith(['kafka'], 'the engine as a process', ({ kafka }) => {
  let engine: EngineProcess;
  beforeAll(async () => {
    await makeTopics(kafka.brokers);
    engine = await startProcess({ KAFKA_BROKERS: kafka.brokers });
  }, LIMIT_MS);
  afterAll(async () => {
    await engine.call('POST', '/executor/drain').catch(() => null);
    await within(engine.ended, { what: 'the engine to end' });
    await engine.close();
  }, LIMIT_MS);

  test('lets nobody in without its token, but tells how it is', async () => {
    expect((await engine.call('GET', '/state', undefined, 'wrong-token-altogether')).status).toBe(401);
    expect((await engine.call('POST', '/executor/arm', { forever: true, fresh_account: true }, 'no')).status).toBe(401);
    expect((await engine.call('GET', '/livez', undefined, 'no')).status).toBe(200);
  });

  test('is disarmed, and arms the executor of a young journal only when told that the account is fresh', async () => {
    expect((await engine.decided()).decision_reason).toBe('strategy_disarmed');
    expect((await engine.call('POST', '/strategy/arm', { for_minutes: 60 })).status).toBe(200);
    expect((await engine.call('GET', '/healthz')).body).toMatchObject({
      trading: false,
      not_trading: ['executor_disarmed'],
    });
    const young = await engine.call('POST', '/executor/arm', { forever: true });
    expect(young).toMatchObject({ status: 409, body: { type: expect.stringContaining('journal-young') } });
    expect((await engine.decided()).decision_reason).toBe('accepted');
    expect(engine.world.relay.answers()).toEqual([]);
    expect((await engine.call('POST', '/executor/arm', { forever: true, fresh_account: true })).status).toBe(200);
    expect((await engine.call('GET', '/healthz')).body).toMatchObject({ trading: true, not_trading: [] });
    const { arm } = (await engine.call('GET', '/strategy/state')).body;
    expect(Date.parse(arm.until) - Date.parse(arm.since)).toBe(3_600_000);
    await engine.decided();
    await waitFor(() => engine.world.relay.answers().length === 1, { what: 'the first answer' });
  });

  const EFFECTS = [
    ['POST', '/strategy/pause', undefined, 'strategy_paused', 'POST', '/strategy/resume', undefined],
    [
      'PUT',
      '/strategy/limits',
      { max_notional_eur: '1' },
      'notional_above_max',
      'PUT',
      '/strategy/limits',
      { max_notional_eur: '5' },
    ],
    ['POST', '/strategy/disarm', undefined, 'strategy_disarmed', 'POST', '/strategy/arm', { forever: true }],
  ] as const;
  test.each(EFFECTS)(
    '%s %s counts from the next decision on',
    async (method, path, body, reason, undoing, back, undo) => {
      expect((await engine.decided()).decision_reason).toBe('accepted');
      expect((await engine.call(method, path, body)).status).toBe(200);
      expect((await engine.decided()).decision_reason).toBe(reason);
      expect((await engine.call(undoing, back, undo)).status).toBe(200);
      expect((await engine.decided()).decision_reason).toBe('accepted');
    },
  );

  test('a threshold moves the target edge with it, into the amount that is signed', async () => {
    const before = await engine.decided();
    expect((await engine.call('PUT', '/strategy/threshold', { min_edge_pct: '3.5' })).status).toBe(200);
    const after = await engine.decided();
    expect(after.limits).toMatchObject({ min_edge_pct: '3.5000', target_edge_pct: '3.5000' });
    expect(Number(after.gross_edge_pct)).toBeGreaterThanOrEqual(3.5);
    expect(BigInt(after.amount_out)).toBeLessThan(BigInt(before.amount_out));
    expect((await engine.call('PUT', '/strategy/threshold', { min_edge_pct: '2,5' })).status).toBe(400);
    expect((await engine.call('PUT', '/strategy/threshold', { min_edge_pct: '2.0' })).status).toBe(200);
  });

  test('a pause of the executor rejects commands; one of ingest hears nothing', async () => {
    await engine.call('POST', '/executor/pause');
    await engine.decided();
    const errors = async () => (await engine.call('GET', '/executor/state')).body.errors_by_code;
    expect((await errors()).executor_paused).toBe(1);
    await engine.call('POST', '/executor/resume');
    await engine.call('POST', '/ingest/pause');
    const frames = async () => (await engine.call('GET', '/ingest/state')).body.frames;
    const { quotes, received } = await frames();
    engine.ask('not-heard');
    await waitFor(async () => (await frames()).received > received, { what: 'the frame' });
    expect((await frames()).quotes).toBe(quotes);
    await engine.call('POST', '/ingest/resume');
  });

  test('a pair filter lets through what it names, and is set back', async () => {
    const one = { asset_in: EURE.id, asset_out: BTC.id };
    expect(
      (await engine.call('PUT', '/ingest/pair-filter', { enabled: true, pairs: [one] })).body.to ?? one,
    ).toBeDefined();
    const foreign = async () => (await engine.call('GET', '/ingest/state')).body.frames.quotes_of_other_pairs;
    const before = await foreign();
    engine.ask('other-direction');
    const back = { defuse_asset_identifier_in: EURE.id, defuse_asset_identifier_out: BTC.id };
    const passing = await engine.decided({ ...back, exact_amount_in: '4000000000000000000' });
    expect(passing.direction).toBe('EURe->BTC');
    expect(await foreign()).toBe(before + 1);
    expect((await engine.call('POST', '/ingest/pair-filter/reset')).status).toBe(200);
    expect((await engine.decided()).direction).toBe('BTC->EURe');
  });

  test('a refresh asks the sources now, and says when they do not answer', async () => {
    const polls = async () => (await engine.call('GET', '/inventory/state')).body.poll.polls;
    await engine.call('POST', '/inventory/pause');
    const before = await polls();
    expect((await engine.call('POST', '/inventory/refresh')).status).toBe(200);
    expect(await polls()).toBeGreaterThan(before);
    engine.world.near.faults.fail('500');
    expect((await engine.call('POST', '/inventory/refresh')).status).toBe(502);
    engine.world.near.faults.fail(null);
    await engine.call('POST', '/inventory/resume');
    expect((await engine.call('POST', '/reference/refresh')).status).toBe(200);
  });

  test('what Kafka has acknowledged is counted by topic', async () => {
    const published = async () => (await engine.call('GET', '/ingest/state')).body.published;
    const before = (await published())['norm.swap_demand'] ?? 0;
    await engine.decided();
    await waitFor(async () => (await published())['norm.swap_demand'] > before, { what: 'the record to be counted' });
  });

  test('live quotes are withdrawn over HTTP', async () => {
    const pulled = await engine.call('POST', '/executor/pull', { asset: 'BTC' });
    expect(pulled).toMatchObject({ status: 202, body: { to: { under_way: expect.any(Number) } } });
    expect((await engine.call('GET', '/executor/state')).body.pulls).toMatchObject({
      via: 'relay',
      distance_pct: '1.0000',
    });
    expect((await engine.call('POST', '/executor/pull', { asset: 'ETH' })).status).toBe(400);
  });

  test('an amount for a withdrawal is reserved and given back over HTTP', async () => {
    const path = '/inventory/reservations';
    expect((await engine.call('POST', path, {})).status).toBe(400);
    const body = { reservation_id: 'withdrawal-1', asset: BTC.id, amount: '1' };
    await waitFor(async () => (await engine.call('POST', path, body)).status === 200, {
      what: 'the amount to be taken',
    });
    const { reservations, assets } = (await engine.call('GET', '/inventory/state')).body;
    expect(reservations.open).toMatchObject([{ reservation_id: 'withdrawal-1', status: 'taken' }]);
    expect(BigInt(assets[BTC.id].reserved_for_positions)).toBeGreaterThanOrEqual(1n);
    expect(await engine.call('DELETE', path, { reservation_id: 'withdrawal-1' })).toMatchObject({
      status: 202,
      body: { to: { status: 'releasing' } },
    });
    const over = async () => (await engine.call('GET', path)).body.over[0]?.status ?? null;
    expect(await waitFor(over, { what: 'a balance that shows it' })).toBe('released');
  });

  test('an arming without its end is refused', async () => {
    expect((await engine.call('POST', '/executor/arm', { max_trades: 3 })).status).toBe(400);
  });

  test(
    'a drain ends the process in time, the journal is closed, and all of it is on Kafka as the contracts say',
    async () => {
      const settled = await engine.decided();
      await waitFor(() => engine.world.relay.answers().some(({ quoteId }) => quoteId === settled.quote_id), {
        what: 'its answer',
      });
      engine.world.relay.takeNow(settled.quote_id);
      await waitFor(async () => (await engine.call('GET', '/executor/state')).body.results_by_state.settled === 1, {
        what: 'the settlement',
        limitMs: 20_000,
      });
      engine.world.relay.sendRaw('{"broken');
      expect((await engine.call('POST', '/executor/drain')).status).toBe(202);
      expect(await within(engine.ended, { what: 'the end of the process', limitMs: 10_000 })).toBe(0);

      const journal = Journal.open({
        stateDir: engine.stateDir,
        born: () => {
          throw new Error('the journal is gone');
        },
        checkpoint: () => {
          throw new Error('nothing is written here');
        },
        clock: machineClock,
        log: NO_LOG,
        onFailure: (error) => {
          throw error;
        },
      });
      const [last] = await journal.read(journal.lastSeq, 1);
      expect(last?.fact.kind).toBe('closed');
      await journal.abandon();

      const follower = await follow(kafka.brokers, engine.accountId);
      await follower.find(
        'exec.trade_result',
        ({ quote_id, status }) => quote_id === settled.quote_id && status === 'settled',
      );
      await follower.find('dlq.unrip', ({ value }) => value === '{"broken');
      await follower.find('ops.control_action', ({ action }) => action === 'drain');
      await follower.find('cmd.execute_trade', ({ quote_id }) => quote_id === settled.quote_id);
      await follower.find('decision.trade_decision', ({ quote_id }) => quote_id === settled.quote_id);
      await follower.find('raw.near_intents.quote', ({ quote_id }) => quote_id === settled.quote_id);
      await follower.find('norm.swap_demand', ({ quote_id }) => quote_id === settled.quote_id);
      for (const topic of ['ref.market_price', 'state.intent_inventory', 'ops.service_health'] as const) {
        await follower.find(topic, () => true);
      }
      const faults = follower.seen.flatMap(({ topic, record }) =>
        faultsOf({ topic, partition: record.partition, key: null, value: Buffer.from(record.value ?? '').toString() }),
      );
      expect(faults).toEqual([]);
      const ids = follower.seen.map(({ envelope }) => envelope.event_id);
      expect(new Set(ids).size).toBe(ids.length);
      const text = JSON.stringify(follower.seen.map(({ envelope }) => envelope));
      expect(text).not.toContain(engine.key.slice('ed25519:'.length, 40));

      const actions = follower.seen
        .filter(({ topic }) => topic === 'ops.control_action')
        .map(
          ({ envelope: { payload } }) => `${payload.part} ${payload.action} ${payload.outcome} ${payload.http_status}`,
        );
      for (const wanted of [
        'executor arm refused 409',
        'executor arm done 200',
        'strategy pause done 200',
        'strategy limits done 200',
        'strategy threshold done 200',
        'strategy threshold refused 400',
        'ingest pair-filter done 200',
        'inventory refresh refused 502',
        'executor drain done 202',
      ]) {
        expect(actions).toContain(wanted);
      }
      await follower.close();
    },
    LIMIT_MS,
  );
});

describeWith(['kafka'], 'an engine whose broker', ({ kafka }) => {
  test(
    'is away at the start answers all the same, and publishes everything once it is there',
    async () => {
      const port = unusedPort();
      const engine = await startProcess({ KAFKA_BROKERS: `127.0.0.1:${port}` });
      await engine.arm();
      const early = await engine.decided();
      await waitFor(() => engine.world.relay.answers().some(({ quoteId }) => quoteId === early.quote_id), {
        what: 'the answer',
      });
      const proxy = forward(port, kafka.brokers);
      await waitFor(async () => (await engine.call('GET', '/state')).body.bus.watermark > 10, {
        what: 'the outbox to move',
        limitMs: 30_000,
      });
      const follower = await follow(kafka.brokers, engine.accountId);
      await follower.find('decision.trade_decision', ({ quote_id }) => quote_id === early.quote_id);
      await follower.close();
      await engine.call('POST', '/executor/drain');
      expect(await within(engine.ended, { what: 'the end of the process', limitMs: 20_000 })).toBe(0);
      proxy.stop(true);
      await engine.close();
    },
    LIMIT_MS,
  );

  test(
    'brings no word of a writing history-writer blocks decisions under a strict policy',
    async () => {
      const strict = await startProcess({ KAFKA_BROKERS: kafka.brokers, PERSISTENCE_POLICY: 'strict' });
      await strict.call('POST', '/strategy/arm', { forever: true });
      await strict.call('POST', '/executor/arm', { forever: true, fresh_account: true });
      const producer = openProducer({
        brokers: kafka.brokers,
        clientId: 'test',
        onDelivered: () => {},
        onRefused: () => {},
        onTrouble: () => {},
      });
      await producer.connect(LIMIT_MS);
      const say = (writing: boolean): void => {
        const at = new Date().toISOString();
        const payload = {
          ...goldenPayload<OpsServiceHealth>('ops.service_health.v1.json'),
          service: 'history-writer',
          at,
          writing,
          lag_ms: 0,
        };
        const envelope = {
          event_id: crypto.randomUUID(),
          event_type: 'service_health',
          venue: 'near_intents',
          source: 'history-writer',
          schema_version: 1,
          account_id: strict.accountId,
          observed_at: at,
          ingested_at: at,
          payload,
          raw: null,
        };
        const value = new TextEncoder().encode(JSON.stringify(envelope));
        expect(producer.produce('ops.service_health', 0, 'history-writer', value, 1)).toBe('queued');
      };
      const until = async (writing: boolean, reason: string): Promise<void> => {
        await waitFor(
          async () => {
            say(writing);
            return (await strict.decided()).decision_reason === reason;
          },
          { what: reason, limitMs: 30_000 },
        );
      };
      // Unheard of is as bad as not writing.
      expect((await strict.decided()).decision_reason).toBe('history_impaired');
      await until(true, 'accepted');
      await until(false, 'history_impaired');
      expect((await strict.call('GET', '/state')).body.reasons).toContain('history.history_not_written');
      await producer.close();
      await strict.call('POST', '/executor/drain');
      await within(strict.ended, { what: 'the end of the process', limitMs: 20_000 });
      await strict.close();
    },
    LIMIT_MS,
  );
});

/** Listens on the port and hands every connection on to the broker. */
function forward(port: number, brokers: string) {
  const [host = '127.0.0.1', target = '9092'] = brokers.split(':');
  type Half = { peer: Promise<Bun.Socket<undefined>> };
  return Bun.listen<Half>({
    hostname: '127.0.0.1',
    port,
    socket: {
      open(socket) {
        socket.data = {
          peer: Bun.connect<undefined>({
            hostname: host,
            port: Number(target),
            socket: {
              data: (_peer, bytes) => void socket.write(bytes),
              close: () => void socket.end(),
            },
          }),
        };
      },
      data: (socket, bytes) => void socket.data.peer.then((peer) => peer.write(bytes)),
      close: (socket) => void socket.data.peer.then((peer) => peer.end()),
    },
  });
}

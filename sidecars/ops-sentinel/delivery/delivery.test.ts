// Where alerts go, against real servers of a test: what they get, and what becomes of it when they are away, slow or refuse it.

import { afterEach, describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { type Clock, machineClock } from '../../../contracts/runtime/clock.ts';
import { renderEnvelope } from '../../../contracts/runtime/kafka/envelope.ts';
import { RecordRefused } from '../../../contracts/runtime/kafka/record-sender.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import type { Transition } from '../alerts/alert.ts';
import { deliveryHealth } from '../health.ts';
import { sentinelRig } from '../sentinel.fixture.ts';
import { ACCOUNT, recordText } from '../world.fixture.ts';
import { createAlertmanager, postedAlerts } from './alertmanager.ts';
import { createKafkaDelivery } from './kafka.ts';
import { Outbox, UNSENT_MAX } from './outbox.ts';
import { createRepeater, type Delivery, handOver } from './repeater.ts';
import { createWebhook, signatureOf } from './webhook.ts';

const SECRET = 'secret-of-this-test-that-is-long-enough';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function receiver(answer: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  closing.push(() => server.stop(true));
  return `http://127.0.0.1:${server.port}`;
}

type Render = Parameters<typeof createKafkaDelivery>[0]['render'];
const render: Render = ({ topic, eventId, atMs, payload }) =>
  renderEnvelope(
    { topic, eventId, source: 'ops-sentinel', accountId: ACCOUNT, observedAtMs: atMs, ingestedAtMs: atMs },
    payload,
  );

/** Transitions of a sentinel that heard a dead letter. */
function transitions(): readonly Transition[] {
  const rig = sentinelRig();
  rig.hear('dlq.unrip', recordText('dlq.unrip', rig.clock.nowMs()));
  rig.sentinel.known.sight.read(rig.clock.elapsedUs());
  rig.tick();
  return rig.sentinel.outbox.all();
}

function filled(hasWebhook = true): Outbox {
  const outbox = new Outbox([], hasWebhook);
  outbox.add(transitions());
  return outbox;
}

const lines: string[] = [];
const log = {
  error: (event: string) => void lines.push(event),
  warn: (event: string) => void lines.push(event),
  info: (event: string) => void lines.push(event),
};
const signal = new AbortController().signal;

/** Of a machine on which it is that late. */
const at = (nowMs: number): Clock => ({ ...machineClock, nowMs: () => nowMs });
const firstAtMs = (outbox: Outbox): number => outbox.all()[0]?.atMs ?? 0;

describe('the webhook', () => {
  const webhookOf = (url: string, outbox: Outbox, clock = machineClock) =>
    createWebhook({ url, secret: SECRET, outbox, clock, log, render });

  test('gets each record in its order, signed over time and body, once it was taken no more', async () => {
    const got: { id: string; isSigned: boolean; key: string }[] = [];
    const url = receiver(async (request) => {
      const body = await request.text();
      const time = request.headers.get('unrip-time') ?? '';
      const expected = createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex');
      const isSigned =
        request.headers.get('unrip-signature') === expected && Math.abs(Date.now() - Number(time)) < 60_000;
      const id = request.headers.get('unrip-event-id') ?? '';
      got.push({ id, isSigned, key: JSON.parse(body).payload.alert_key });
      return new Response('', { status: 204 });
    });
    const outbox = filled();
    const expected = outbox
      .all()
      .map(({ eventId, payload }) => ({ id: eventId, isSigned: true, key: payload.alert_key }));
    const deliver = webhookOf(url, outbox);
    for (let round = 0; round < expected.length; round++) expect(await deliver(signal)).toMatchObject({ next: 'more' });
    expect(await deliver(signal)).toMatchObject({ next: 'wait' });
    expect(got).toEqual(expected);
    expect(outbox.waitingFor('webhook')).toEqual([]);
    expect(outbox.waitingFor('kafka')).toHaveLength(expected.length);
  });

  test('another body, time or secret has another signature', () => {
    const good = signatureOf(SECRET, '1', '{}');
    expect([
      signatureOf(SECRET, '2', '{}'),
      signatureOf(SECRET, '1', '{} '),
      signatureOf('x', '1', '{}'),
    ]).not.toContain(good);
  });

  test.each([500, 503, 429, 401, 404])('a status of %d keeps the record for later', async (status) => {
    const outbox = filled();
    const deliver = webhookOf(
      receiver(() => new Response('', { status })),
      outbox,
      at(firstAtMs(outbox)),
    );
    for (let round = 0; round < 10; round++) expect(await deliver(signal)).toMatchObject({ next: 'failed' });
    expect(outbox.waitingFor('webhook')).toHaveLength(outbox.all().length);
  });

  test('a receiver that refuses a record for what it is holds up the others no longer than five tries', async () => {
    lines.length = 0;
    const outbox = filled();
    const count = outbox.all().length;
    const deliver = webhookOf(
      receiver(() => new Response('', { status: 400 })),
      outbox,
      at(firstAtMs(outbox)),
    );
    for (let round = 0; round < 4; round++) expect(await deliver(signal)).toMatchObject({ next: 'failed' });
    expect(await deliver(signal)).toEqual({ next: 'more', delivered: 0 });
    expect([outbox.waitingFor('webhook').length, lines]).toEqual([count - 1, ['webhook_given_up']]);
  });

  test('what was not taken within a day is given up, and logged', async () => {
    lines.length = 0;
    const outbox = filled();
    const atMs = firstAtMs(outbox);
    const url = receiver(() => new Response('', { status: 500 }));
    expect(await webhookOf(url, outbox, at(atMs + 86_400_000))(signal)).toMatchObject({ next: 'failed' });
    expect(await webhookOf(url, outbox, at(atMs + 86_400_001))(signal)).toMatchObject({ next: 'more' });
    expect(lines).toEqual(['webhook_given_up']);
  });
});

describe('Alertmanager', () => {
  function raisedRig() {
    const rig = sentinelRig();
    rig.hear('dlq.unrip', recordText('dlq.unrip', rig.clock.nowMs()));
    rig.hear('ops.funding_observation', recordText('ops.funding_observation', rig.clock.nowMs(), { status: 'stuck' }));
    rig.sentinel.known.sight.read(rig.clock.elapsedUs());
    rig.tick();
    const { book } = rig.sentinel;
    return { rig, options: { url: '', repeatMs: 60_000, accountId: ACCOUNT, book, clock: rig.clock } };
  }

  test('is offered what is raised, with labels that stay and an end that lies ahead', () => {
    const { rig, options } = raisedRig();
    const nowMs = rig.clock.nowMs();
    const offered = postedAlerts(options, nowMs);
    const stuck = offered.find(({ labels }) => labels['alertname'] === 'funding_stuck');
    expect(stuck?.labels).toMatchObject({ severity: 'critical', account: ACCOUNT, job: 'unrip' });
    expect(stuck?.labels['subject']).toMatch(/^fund-/);
    expect(stuck?.annotations).toMatchObject({ runbook: 'ops/runbooks/funding_stuck.md', cause: 'condition' });
    expect(Date.parse(stuck?.endsAt ?? '') - nowMs).toBe(180_000);
    expect(Date.parse(stuck?.startsAt ?? '')).toBe(nowMs);
    // Names of labels and annotations as Alertmanager takes them.
    for (const { labels, annotations } of offered)
      for (const name of [...Object.keys(labels), ...Object.keys(annotations)])
        expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
  });

  test('is offered an alert that does not end before it starts, after the clock was set back', () => {
    const { rig, options } = raisedRig();
    const offered = postedAlerts(options, rig.clock.nowMs() - 600_000);
    expect(offered.length).toBeGreaterThan(0);
    for (const { startsAt, endsAt } of offered) expect(endsAt >= startsAt).toBe(true);
  });

  test('that refuses one request gets the others all the same, and counts as failing', async () => {
    const { rig, options } = raisedRig();
    for (let number = 0; number < 100; number++) {
      const payload = { status: 'stuck', funding_observation_id: `deposit-${number}` };
      rig.hear('ops.funding_observation', recordText('ops.funding_observation', rig.clock.nowMs(), payload));
    }
    rig.tick();
    const given: number[] = [];
    const url = receiver(async (request) => {
      given.push(JSON.parse(await request.text()).length);
      return new Response('', { status: given.length === 1 ? 400 : 200 });
    });
    const deliver = createAlertmanager({ ...options, url, clock: at(rig.clock.nowMs()) });
    expect(await deliver(signal)).toMatchObject({ next: 'failed', detail: 'Alertmanager answered 400' });
    expect(given.reduce((sum, count) => sum + count, 0)).toBe(postedAlerts(options, rig.clock.nowMs()).length);
    expect(given.length).toBe(2);
  });

  test('is given the end of what was cleared, for a quarter of an hour', () => {
    const { rig, options } = raisedRig();
    const later = recordText('ops.funding_observation', rig.clock.nowMs(), { status: 'credited', observation_seq: 9 });
    rig.hear('ops.funding_observation', later);
    for (let second = 0; second < 40; second++) {
      rig.clock.advance(1000);
      rig.sentinel.known.sight.read(rig.clock.elapsedUs());
      rig.tick();
    }
    const isStuck = ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
      labels['alertname'] === 'funding_stuck';
    const [ended] = postedAlerts(options, rig.clock.nowMs()).filter(isStuck);
    const clearedAtMs = rig.sentinel.book.cleared().at(-1)?.atMs ?? 0;
    expect(Date.parse(ended?.endsAt ?? '')).toBe(clearedAtMs);
    expect(postedAlerts(options, clearedAtMs + 900_000).some(isStuck)).toBe(true);
    expect(postedAlerts(options, clearedAtMs + 900_001).some(isStuck)).toBe(false);
  });

  test('gets them at its path, in the shape of its API, and again after a failure', async () => {
    const { options } = raisedRig();
    const bodies: unknown[] = [];
    let status = 500;
    const url = receiver(async (request) => {
      if (new URL(request.url).pathname !== '/api/v2/alerts' || request.method !== 'POST')
        return new Response('', { status: 404 });
      bodies.push(await request.json());
      return new Response('', { status });
    });
    const deliver = createAlertmanager({
      ...options,
      url,
      clock: { ...machineClock, nowMs: () => options.clock.nowMs() },
    });
    expect(await deliver(signal)).toMatchObject({ next: 'failed' });
    status = 200;
    expect(await deliver(signal)).toMatchObject({ next: 'wait', ms: 60_000 });
    expect(bodies).toEqual([bodies[0], bodies[0]]);
    expect(bodies[0]).toEqual(postedAlerts(options, options.clock.nowMs()));
  });
});

test('receivers are woken by what is raised or cleared, and by no evaluation that changes nothing', () => {
  let published = 0;
  let woken = 0;
  const receiver = { wake: () => void woken++ };
  const rig = sentinelRig({
    onTick: (isNews) => handOver({ publish: () => void published++, receivers: [receiver, null] }, isNews),
  });
  const second = (): void => {
    rig.clock.advance(1000);
    rig.sentinel.known.sight.read(rig.clock.elapsedUs());
    rig.tick();
  };
  rig.hear('ops.funding_observation', recordText('ops.funding_observation', rig.clock.nowMs(), { status: 'stuck' }));
  second();
  expect([published, woken]).toEqual([1, 1]);
  const changes = rig.sentinel.transitions();
  for (let seconds = 0; seconds < 5; seconds++) second();
  expect(rig.sentinel.transitions()).toEqual(changes);
  expect([published, woken]).toEqual([6, 1]);
});

describe('the repeater', () => {
  test('asks a receiver that fails after growing pauses, whatever news there is, and waits for news when it succeeds', async () => {
    const clock = new ManualClock();
    const results: Delivery[] = [];
    let asked = 0;
    const repeater = createRepeater({
      ...{ name: 'webhook', timers: clock, log, fraction: () => 0 },
      deliver() {
        asked++;
        return Promise.resolve(results.shift() ?? { next: 'wait', ms: 60_000, delivered: 0 });
      },
    });
    const failed: Delivery = { next: 'failed', detail: 'away' };
    results.push(failed, failed, failed, { next: 'more', delivered: 1 });
    repeater.start();
    for (const [pauseMs, count] of [
      [500, 1],
      [1000, 2],
      [2000, 3],
    ] as const) {
      await waitFor(() => asked === count && clock.pending > 0, { what: 'the pause' });
      expect([repeater.failures(), repeater.problem()]).toEqual([count, 'away']);
      for (let news = 0; news < 5; news++) repeater.wake();
      clock.advance(pauseMs - 1);
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(asked).toBe(count);
      clock.advance(1);
    }
    await waitFor(() => asked === 4 && clock.pending > 0, { what: 'the delivery' });
    clock.advance(50);
    await waitFor(() => asked === 5 && clock.pending > 0, { what: 'the next' });
    expect([repeater.failures(), repeater.problem(), repeater.counts()]).toEqual([
      0,
      null,
      { delivered: 1, failed: 3 },
    ]);
    repeater.wake();
    await waitFor(() => asked === 6, { what: 'the news' });
    await repeater.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('Kafka', () => {
  test('gets each record once at a time, under its id; what it refuses is dropped, what is not sent stays', async () => {
    lines.length = 0;
    const outbox = filled(false);
    const all = outbox.all();
    const sent: { key: string; resolve: () => void; reject: (error: Error) => void }[] = [];
    const publish = createKafkaDelivery({
      ...{ outbox, log, render },
      sender: {
        send: (_topic, key, value) =>
          new Promise((resolve, reject) => {
            expect(JSON.parse(value)).toMatchObject({ event_type: 'alert', payload: { alert_key: key } });
            sent.push({ key, resolve: () => resolve({ partition: 0, offset: 1 } as never), reject });
          }),
      },
    });
    publish();
    publish();
    expect(sent.map(({ key }) => key)).toEqual(all.map(({ payload }) => payload.alert_key));
    sent[0]?.resolve();
    sent[1]?.reject(new RecordRefused('too large'));
    sent[2]?.reject(new Error('closed'));
    await waitFor(() => outbox.all().length === all.length - 2, { what: 'the outcomes' });
    expect(lines).toEqual(['alert_not_published']);
    publish();
    expect(sent.length).toBe(all.length + 1);
  });
});

test('the outbox is bounded, drops the oldest and counts them', () => {
  const [first] = transitions();
  if (first === undefined) throw new Error('no transition');
  const outbox = new Outbox([], false);
  outbox.add(Array.from({ length: UNSENT_MAX + 2 }, (_, index) => ({ ...first, eventId: `id-${index}` })));
  expect([outbox.all().length, outbox.dropped(), outbox.all()[0]?.eventId]).toEqual([UNSENT_MAX, 2, 'id-2']);
});

test('what waited for a webhook that is configured no more waits for nobody', () => {
  const kept = filled().all();
  for (const { eventId } of kept) expect(eventId).not.toBe('');
  const half = kept.map((record) => ({ ...record, kafka: false }));
  expect([new Outbox(half, false).all().length, new Outbox(half, true).all().length]).toEqual([0, kept.length]);
});

test('alerts that nobody takes for a minute are a fault, although every receiver looks well', () => {
  const outbox = filled(false);
  const healthAfter = (ms: number) =>
    deliveryHealth({
      ...{ isSenderUp: true, sentinel: { outbox }, nowMs: firstAtMs(outbox) + ms, alertmanager: null, webhook: null },
    });
  expect(healthAfter(60_000)).toMatchObject({ healthy: true });
  expect(healthAfter(60_001)).toMatchObject({ healthy: false, reasons: ['alerts_unsent'] });
});

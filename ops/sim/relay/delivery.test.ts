// Guaranteed delivery of statuses over real sockets: kept while a solver is away, repeated until acknowledged.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { SimChain } from '../chain/chain.ts';
import { realClock } from '../chain/clock.ts';
import { EURE, SOLVER } from '../verifier/fixtures.ts';
import { answerTo, type Client, connect, EXACT_IN, fundedChain } from './fixtures.ts';
import { type RelaySim, startRelaySim } from './server.ts';

let chain: SimChain;
let relay: RelaySim;
const clients: Client[] = [];

async function join(query = ''): Promise<Client> {
  const client = await connect(`${relay.wsUrl}${query}`);
  clients.push(client);
  return client;
}

/** A client of the queue of this name, with its subscription. */
async function watcher(name: string) {
  const client = await join(`?instance_id=${name}`);
  const { result } = await client.call('subscribe', ['quote_status', null, true]);
  return { client, subscription: result as string };
}

let quotes = 0;
/** A quote that is asked, answered and settled. */
async function settle(solver: Client): Promise<void> {
  const request = { ...EXACT_IN, quote_id: `quote-${++quotes}` };
  relay.ask(request, { shape: 'event' });
  await solver.call('quote_response', [answerTo(request, Date.now())]);
  expect(relay.takeNow(request.quote_id)).toMatchObject({ ok: true });
}

beforeEach(() => {
  chain = fundedChain(realClock);
  chain.credit(SOLVER.accountId, EURE, 10n ** 21n);
  chain.mine(3);
  relay = startRelaySim({ chain });
  relay.faults.statusBeforeBlock(true);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await relay.close();
});

test('a status is numbered, and sent again to the next connection until it is acknowledged', async () => {
  const solver = await join();
  const first = await watcher('a');
  await settle(solver);
  const { params } = await first.client.event();
  expect(params).toMatchObject({ subscription: first.subscription, seq: 1, data: { tx_hash: expect.any(String) } });
  expect(relay.keptStatuses()).toBe(1);

  const again = await watcher('a');
  expect((await again.client.event()).params).toMatchObject({ seq: 1, data: params.data });
  expect((await again.client.call('acknowledge', [again.subscription, 1])).result).toBe('OK');
  expect(relay.keptStatuses()).toBe(0);
  const last = await watcher('a');
  await settle(solver);
  expect((await last.client.event()).params).toMatchObject({ seq: 2 });
});

test('what settles while nobody is connected is kept, for each instance that has subscribed once', async () => {
  const solver = await join();
  const { client } = await watcher('a');
  client.close();
  await client.closed;
  await settle(solver);
  expect((await (await watcher('a')).client.event()).params.seq).toBe(1);
  const late = await watcher('b');
  await relay.flushed();
  expect(late.client.unread).toEqual([]);
});

describe('a subscription is refused', () => {
  test.each([
    ['without an instance', '', ['quote_status', null, true], 'instance_id'],
    ['to quotes', '?instance_id=a', ['quote', null, true], 'quote_status only'],
    ['with a filter', '?instance_id=a', ['quote_status', { tokens_in: ['x'] }, true], 'no filter'],
  ])('%s', async (_name, query, params, why) => {
    const client = await join(query);
    expect((await client.call('subscribe', params)).error.message).toContain(why);
  });
});

test('an acknowledgement of another subscription, or of nothing, is refused', async () => {
  const { client, subscription } = await watcher('a');
  expect((await client.call('acknowledge', ['other', 1])).error.message).toBe('unknown subscription');
  expect((await client.call('acknowledge', [subscription, 1])).error.message).toBe('unknown seq');
});

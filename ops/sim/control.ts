// Control of a running world over HTTP on loopback: what `./unrip replay`, the demo and a curious reader drive it with.
// JSON in and out, amounts as decimal text; a refusal is a problem body (RFC 9457) whose `detail` says what is wrong.
// A page in a browser may not use it: whatever carries an Origin is turned away.

import { Elysia, t } from 'elysia';
import { formatScaled, parseScaled } from './kraken/decimal.ts';
import type { DeckStatus } from './tape/deck.ts';
import type { Speed } from './tape/player.ts';
import type { OutsideChain, World } from './world.ts';

export type WorldControl = { readonly url: string; close(): Promise<void> };

/** Parts that can be told to fail, as `POST /faults` names them. */
const FAULTY_PARTS = ['relay', 'near', 'kraken', 'coingecko', 'bridge', 'bitcoin', 'gnosis'] as const;

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const problem = (status: number, detail: string): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: detail.split(':')[0], status, detail }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

/** JSON with bigints as decimal text. */
const json = (value: unknown, status = 200): Response =>
  new Response(
    JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)),
    { status, headers: { 'content-type': 'application/json' } },
  );

/** An act of the world that throws says why: that is the caller's to read. */
function act<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new Refusal(422, error instanceof Error ? error.message : String(error));
  }
}

const tapeOf = (status: DeckStatus) => ({
  state: status.state,
  path: status.path,
  played: status.played,
  total: status.total,
  elapsed_ms: status.elapsedMs,
  tape_ms: status.tapeMs,
  duration_ms: status.durationMs,
  reason: status.reason,
  refused: status.refused,
  first_refusal: status.firstRefusal,
});

function countsOf(world: World) {
  const { asked, sent, answers, accepted, refused, refusals, settled, failedSettlements } = world.relay.counts();
  const failures: Record<string, number> = {};
  for (const { ok, reason } of world.relay.settlements()) {
    if (!ok) failures[reason ?? 'unknown'] = (failures[reason ?? 'unknown'] ?? 0) + 1;
  }
  return {
    asked,
    sent,
    answers,
    accepted,
    refused,
    refusals,
    settled,
    failed_settlements: failedSettlements,
    failures,
  };
}

const clientsOf = ({ relay, kraken }: World) => ({
  relay: relay.clients(),
  relay_subscribers: relay.subscribers(),
  kraken: kraken.clients(),
  kraken_subscribers: kraken.subscribers(),
});

function stateOf(world: World) {
  const { book, system } = world.kraken.market();
  const eur = (priceE1: bigint | undefined) => (priceE1 === undefined ? null : formatScaled(priceE1, 1));
  return {
    account_id: world.accountId,
    urls: world.urls,
    clients: clientsOf(world),
    kraken: { system, bid: eur(book.bids[0]?.priceE1), ask: eur(book.asks[0]?.priceE1) },
    counts: countsOf(world),
    tape: tapeOf(world.tape()),
  };
}

const Units = t.String({ pattern: '^[0-9]{1,39}$' });
const Outside = t.Union([t.Literal('btc:mainnet'), t.Literal('eth:100')]);
const Account = t.Optional(t.String({ minLength: 2 }));

const accountOf = (accountId: string | undefined) => (accountId === undefined ? {} : { accountId });

async function startTape(world: World, path: string, speed: Speed, quoteIds: 'fresh' | 'recorded', isAlone: boolean) {
  if (!isAlone && world.relay.subscribers() === 0) {
    throw new Refusal(409, 'no engine is connected: nobody is subscribed to quotes at the relay');
  }
  const start = await world.play(path, { speed, quoteIds });
  if (!start.ok) throw new Refusal(start.why === 'busy' ? 409 : 422, start.reason);
  const { header, framesBySource } = start.summary;
  return { ...tapeOf(world.tape()), description: header.description, frames: framesBySource };
}

function callFault(world: World, part: (typeof FAULTY_PARTS)[number], name: string, args: readonly unknown[]): unknown {
  const { faults } = world[part];
  const fault: unknown = Object.hasOwn(faults, name) ? Reflect.get(faults, name) : undefined;
  if (typeof fault !== 'function' || name === 'take') {
    const known = Object.keys(faults).filter((each) => each !== 'take');
    throw new Refusal(422, `${part} has no fault ${name}: it has ${known.join(', ')}`);
  }
  return act(() => fault(...args) as unknown);
}

function priceE1Of(text: string, name: string): bigint {
  const read = parseScaled(text, 1);
  if (!read.ok || read.value <= 0n)
    throw new Refusal(422, `${name}: expected EUR with at most one decimal, as "38900.5"`);
  return read.value;
}

function routesOf(world: World) {
  return new Elysia()
    .onRequest(({ request }) => (request.headers.has('origin') ? problem(403, 'not for browsers') : undefined))
    .onError(({ error, code }) => {
      if (error instanceof Refusal) return problem(error.status, error.message);
      if (code === 'NOT_FOUND') return problem(404, 'no such route');
      if (code === 'VALIDATION') {
        const first = error.all[0];
        const where = first !== undefined && 'path' in first ? `${String(first.path)}: ` : '';
        return problem(400, `${where}${first?.summary ?? 'the body has another shape'}`);
      }
      return problem(code === 'PARSE' ? 400 : 500, error instanceof Error ? error.message : String(code));
    })
    .get('/state', () => json(stateOf(world)))
    .get('/counts', () => json(countsOf(world)))
    .get('/answers', ({ query }) => json(world.relay.answers().slice(-query.limit)), {
      query: t.Object({ limit: t.Integer({ minimum: 1, maximum: 10_000, default: 100 }) }),
    })
    .get('/settlements', ({ query }) => json(world.relay.settlements().slice(-query.limit)), {
      query: t.Object({ limit: t.Integer({ minimum: 1, maximum: 10_000, default: 100 }) }),
    })
    .get('/tape', () => json(tapeOf(world.tape())))
    .post(
      '/tape',
      async ({ body }) =>
        json(
          await startTape(world, body.path, body.speed ?? 1, body.quote_ids ?? 'fresh', body.without_engine ?? false),
          202,
        ),
      {
        body: t.Object({
          path: t.String({ minLength: 1 }),
          speed: t.Optional(t.Union([t.Literal('max'), t.Number({ exclusiveMinimum: 0, maximum: 1000 })])),
          quote_ids: t.Optional(t.Union([t.Literal('fresh'), t.Literal('recorded')])),
          /** Plays even when nobody listens. */
          without_engine: t.Optional(t.Boolean()),
        }),
      },
    )
    .delete('/tape', async () => {
      await world.stopTape();
      return json(tapeOf(world.tape()));
    })
    .post(
      '/credit',
      ({ body }) => {
        const { hash } = act(() => world.credit(body.token, BigInt(body.units), body.account_id));
        return json({ tx_hash: hash });
      },
      { body: t.Object({ token: t.String(), units: Units, account_id: Account }) },
    )
    .post(
      '/deposit',
      ({ body }) => {
        const amountUnits = BigInt(body.amount_units);
        const chain: OutsideChain = body.chain;
        const { address, txHash } = act(() => world.deposit({ chain, amountUnits, ...accountOf(body.account_id) }));
        return json({ address, tx_hash: txHash });
      },
      { body: t.Object({ chain: Outside, amount_units: Units, account_id: Account }) },
    )
    .post(
      '/withdraw',
      ({ body }) => {
        const { token: tokenId, address } = body;
        const amountUnits = BigInt(body.amount_units);
        const done = act(() => world.withdraw({ tokenId, amountUnits, address, ...accountOf(body.account_id) }));
        return json({ burn_tx_hash: done.burnTxHash });
      },
      { body: t.Object({ token: t.String(), amount_units: Units, address: t.String(), account_id: Account }) },
    )
    .post(
      '/mine',
      ({ body }) => {
        world.mine(body.chain, body.blocks);
        return json({ mined: body.blocks ?? 1 });
      },
      {
        body: t.Object({
          chain: t.Union([Outside, t.Literal('near')]),
          blocks: t.Optional(t.Integer({ minimum: 1, maximum: 1000 })),
        }),
      },
    )
    .post('/salt/rotate', () => json({ salt: world.chain.rotateSalt() }))
    .post(
      '/salt/invalidate',
      ({ body }) => {
        const { error } = world.chain.invalidateSalt(body.salt);
        if (error !== undefined) throw new Refusal(422, error);
        return json({ salt: world.chain.state().currentSaltHex });
      },
      { body: t.Object({ salt: t.String({ pattern: '^[0-9a-f]{8}$' }) }) },
    )
    .post(
      '/price',
      ({ body }) => {
        const spreadE1 = body.spread_eur === undefined ? undefined : priceE1Of(body.spread_eur, 'spread_eur');
        act(() => world.setPrice(priceE1Of(body.mid_eur, 'mid_eur'), spreadE1));
        return json(stateOf(world).kraken);
      },
      { body: t.Object({ mid_eur: t.String(), spread_eur: t.Optional(t.String()) }) },
    )
    .post(
      '/kraken/system',
      ({ body }) => {
        world.kraken.setSystem(body.system);
        return json(stateOf(world).kraken);
      },
      {
        body: t.Object({
          system: t.Union([
            t.Literal('online'),
            t.Literal('maintenance'),
            t.Literal('cancel_only'),
            t.Literal('post_only'),
          ]),
        }),
      },
    )
    .post('/faults', ({ body }) => json({ result: callFault(world, body.part, body.fault, body.args ?? []) ?? null }), {
      body: t.Object({
        part: t.Union(FAULTY_PARTS.map((part) => t.Literal(part))),
        fault: t.String(),
        args: t.Optional(t.Array(t.Unknown(), { maxItems: 4 })),
      }),
    });
}

/** Serves the control of a world; port 0, the default, takes a free one. */
export function startWorldControl(world: World, port = 0): WorldControl {
  const app = routesOf(world);
  const server = Bun.serve({ hostname: '127.0.0.1', port, fetch: (request) => app.handle(request) });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.stop(true) };
}

// Routes that move the market: the price of both sources, and whether Kraken trades at all.

import { Elysia, t } from 'elysia';
import { parseScaled } from '../kraken/decimal.ts';
import type { World } from '../world.ts';
import { act, json, Refusal } from './answers.ts';
import { stateOf } from './views.ts';

const SystemBody = t.Object({
  system: t.Union([t.Literal('online'), t.Literal('maintenance'), t.Literal('cancel_only'), t.Literal('post_only')]),
});

function priceE1Of(text: string, name: string): bigint {
  const read = parseScaled(text, 1);
  if (!read.ok || read.value <= 0n)
    throw new Refusal(422, `${name}: expected EUR with at most one decimal, as "38900.5"`);
  return read.value;
}

export function marketRoutes(world: World) {
  return new Elysia()
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
      { body: SystemBody },
    );
}

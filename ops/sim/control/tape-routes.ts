// Routes of the tape: which one is played and how far, start, stop.

import { Elysia, t } from 'elysia';
import type { World } from '../world.ts';
import { json, Refusal } from './answers.ts';
import { tapeOf } from './views.ts';

const TapeBody = t.Object({
  path: t.String({ minLength: 1 }),
  speed: t.Optional(t.Union([t.Literal('max'), t.Number({ exclusiveMinimum: 0, maximum: 1000 })])),
  quote_ids: t.Optional(t.Union([t.Literal('fresh'), t.Literal('recorded')])),
  /** Plays even when nobody listens. */
  without_engine: t.Optional(t.Boolean()),
});

async function startTape(world: World, body: typeof TapeBody.static) {
  const { path, speed = 1, quote_ids: quoteIds = 'fresh', without_engine: isAlone = false } = body;
  if (!isAlone && world.relay.subscribers() === 0) {
    throw new Refusal(409, 'no engine is connected: nobody is subscribed to quotes at the relay');
  }
  const start = await world.play(path, { speed, quoteIds });
  if (!start.ok) throw new Refusal(start.why === 'busy' ? 409 : 422, start.reason);
  const { header, framesBySource } = start.summary;
  return { ...tapeOf(world.tape()), description: header.description, frames: framesBySource };
}

export function tapeRoutes(world: World) {
  return new Elysia()
    .get('/tape', () => json(tapeOf(world.tape())))
    .post('/tape', async ({ body }) => json(await startTape(world, body), 202), { body: TapeBody })
    .delete('/tape', async () => {
      await world.stopTape();
      return json(tapeOf(world.tape()));
    });
}

// Routes that read a world and change nothing.

import { Elysia, t } from 'elysia';
import type { World } from '../world.ts';
import { json } from './answers.ts';
import { countsOf, stateOf } from './views.ts';

/** The newest so many. */
const Newest = t.Object({ limit: t.Integer({ minimum: 1, maximum: 10_000, default: 100 }) });

export function stateRoutes(world: World) {
  return new Elysia()
    .get('/state', () => json(stateOf(world)))
    .get('/counts', () => json(countsOf(world)))
    .get('/answers', ({ query }) => json(world.relay.answers().slice(-query.limit)), { query: Newest })
    .get('/settlements', ({ query }) => json(world.relay.settlements().slice(-query.limit)), { query: Newest });
}

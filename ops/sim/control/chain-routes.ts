// Routes that act on a chain itself: blocks of any of them, and the salts of the verifier.

import { Elysia, t } from 'elysia';
import type { World } from '../world.ts';
import { json, Refusal } from './answers.ts';

/** A chain that the bridge watches. */
export const Outside = t.Union([t.Literal('btc:mainnet'), t.Literal('eth:100')]);

const MineBody = t.Object({
  chain: t.Union([Outside, t.Literal('near')]),
  blocks: t.Optional(t.Integer({ minimum: 1, maximum: 1000 })),
});

export function chainRoutes(world: World) {
  return new Elysia()
    .post(
      '/mine',
      ({ body }) => {
        world.mine(body.chain, body.blocks);
        return json({ mined: body.blocks ?? 1 });
      },
      { body: MineBody },
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
    );
}

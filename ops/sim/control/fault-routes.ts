// The route that makes a part of a world fail: any fault that the part offers, by its name.

import { Elysia, t } from 'elysia';
import type { World } from '../world.ts';
import { act, json, Refusal } from './answers.ts';

/** Parts that can be set to fail, as `POST /faults` names them. */
const FAULTY_PARTS = ['relay', 'near', 'kraken', 'coingecko', 'bridge', 'bitcoin', 'gnosis'] as const;

const FaultBody = t.Object({
  part: t.Union(FAULTY_PARTS.map((part) => t.Literal(part))),
  fault: t.String(),
  args: t.Optional(t.Array(t.Unknown(), { maxItems: 4 })),
});

function callFault(world: World, { part, fault: name, args = [] }: typeof FaultBody.static): unknown {
  const { faults } = world[part];
  const fault: unknown = Object.hasOwn(faults, name) ? Reflect.get(faults, name) : undefined;
  if (typeof fault !== 'function' || name === 'take') {
    const known = Object.keys(faults).filter((each) => each !== 'take');
    throw new Refusal(422, `${part} has no fault ${name}: it has ${known.join(', ')}`);
  }
  if (fault.length > 0 && args.length === 0)
    throw new Refusal(422, `${name} takes arguments: send them as "args", for instance [true] to switch it on`);
  return act(() => fault(...args) as unknown);
}

export function faultRoutes(world: World) {
  return new Elysia().post('/faults', ({ body }) => json({ result: callFault(world, body) ?? null }), {
    body: FaultBody,
  });
}

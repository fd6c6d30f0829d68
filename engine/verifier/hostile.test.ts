// Whatever a node answers, in part or as a whole: nothing is thrown, the ledger is given nothing that no node could have meant,
// and the next honest answer is taken.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UNITS_MAX } from '../../contracts/amounts.ts';
import { type Fields, viewBytes } from '../../contracts/runtime/near/node.fixture.ts';
import { nonceOf, type PollWorld, startPoll } from './poll.fixture.ts';

let world: PollWorld;
beforeAll(async () => {
  world = startPoll();
  world.reading.nonces.push(nonceOf(world.salt(), 'aa'));
  world.reading.salts.push(world.salt());
  expect(await world.poll.refresh()).toBeNull();
});
afterAll(() => world.close());

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-1, 0, 1.5, 2 ** 53, 1e300, '', '-5', '1e9', ' 7', '9'.repeat(80), `${UNITS_MAX + 1n}`, null, [], {}),
  fc.jsonValue().map(viewBytes),
  fc.array(fc.integer({ min: -1, max: 256 }), { maxLength: 40 }),
);

/** The value with one place in it, chosen by `at`, replaced. */
function changed(value: unknown, at: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[at % (keys.length + 1)];
  if (key === undefined) return by;
  const inside = changed(Reflect.get(value, key), Math.floor(at / (keys.length + 1)), by);
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? inside : item));
  return { ...value, [key]: inside };
}

test('a reply with any value in any place', async () => {
  const methods = fc.constantFrom('block', 'query', 'status', '');
  await fc.assert(
    fc.asyncProperty(methods, fc.nat(1_000_000), odd, async (method, at, by) => {
      const before = world.observations.length;
      world.node(0).lie((asked, truth) => {
        if (method !== '' && asked.method !== method) return truth;
        return JSON.parse(JSON.stringify(changed(truth, at, by) ?? null)) as Fields;
      });
      const result = await world.again(1000);
      if (result === null) {
        const { block, credited, feePips } = world.newest();
        expect(block.height).toBeLessThanOrEqual(world.chain.blockAt('final').height + 30);
        expect(block.timeMs).toBeLessThanOrEqual(world.clock.nowMs() + 5000);
        for (const units of Object.values(credited)) expect(units >= 0n && units <= UNITS_MAX).toBe(true);
        expect(feePips === null || (feePips >= 0 && Number.isInteger(feePips))).toBe(true);
      } else {
        expect(result).toMatch(/^[a-z0-9_]{1,64}$/);
        expect(world.observations.length).toBe(before);
      }
      world.node(0).lie(null);
      // A height that was a little too high, and plausible, is waited for.
      if ((await world.again(1000)) !== null) expect(await world.again(30_000)).toBeNull();
    }),
    { numRuns: 300 },
  );
});

test('a body of any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 200, max: 599 }), async (bytes, status) => {
      const hasBody = ![204, 205, 304].includes(status);
      world.node(0).lie(() => new Response(hasBody ? bytes : null, { status }));
      expect(await world.again(1000)).not.toBeNull();
      world.node(0).lie(null);
      expect(await world.again(1000)).toBeNull();
    }),
    { numRuns: 100 },
  );
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { unpackBatch } from './batch.fixture.ts';
import type { BatchedRecord } from './batch.ts';
import { HandingOver } from './handing-over.ts';

const OK = 0;
const TOO_LARGE = 10;
const FATAL = -150;
const FULL = -184;
const LARGE = 'x'.repeat(20_000);

/** A client whose room the test sets, and which refuses values that begin with "no". */
function rig({ room = Number.POSITIVE_INFINITY, isLost = false } = {}) {
  const state = { room, isLost, isOpen: true, calls: 0, lost: 0 };
  const taken: string[] = [];
  const refused: string[] = [];
  const codeOf = (value: string): number => {
    if (state.isLost) return FATAL;
    if (taken.length >= state.room) return FULL;
    if (value.startsWith('no')) return TOO_LARGE;
    taken.push(value.slice(0, 10));
    return OK;
  };
  const records: HandingOver = new HandingOver({
    native: {
      produce(_topic, _partition, value) {
        state.calls++;
        return codeOf(Buffer.from(value ?? []).toString());
      },
      produceMany(memory, bytes, passed) {
        state.calls++;
        let count = passed;
        for (const { at, value } of unpackBatch(memory, bytes).slice(passed)) {
          const code = codeOf(`${value}`);
          Buffer.from(memory.buffer).writeInt32LE(code, at);
          if (code === FULL || code === FATAL) break;
          count++;
        }
        return count;
      },
    },
    isOpen: () => state.isOpen,
    onRefused: ({ tag }, code) => void refused.push(`${tag} ${code}`),
    onLost: () => void state.lost++,
  });
  const add = (tag: number, value: string): number => records.add(recordOf(tag), value);
  return { records, add, state, taken, refused };
}

const recordOf = (tag: number): BatchedRecord => ({ topic: 't', partition: 0, key: null, tag, sizeBytes: 0 });

const afterTurn = (): Promise<void> => Promise.resolve();

test('the records of a turn go in one call after it, and are in flight from then on', async () => {
  const { records, add, state, taken } = rig();
  for (let tag = 0; tag < 20; tag++) expect(add(tag, `${tag}`)).toBe(OK);
  expect(state.calls).toBe(0);
  expect([records.count, records.inFlight.count]).toEqual([20, 0]);
  await afterTurn();
  expect(state.calls).toBe(1);
  expect(taken).toHaveLength(20);
  expect([records.count, records.inFlight.count]).toEqual([20, 20]);
});

test('large records, refused ones and a full queue change nothing in the order of those that are taken', async () => {
  const kinds = fc.constantFrom('small', 'large', 'refused', 'turn', 'room');
  await fc.assert(
    fc.asyncProperty(fc.array(kinds, { maxLength: 60 }), fc.nat(10), async (steps, room) => {
      const { records, add, state, taken, refused } = rig({ room });
      const expected: string[] = [];
      const refusals: string[] = [];
      for (const [tag, kind] of steps.entries()) {
        if (kind === 'turn') await afterTurn();
        else if (kind === 'room') state.room += 5;
        else if (kind === 'refused') {
          if (add(tag, `no ${tag}`) === OK) refusals.push(`${tag} ${TOO_LARGE}`);
        } else {
          const value = kind === 'large' ? `${tag} ${LARGE}` : `${tag}`;
          if (add(tag, value) === OK) expected.push(value.slice(0, 10));
        }
      }
      state.room = Number.POSITIVE_INFINITY;
      await afterTurn();
      expect(records.send()).toBe(OK);
      records.stop();
      expect(taken).toEqual(expected);
      expect(refused).toEqual(refusals);
      expect(records.count).toBe(expected.length);
    }),
  );
});

test('nothing more is taken while the client has no room, and what was taken is offered again', async () => {
  const { records, add, state, taken } = rig({ room: 1 });
  expect([add(0, 'a'), add(1, 'b')]).toEqual([OK, OK]);
  await afterTurn();
  expect(add(2, 'c')).toBe(FULL);
  expect(records.count).toBe(2);
  state.room = 3;
  expect(add(3, 'd')).toBe(OK);
  await afterTurn();
  expect(taken).toEqual(['a', 'b', 'd']);
  records.stop();
});

test('a client that will take nothing more is reported, and one that is closed is given nothing', async () => {
  const lost = rig({ isLost: true });
  lost.add(0, 'a');
  await afterTurn();
  expect(lost.state.lost).toBe(1);
  const closed = rig();
  closed.add(0, 'a');
  closed.state.isOpen = false;
  await afterTurn();
  expect(closed.state.calls).toBe(0);
  expect(closed.records.send()).toBe(OK);
});

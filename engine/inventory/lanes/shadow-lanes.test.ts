import { expect, test } from 'bun:test';
import { units } from '../../../contracts/amounts.ts';
import { EURE } from '../../../contracts/assets.ts';
import { type NonceText, nonceText } from '../../../contracts/ids.ts';
import { admissionTo, type LaneRoom } from './lanes.ts';
import { ShadowLanes } from './shadow-lanes.ts';

const NOW = 1_767_225_600_000;
const DEADLINE = NOW + 70_000;
const LIFETIME_MS = 75_000;
const [A, B] = [1, 2].map((n) => nonceText(Buffer.alloc(32, n).toString('base64'))) as [NonceText, NonceText];

/** A lane with live quotes that pay `liveUnits` at most. */
function room(lane: number, nonce: NonceText, ceilingUnits: bigint, liveUnits = 0n): LaneRoom {
  return {
    nonce,
    nonceDeadlineAtMs: NOW + 3_600_000,
    admission: admissionTo(lane, nonce),
    ceilingUnits,
    quoteMaxUnits: null,
    boundUnits: 0n,
    live: { size: liveUnits > 0n ? 1 : 0, largestUnits: liveUnits },
  };
}

function make(freeUnits: bigint, ...first: LaneRoom[]) {
  const book = { rooms: first };
  const lanes = new ShadowLanes(
    {
      laneRooms: (asset) => (asset === EURE.id ? { currents: book.rooms, freeUnits } : null),
      reservedUnder: (nonce) => book.rooms.find((one) => one.nonce === nonce)?.live.largestUnits ?? 0n,
      inventory: () => null,
    },
    LIFETIME_MS,
  );
  const admit = (amount: bigint, deadlineAtMs = DEADLINE, nowMs = NOW): number | null => {
    const admission = lanes.admit(EURE.id, units(amount), deadlineAtMs, nowMs);
    return admission.ok ? admission.lane : null;
  };
  const reserve = (lane: number, nonce: NonceText, amount: bigint, deadlineAtMs = DEADLINE): void =>
    lanes.reserve({ asset: EURE.id, lane, nonce, amountOutUnits: units(amount), deadlineAtMs });
  return { book, lanes, admit, reserve };
}

test('a ceiling may be reached, not exceeded by a unit', () => {
  const { admit } = make(150n, room(0, A, 100n), room(1, B, 50n));
  expect([admit(100n), admit(101n), admit(0n)]).toEqual([0, null, null]);
});

test('a deadline may be as far away as a quote lives, not a millisecond further', () => {
  const { admit } = make(100n, room(0, A, 100n));
  expect([admit(1n, NOW + LIFETIME_MS), admit(1n, NOW + LIFETIME_MS + 1)]).toEqual([0, null]);
});

test('shadow quotes count among the live ones of a lane: the next goes to the lane with fewer', () => {
  const { admit, reserve } = make(150n, room(0, A, 100n), room(1, B, 50n));
  expect(admit(10n)).toBe(0);
  reserve(0, A, 10n);
  expect(admit(10n)).toBe(1);
  reserve(1, B, 10n);
  expect(admit(10n)).toBe(0);
});

test('what is free is what live and shadow quotes leave, of a nonce the greater of both', () => {
  // Live quotes reserve 30 under A; 20 are free beyond them.
  const { admit, reserve, lanes } = make(20n, room(0, A, 100n, 30n));
  reserve(0, A, 30n);
  expect(lanes.reservedUnits(EURE.id)).toBe(0n);
  reserve(0, A, 40n);
  expect(lanes.reservedUnits(EURE.id)).toBe(10n);
  expect([admit(50n), admit(51n)]).toEqual([0, null]);
});

test('the former nonce of a lane keeps what its shadow quotes need from the ceiling of the new one', () => {
  const { book, admit, reserve, lanes } = make(100n, room(0, A, 100n));
  reserve(0, A, 60n);
  book.rooms = [room(0, B, 100n)];
  expect([admit(40n), admit(41n)]).toEqual([0, null]);
  lanes.end(DEADLINE);
  expect(admit(41n)).toBeNull();
  lanes.end(DEADLINE + 1);
  expect([admit(100n), lanes.size]).toEqual([0, 0]);
});

test('of many that are over a bounded number ends in one turn, the rest in those that follow', () => {
  const { reserve, lanes } = make(100n, room(0, A, 100n));
  for (let n = 0; n < 150; n++) reserve(0, A, BigInt(n % 7) + 1n, DEADLINE + (n % 3));
  const sizes: number[] = [];
  while (lanes.size > 0) {
    lanes.end(DEADLINE + 10);
    sizes.push(lanes.size);
  }
  expect(sizes).toEqual([86, 22, 0]);
  expect(lanes.reservedUnits(EURE.id)).toBe(0n);
});

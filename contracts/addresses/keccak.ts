// Keccak-256 as Ethereum uses it: the padding is that of before SHA-3 was fixed, so no SHA-3 function gives it. For a few bytes
// of text a call, never on a hot path. Pure.

const MASK = (1n << 64n) - 1n;
const RATE_BYTES = 136;
const ROUNDS = 24;
const LANES = 25;

/** Round constants from the linear feedback shift register of the definition. */
const CONSTANTS: readonly bigint[] = makeConstants();
/** Where each lane goes in a round, and by how many bits it is rotated on the way. */
const MOVES: readonly { readonly to: number; readonly bits: bigint }[] = makeMoves();

export function keccak256Hex(text: string): string {
  const message = new TextEncoder().encode(text);
  const padded = new Uint8Array((Math.floor(message.length / RATE_BYTES) + 1) * RATE_BYTES);
  padded.set(message);
  padded[message.length] = (padded[message.length] ?? 0) ^ 0x01;
  padded[padded.length - 1] = (padded[padded.length - 1] ?? 0) ^ 0x80;
  const view = new DataView(padded.buffer);
  let state: bigint[] = Array.from({ length: LANES }, () => 0n);
  for (let at = 0; at < padded.length; at += RATE_BYTES) {
    state = state.map((lane, index) =>
      index < RATE_BYTES / 8 ? lane ^ view.getBigUint64(at + index * 8, true) : lane,
    );
    for (const constant of CONSTANTS) state = round(state, constant);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let lane = 0; lane < 4; lane++) digest.setBigUint64(lane * 8, state[lane] ?? 0n, true);
  return new Uint8Array(digest.buffer).toHex();
}

const rotate = (lane: bigint, bits: bigint): bigint => ((lane << bits) | (lane >> (64n - bits))) & MASK;

function round(state: readonly bigint[], constant: bigint): bigint[] {
  const lane = (x: number, y: number): bigint => state[(x % 5) + 5 * (y % 5)] ?? 0n;
  const columns = [0, 1, 2, 3, 4].map((x) => lane(x, 0) ^ lane(x, 1) ^ lane(x, 2) ^ lane(x, 3) ^ lane(x, 4));
  const moved: bigint[] = Array.from({ length: LANES }, () => 0n);
  for (const [index, { to, bits }] of MOVES.entries()) {
    const x = index % 5;
    const mixed = (columns[(x + 4) % 5] ?? 0n) ^ rotate(columns[(x + 1) % 5] ?? 0n, 1n);
    moved[to] = rotate((state[index] ?? 0n) ^ mixed, bits);
  }
  const at = (x: number, y: number): bigint => moved[(x % 5) + 5 * y] ?? 0n;
  return moved.map((value, index) => {
    const [x, y] = [index % 5, Math.floor(index / 5)];
    const next = value ^ (~at(x + 1, y) & MASK & at(x + 2, y));
    return index === 0 ? next ^ constant : next;
  });
}

function makeConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let power = 0; power < 7; power++) {
      if ((register & 1) === 1) constant |= 1n << BigInt((1 << power) - 1);
      register = (register & 0x80) === 0 ? register << 1 : ((register << 1) ^ 0x171) & 0xff;
    }
    return constant;
  });
}

function makeMoves(): { to: number; bits: bigint }[] {
  const bits: number[] = Array.from({ length: LANES }, () => 0);
  let [x, y] = [1, 0];
  for (let step = 0; step < ROUNDS; step++) {
    bits[x + 5 * y] = (((step + 1) * (step + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return bits.map((count, index) => {
    const [column, row] = [index % 5, Math.floor(index / 5)];
    return { to: row + 5 * ((2 * column + 3 * row) % 5), bits: BigInt(count) };
  });
}

// Event ids: UUIDv7 (RFC 9562) whose last hex digit is 0, so that the up to 16 records made of one fact share all but
// that digit. Method: 48 bits of milliseconds, a 12-bit counter that starts at a random place of its lower half and
// grows within a millisecond, then 58 random bits. Ids of one source only grow, also when the clock stops or goes
// back: then the last millisecond is kept, and pushed on when the counter is used up (RFC 9562, 6.2, method 1).
// Pure: time and randomness are passed in. Random bytes are fetched, and spelled, by the block, which makes an id cheap.

const RANDOM_BLOCK_BYTES = 1024;
const COUNTER_MAX = 0xfff;
/** Bytes of the random block that one id takes: two for counter and variant, seven for the tail, a digit each four bits. */
const RANDOM_BYTES_EACH = 9;
const TAIL_AT = 2;
const CLOCK_DIGITS = 3;

/** The version, and the counter behind it. */
const COUNTER_TEXTS = Array.from({ length: COUNTER_MAX + 1 }, (_, value) => (0x7000 | value).toString(16));
/** The two bits of the variant, and two random ones. */
const VARIANTS = ['8', '9', 'a', 'b'];

/** Fills the array with random bytes. */
export type FillRandom = (bytes: Uint8Array) => void;

/** The result gives the next id for a time in milliseconds since the epoch. */
export function createEventIds(fill: FillRandom): (nowMs: number) => string {
  const random = new Uint8Array(RANDOM_BLOCK_BYTES);
  let digits = '';
  let used = RANDOM_BLOCK_BYTES;
  let lastMs = -1;
  let counter = 0;
  let timeText = '';

  return (nowMs) => {
    if (used + RANDOM_BYTES_EACH > RANDOM_BLOCK_BYTES) {
      fill(random);
      digits = random.toHex();
      used = 0;
    }
    const seed = ((random[used] as number) << 8) | (random[used + 1] as number);
    const clockAt = 2 * (used + TAIL_AT);
    const nodeAt = clockAt + CLOCK_DIGITS;
    used += RANDOM_BYTES_EACH;
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = seed & 0x7ff;
      timeText = timeTextOf(nowMs);
    } else if (counter < COUNTER_MAX) {
      counter++;
    } else {
      lastMs++;
      counter = seed & 0x7ff;
      timeText = timeTextOf(lastMs);
    }
    const clockSequence = `${VARIANTS[seed >>> 14]}${digits.slice(clockAt, nodeAt)}`;
    return `${timeText}-${COUNTER_TEXTS[counter]}-${clockSequence}-${digits.slice(nodeAt, 2 * used)}0`;
  };
}

/** The id of the record in `slot` (0 to 15) of the fact whose `eventId` is `base`. */
export function eventIdAt(base: string, slot: number): string {
  return slot === 0 ? base : base.slice(0, -1) + slot.toString(16);
}

function timeTextOf(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

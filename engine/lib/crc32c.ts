// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 appendix B.4): guards the records of the journal.
// Method: slicing by eight, that is eight table look-ups for eight bytes a step, so that a kilobyte costs about a
// microsecond. Pure; the tables are made once at load (8 KiB).

const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

const TABLES = makeTables();
const [T0, T1, T2, T3, T4, T5, T6, T7] = Array.from({ length: SLICES }, (_, slice) =>
  TABLES.subarray(slice * 256, (slice + 1) * 256),
) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

/** Checksum of `bytes[start, end)` as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  for (const last = end - SLICES; at <= last; at += SLICES) {
    crc ^= byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
    crc =
      look(T7, crc & 0xff) ^
      look(T6, (crc >>> 8) & 0xff) ^
      look(T5, (crc >>> 16) & 0xff) ^
      look(T4, crc >>> 24) ^
      look(T3, byte(bytes, at + 4)) ^
      look(T2, byte(bytes, at + 5)) ^
      look(T1, byte(bytes, at + 6)) ^
      look(T0, byte(bytes, at + 7));
  }
  for (; at < end; at++) crc = look(T0, (crc ^ byte(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

// Every index stays inside its array, so that neither read can be missing.
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function look(table: Int32Array, index: number): number {
  return table[index] as number;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[value] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const previous = look(tables, at - 256);
    tables[at] = look(tables, previous & 0xff) ^ (previous >>> 8);
  }
  return tables;
}

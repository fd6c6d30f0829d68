// Which partition a key belongs to: murmur2 as in Kafka's own Java client, so that any other client that keys its records
// the default way puts them where we do. Pure; held against vectors of other implementations.

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

const encoder = new TextEncoder();

/** 32-bit murmur2 of `bytes`, as a signed integer like Java's. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = SEED ^ length;
  const wholeLength = length & ~3;
  for (let at = 0; at < wholeLength; at += 4) {
    let word =
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    word = Math.imul(word, M);
    word ^= word >>> R;
    word = Math.imul(word, M);
    hash = Math.imul(hash, M) ^ word;
  }
  const rest = length - wholeLength;
  if (rest >= 3) hash ^= byteAt(bytes, wholeLength + 2) << 16;
  if (rest >= 2) hash ^= byteAt(bytes, wholeLength + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(bytes, wholeLength), M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return (hash ^ (hash >>> 15)) | 0;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Places for keys: the records of a quote have its id one after the other, and the keys of a pair come again and again. */
const PLACES = 8;
/** Longer keys are not kept. */
const KEPT_LENGTH_MAX = 512;
const keptKeys = new Array<string | undefined>(PLACES).fill(undefined);
const keptHashes = new Int32Array(PLACES);

function hashOf(key: string): number {
  const place = (key.length ^ key.charCodeAt(key.length >> 1)) & (PLACES - 1);
  if (keptKeys[place] === key) return keptHashes[place] as number;
  const hash = murmur2(encoder.encode(key)) & 0x7fffffff;
  if (key.length > KEPT_LENGTH_MAX) return hash;
  keptKeys[place] = key;
  keptHashes[place] = hash;
  return hash;
}

/** Partition of `key` in a topic of `count` partitions (an integer from 1). */
export function partitionOf(key: string, count: number): number {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`a topic cannot have ${count} partitions`);
  return hashOf(key) % count;
}

// 64 bits of a quote id, in two halves, under a seed that nobody outside knows: enough to tell a day's ids apart, whoever chose
// them. MurmurHash3 (32 bit) twice, over UTF-16 code units in pairs. Pure.

export type IdSeed = { readonly a: number; readonly b: number };

/** Where an id belongs in a table, and what tells it from others there; the tag is never 0. */
export type IdHash = { readonly position: number; readonly tag: number };

export function hashId(id: string, { a, b }: IdSeed): IdHash {
  return { position: murmur(id, a), tag: murmur(id, b) || 1 };
}

function murmur(text: string, seed: number): number {
  let hash = seed | 0;
  for (let at = 0; at < text.length; at += 2) {
    // Beyond the end of the text there is no code unit: NaN counts as 0.
    let block = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
    block = Math.imul(block, 0xcc9e2d51);
    block = (block << 15) | (block >>> 17);
    hash ^= Math.imul(block, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

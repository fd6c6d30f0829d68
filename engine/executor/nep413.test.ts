// The published payloads of the NEP-413 rule: hash, and signature under the published public key (protocols: test vectors).

import { describe, expect, test } from 'bun:test';
import nacl from 'tweetnacl';
import { decodeBase58, encodeBase58 } from '../lib/base58.ts';
import { createNep413Hasher } from './nep413.ts';

const SOLVER_MESSAGE =
  '{"signer_id":"solver.near","deadline":"2026-01-01T00:01:00.000Z","intents":[{"intent":"token_diff","diff":{"nep141:btc.omft.near":"100000","nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near":"-94750000000000000000"}}]}';

type Vector = {
  readonly name: string;
  readonly message: string;
  readonly nonce: string;
  readonly recipient: string;
  readonly hashHex: string;
  readonly publicKey?: string;
  readonly signature?: string;
};

const VECTORS: readonly Vector[] = [
  {
    name: 'unit test of the verifier',
    message: 'Hello, world!',
    nonce: Buffer.alloc(32).toString('base64'),
    recipient: 'intents.near',
    hashHex: '94648d7168d4a58d1eecd11fc2ecad210ef7cb5efce7a22d15a19e1764031f59',
    publicKey: 'GGmuj19BsuQ4fwgk3rMsWyDuxEPcTttWjtdqFPfLtPX5',
    signature: '5YED3xqeBL4b8bbdvtD27X9DnmtGqHb2sDfHJawpPghHHoYJciRJfjzrEPLRZwVBjjdQdF4RpMTSaPTV6Jc6B9ie',
  },
  {
    name: 'quote_response of the relay documentation',
    message:
      '{"deadline":"2024-10-14T12:53:40.000Z","intents":[{"intent":"token_diff","diff":{"nep141:ft2.near":"-300","nep141:ft1.near":"500"}}],"signer_id":"solver.near"}',
    nonce: 'Vij2xgAlKBKzAEiS6N1S/hcQLaHzX2s1fNKhBDblXT4=',
    recipient: 'intents.near',
    hashHex: '9e21ba6c03e0f7c81d6bd12056ef929055b9fbd064ed4e9d4e0c4c08c11b4e21',
    publicKey: 'C3jXhkGhEx88Gj7XKtUziJKXEBMRaJ67bWFkxJikVxZ2',
    signature: 'WQXG37prMyT4f1vp6JSvamsjqDR5fSnDiinSPaCoq9sPcDgFGPRiMWX7csqqudDbzc8i6wrfpemgpVX2wQDmwww',
  },
  {
    name: 'token_diff of alice',
    message:
      '{"deadline":"2025-05-21T11:30:25.042157Z","intents":[{"intent":"token_diff","diff":{"nep141:usdc.near":"-10","nep141:usdt.near":"10"}}],"signer_id":"alice.near"}',
    nonce: 'Vij2xgAlKBKzgMh0PGuHQRiOD4cMhPLCgZfb8bCmR7s=',
    recipient: 'intents.near',
    hashHex: '8728822cbad8929ca2e283b59a4d4ff8694c59df4a3b2cd46caad5eacb2e9f6c',
    publicKey: 'C3jXhkGhEx88Gj7XKtUziJKXEBMRaJ67bWFkxJikVxZ2',
    signature: '2tKuCpxqtx6YUY6LRkQGeqmAizA8CKhkFtYdsHsAGRjwm4tFcPHHhBRGtuQAAbAkUkwJ6n2UptTP4Mpot1cTvf2u',
  },
  {
    name: 'token_diff of bob',
    message:
      '{"deadline":"2025-05-21T11:30:25.054132Z","intents":[{"intent":"token_diff","diff":{"nep141:usdc.near":"10","nep141:usdt.near":"-10"}}],"signer_id":"bob.near"}',
    nonce: 'Vij2xgAlKBKzgMh0PGuHQRhE5M+mHoAocV57AzeIPuQ=',
    recipient: 'intents.near',
    hashHex: '6ea31ff8fc261439d6abd8252a37871b0103ca39b1172804d8d1f66fc303b05c',
    publicKey: 'C3jXhkGhEx88Gj7XKtUziJKXEBMRaJ67bWFkxJikVxZ2',
    signature: 'gTrJn3CaESvDJ765SDZ7JdkXupeGApjU6t66XpwrCXKM5K7b4VEeZXxL6NSL7i5zJ2Dn1aracg9xubktcPLwHEq',
  },
  {
    name: 'empty intents under a legacy nonce',
    message:
      '{"deadline":"2035-11-03T15:05:57.549Z","intents":[],"signer_id":"226a0eceead177138b56937a05f8bdb19b4091a5cdc4419bdea07b3ea0bd9195"}',
    nonce: 'lsLpUoT0zvHcy1vPAEhdcY7jkUVJv1jYtdfFWkFGyvs=',
    recipient: 'intents.near',
    hashHex: '6762078620ba0a1c9658b73187afb9776a2e0210bae6f49b7c1e0609f2ce68c1',
    publicKey: '3KLfGdhUSYpdYtLvjRXDryT6Za5wEQHvhiJcBN398yjS',
    signature: '5ZwThUnnHDHqqMYE4A5A7jtAkGAyKYe63ZDmvvBysLkRt6YjyQwG1uyhc39VHZYxcmF9S3jsiAMSS9LWzB3FT8NZ',
  },
  {
    name: 'known key, recipient example.near',
    message: 'Hello NEAR!',
    nonce: 'KNV0cOpvJ50D5vfF9pqWom8wo2sliQ4W+Wa7uZ3Uk6Y=',
    recipient: 'example.near',
    hashHex: '036a114cfadb42200dc972aff40b994039571359cbcdd34be9c097d472351038',
  },
  {
    name: 'known key, recipient round-toad.testnet',
    message: 'Hello NEAR!',
    nonce: 'KNV0cOpvJ50D5vfF9pqWom8wo2sliQ4W+Wa7uZ3Uk6Y=',
    recipient: 'round-toad.testnet',
    hashHex: '0198ecdf67dae6002236d212f4446cfc8ca66639f204caeacd5ef6f5c68d17fa',
  },
  {
    name: 'our pair, a full quote',
    message: SOLVER_MESSAGE,
    nonce: 'Vij2xgAlKBKzALCI3m1yhhgAAQIDBAUGBwgJCgsMDQ4=',
    recipient: 'intents.near',
    hashHex: '63f5d6c865fab2f7e334481fb510cd26dafa82c6c85362b1d304786eea739cd4',
    publicKey: '2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy',
    signature: 'vPX27teJuvHBq6wsxUHuJhTfv5DECPryhBNHHYRzGWQTG5qEtUE29jVgiShyebU1K15aNxUhRoSxZ8KuCNYcejB',
  },
];

const bytes = (base58: string): Uint8Array => decodeBase58(base58) ?? new Uint8Array();

describe('published payloads', () => {
  test.each(VECTORS)('$name', ({ message, nonce, recipient, hashHex, publicKey, signature }) => {
    const hash = createNep413Hasher(recipient).hash(message, Buffer.from(nonce, 'base64'));
    expect(Buffer.from(hash).toString('hex')).toBe(hashHex);
    if (publicKey !== undefined && signature !== undefined) {
      expect(nacl.sign.detached.verify(hash, bytes(signature), bytes(publicKey))).toBe(true);
    }
  });

  test('the quote hash of our pair is the base58 of that hash', () => {
    const hash = createNep413Hasher('intents.near').hash(
      SOLVER_MESSAGE,
      Buffer.from('Vij2xgAlKBKzALCI3m1yhhgAAQIDBAUGBwgJCgsMDQ4=', 'base64'),
    );
    expect(encodeBase58(hash)).toBe('7jCnS8VU18m8ZHHtQtGNQ22z7q5oiSC8YWSF8tASWLYj');
  });
});

test('lengths count UTF-8 bytes, and a hasher that is used again forgets the longer message before', () => {
  const hasher = createNep413Hasher('intents.near');
  const nonce = new Uint8Array(32);
  const plain = (message: string): string => {
    const text = Buffer.from(message, 'utf8');
    const length = (n: number) => {
      const four = Buffer.alloc(4);
      four.writeUInt32LE(n);
      return four;
    };
    const recipient = Buffer.from('intents.near');
    return new Bun.CryptoHasher('sha256')
      .update(
        Buffer.concat([
          length(2 ** 31 + 413),
          length(text.length),
          text,
          nonce,
          length(recipient.length),
          recipient,
          Buffer.from([0]),
        ]),
      )
      .digest('hex');
  };
  for (const message of ['x'.repeat(5000), 'ÄÖ€ \u{1F600}', '']) {
    expect(Buffer.from(hasher.hash(message, nonce)).toString('hex')).toBe(plain(message));
  }
});

test('a nonce or a message of the wrong size is a fault, not a wrong hash', () => {
  const hasher = createNep413Hasher('intents.near');
  expect(() => hasher.hash('{}', new Uint8Array(31))).toThrow('31 bytes');
  expect(() => hasher.hash('x'.repeat(9000), new Uint8Array(32))).toThrow('longer than');
  expect(() => hasher.hash('€'.repeat(4000), new Uint8Array(32))).toThrow('longer than');
});

test('the longest message that is hashed is hashed whole', () => {
  const message = 'x'.repeat(8191);
  const nonce = Buffer.alloc(32, 7);
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const recipient = 'intents.near';
  const payload = [number(2_147_484_061), number(8191), message, nonce, number(recipient.length), recipient, '\0'];
  const expected = new Bun.CryptoHasher('sha256');
  for (const part of payload) expected.update(part);
  expect(Buffer.from(createNep413Hasher(recipient).hash(message, nonce)).toString('hex')).toBe(expected.digest('hex'));
  expect(() => createNep413Hasher(recipient).hash(`${message}x`, nonce)).toThrow('longer than');
});

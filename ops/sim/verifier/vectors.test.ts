// Published vectors: hashes, keys, signatures and nonces that other implementations agree on.
import { describe, expect, test } from 'bun:test';
import { executeBatch } from './batch.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import { nep413Preimage, payloadHash, signedBytes } from './hashing.ts';
import { buildNonce, versionedNonce } from './nonce.ts';
import { keyPairOfSeed, sign, verifySignature } from './signature.ts';
import { emptyState, NEW_ACCOUNT } from './state.ts';
import { decodeBase58, encodeBase58 } from './text/base58.ts';
import { decodeBase64Of32 } from './text/base64.ts';
import { parseDeadline } from './text/deadline.ts';
import { nodeOfValue } from './text/json.ts';
import { ed25519KeyText, implicitAccountOf } from './text/public-key.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

function envelopeOf(value: unknown): Envelope {
  const read = readEnvelope(nodeOfValue(value));
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

function nonceOf(text: string): Uint8Array {
  const nonce = decodeBase64Of32(text);
  if (!nonce.ok) throw new Error(nonce.reason);
  return nonce.value;
}

const nep413 = (message: string, nonce: string, publicKey: string, signature: string) => ({
  standard: 'nep413',
  payload: { message, nonce, recipient: 'intents.near' },
  public_key: publicKey,
  signature,
});

const DOCS_KEY = 'ed25519:C3jXhkGhEx88Gj7XKtUziJKXEBMRaJ67bWFkxJikVxZ2';
const RAW_KEY = 'ed25519:8rVvtHWFr8hasdQGGD5WiQBTyr4iH2ruEPPVfj491RPN';

const SIGNED: readonly (readonly [name: string, signed: unknown, hash: string])[] = [
  [
    'greeting with an empty nonce',
    nep413(
      'Hello, world!',
      Buffer.alloc(32).toString('base64'),
      'ed25519:GGmuj19BsuQ4fwgk3rMsWyDuxEPcTttWjtdqFPfLtPX5',
      'ed25519:5YED3xqeBL4b8bbdvtD27X9DnmtGqHb2sDfHJawpPghHHoYJciRJfjzrEPLRZwVBjjdQdF4RpMTSaPTV6Jc6B9ie',
    ),
    'AzGGZxvTRTNbjp9NX6YpgUsLeeZ8oenamuG1cqdgNV44',
  ],
  [
    'token_diff of the message bus guide',
    nep413(
      '{"deadline":"2024-10-14T12:53:40.000Z","intents":[{"intent":"token_diff","diff":{"nep141:ft2.near":"-300","nep141:ft1.near":"500"}}],"signer_id":"solver.near"}',
      'Vij2xgAlKBKzAEiS6N1S/hcQLaHzX2s1fNKhBDblXT4=',
      DOCS_KEY,
      'ed25519:WQXG37prMyT4f1vp6JSvamsjqDR5fSnDiinSPaCoq9sPcDgFGPRiMWX7csqqudDbzc8i6wrfpemgpVX2wQDmwww',
    ),
    'BeHFFMdrGwSefrVUgVccuo2L2yaf2cftcwMn8if43qZa',
  ],
  [
    "alice's half of a trade",
    nep413(
      '{"deadline":"2025-05-21T11:30:25.042157Z","intents":[{"intent":"token_diff","diff":{"nep141:usdc.near":"-10","nep141:usdt.near":"10"}}],"signer_id":"alice.near"}',
      'Vij2xgAlKBKzgMh0PGuHQRiOD4cMhPLCgZfb8bCmR7s=',
      DOCS_KEY,
      'ed25519:2tKuCpxqtx6YUY6LRkQGeqmAizA8CKhkFtYdsHsAGRjwm4tFcPHHhBRGtuQAAbAkUkwJ6n2UptTP4Mpot1cTvf2u',
    ),
    'A6bsBFY7h4UKwALpwGMmQhka93uL65HWbnM5CPqMXD4X',
  ],
  [
    "bob's half of it",
    nep413(
      '{"deadline":"2025-05-21T11:30:25.054132Z","intents":[{"intent":"token_diff","diff":{"nep141:usdc.near":"10","nep141:usdt.near":"-10"}}],"signer_id":"bob.near"}',
      'Vij2xgAlKBKzgMh0PGuHQRhE5M+mHoAocV57AzeIPuQ=',
      DOCS_KEY,
      'ed25519:gTrJn3CaESvDJ765SDZ7JdkXupeGApjU6t66XpwrCXKM5K7b4VEeZXxL6NSL7i5zJ2Dn1aracg9xubktcPLwHEq',
    ),
    '8St7gevsYVVZHvgbRag8VA4iy3yPB39959Z2MFrdDnDH',
  ],
  [
    'empty intents under a legacy nonce',
    nep413(
      '{"deadline":"2035-11-03T15:05:57.549Z","intents":[],"signer_id":"226a0eceead177138b56937a05f8bdb19b4091a5cdc4419bdea07b3ea0bd9195"}',
      'lsLpUoT0zvHcy1vPAEhdcY7jkUVJv1jYtdfFWkFGyvs=',
      'ed25519:3KLfGdhUSYpdYtLvjRXDryT6Za5wEQHvhiJcBN398yjS',
      'ed25519:5ZwThUnnHDHqqMYE4A5A7jtAkGAyKYe63ZDmvvBysLkRt6YjyQwG1uyhc39VHZYxcmF9S3jsiAMSS9LWzB3FT8NZ',
    ),
    '7xZh43PWWZkV2Gp3XLZfz3CviBZUAWRCeG3q4453pdZz',
  ],
  [
    'raw token_diff with the old form of a deadline',
    {
      standard: 'raw_ed25519',
      payload:
        '{"signer_id":"74affa71ab030d400fdfa1bed033dfa6fd3ae34f92d17c046ebe368e80d53751","verifying_contract":"intents.near","deadline":{"timestamp":1732035219},"nonce":"XVoKfmScb3G+XqH9ke/fSlJ/3xO59sNhCxhpG821BH8=","intents":[{"intent":"token_diff","diff":{"nep141:base-0x833589fcd6edb6e08f4c7c32d4f71b54bda02913.omft.near":"-1000","nep141:eth-0xdac17f958d2ee523a2206206994597c13d831ec7.omft.near":"998"}}]}',
      public_key: RAW_KEY,
      signature: 'ed25519:3vtbNQJHZfuV1s5DykzyjkbNLc583hnkrhTz57eDhd966iqzkor6Twgr4Loh2C195SCSEsiGfrd6KcxpjNq9ZbVj',
    },
    '8LKE47o44ybZQR9ozLyDnvMDTh4Ao5ipy2mJWsYByG5Q',
  ],
  [
    'raw empty intents',
    {
      standard: 'raw_ed25519',
      payload:
        '{"signer_id":"74affa71ab030d400fdfa1bed033dfa6fd3ae34f92d17c046ebe368e80d53751","verifying_contract":"intents.near","deadline":"2035-11-03T14:49:44.589Z","nonce":"1TwpgYHWXK29O6zby1R6QPJOY/Nb/S9Bb+dJ8m+Dd2Q=","intents":[]}',
      public_key: RAW_KEY,
      signature: 'ed25519:4N9DSi9Vh6w9Jq1ybkiS2g9fb1P1jM2Uh35huT3qc6PM8yeCQYE1gPTCN9iDQA6vh9NFrqCP1xWpHJET9U7AnJ7x',
    },
    '4RTmrqXBSm2h4ebF5uNR7p7PxmNcf4q5YNnq87AW1tCL',
  ],
  [
    'quote of the pair',
    nep413(
      '{"signer_id":"solver.near","deadline":"2026-01-01T00:01:00.000Z","intents":[{"intent":"token_diff","diff":{"nep141:btc.omft.near":"100000","nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near":"-94750000000000000000"}}]}',
      'Vij2xgAlKBKzALCI3m1yhhgAAQIDBAUGBwgJCgsMDQ4=',
      'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy',
      'ed25519:vPX27teJuvHBq6wsxUHuJhTfv5DECPryhBNHHYRzGWQTG5qEtUE29jVgiShyebU1K15aNxUhRoSxZ8KuCNYcejB',
    ),
    '7jCnS8VU18m8ZHHtQtGNQ22z7q5oiSC8YWSF8tASWLYj',
  ],
];

describe('signed payloads', () => {
  test.each(SIGNED)('%s: hash and signature', (_name, signed, expected) => {
    const envelope = envelopeOf(signed);
    const hash = payloadHash(envelope);
    expect(encodeBase58(hash)).toBe(expected);
    expect(verifySignature(signedBytes(envelope, hash), envelope.signature, envelope.publicKey)).toBe(true);
  });

  test.each(SIGNED)('%s: one flipped bit is no signature', (_name, signed) => {
    const envelope = envelopeOf(signed);
    const signature = Uint8Array.from(envelope.signature);
    signature[7] = (signature[7] ?? 0) ^ 1;
    expect(verifySignature(signedBytes(envelope, payloadHash(envelope)), signature, envelope.publicKey)).toBe(false);
  });

  const nowNs = 1_735_689_600_000_000_000n;
  const empties = SIGNED.filter(([name]) => name.includes('empty intents'));
  test.each(empties)('%s: an implicit account executes it', (_name, signed) => {
    const verdict = executeBatch({ state: emptyState('252812b3'), envelopes: [envelopeOf(signed)], nowNs });
    expect(verdict).toMatchObject({ ok: true, executed: [{}] });
  });

  test("alice and bob's deadlines run past those of their nonces", () => {
    const [alice] = SIGNED.filter(([name]) => name.startsWith('alice'));
    const account = { ...NEW_ACCOUNT, publicKeys: new Set([DOCS_KEY]) };
    const state = { ...emptyState('252812b3'), accounts: new Map([['alice.near', account]]) };
    const envelopes = [envelopeOf(alice?.[1])];
    expect(executeBatch({ state, envelopes, nowNs })).toEqual({ ok: false, error: 'deadline is greater than nonce' });
  });

  test('a deadline as an object is refused', () => {
    const [raw] = SIGNED.filter(([name]) => name.startsWith('raw token_diff'));
    const verdict = executeBatch({ state: emptyState('252812b3'), envelopes: [envelopeOf(raw?.[1])], nowNs });
    expect(verdict).toEqual({ ok: false, error: 'JSON: invalid type: map, expected a string' });
  });
});

describe('NEP-413 preimages', () => {
  const key = {
    nonce: nonceOf('KNV0cOpvJ50D5vfF9pqWom8wo2sliQ4W+Wa7uZ3Uk6Y='),
    seed: bytesOf('70f231b0004cbef38cfeac8fac4517356f38bf9fb395ab2c3b2f74f5210604b3'),
  };
  const hello = { message: 'Hello NEAR!', nonce: key.nonce };

  test.each([
    [
      'example.near',
      undefined,
      '036a114cfadb42200dc972aff40b994039571359cbcdd34be9c097d472351038',
      'NnJgPU1Ql7ccRTITIoOVsIfElmvH1RV7QAT4a9Vh6ShCOnjIzRwxqX54JzoQ/nK02p7VBMI2vJn48rpImIJwAw==',
    ],
    [
      'example.near',
      'http://localhost:3000',
      'ca89aebc4b822cb0618aa785dca563acee228e2631cff9adb7ce44989c5e8874',
      'zzZQ/GwAjrZVrTIFlvmmQbDQHllfzrr8urVWHaRt5cPfcXaCSZo35c5LDpPpTKivR6BxLyb3lcPM0FfCW5lcBQ==',
    ],
  ])('recipient %s, callback %s', (recipient, callbackUrl, hash, signature) => {
    const keyPair = keyPairOfSeed(key.seed);
    const payload = { ...hello, recipient, callbackUrl };
    const empty = new Uint8Array(64);
    const digest = payloadHash({ standard: 'nep413', payload, publicKey: keyPair.publicKey, signature: empty });
    expect(hex(digest)).toBe(hash);
    expect(Buffer.from(sign(digest, keyPair)).toString('base64')).toBe(signature);
    expect(ed25519KeyText(keyPair.publicKey)).toBe('ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy');
  });

  test("the specification's example", () => {
    const nonce = Uint8Array.from({ length: 32 }, (_, index) => index);
    const preimage = nep413Preimage({
      message: 'hi',
      nonce,
      recipient: 'myapp.com',
      callbackUrl: 'myapp.com/callback',
    });
    expect(hex(preimage)).toBe(
      '9d010080020000006869000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f090000006d796170702e636f6d01120000006d796170702e636f6d2f63616c6c6261636b',
    );
  });

  test('lengths count bytes, not characters', () => {
    const preimage = nep413Preimage({
      message: '€',
      nonce: new Uint8Array(32),
      recipient: 'é',
      callbackUrl: undefined,
    });
    expect(hex(preimage)).toBe(`9d01008003000000e282ac${'00'.repeat(32)}02000000c3a900`);
  });
});

describe('nonces', () => {
  const VERSIONED = '5628f6c600252812b300367290575ba41f027015ec13dc11864973138fe6812f';

  test('a versioned nonce from its parts, and back', () => {
    const built = buildNonce('252812b3', 2_280_047_743_000_000_000n, '027015ec13dc11864973138fe6812f');
    expect(hex(built)).toBe(VERSIONED);
    expect(hex(nonceOf('Vij2xgAlKBKzADZykFdbpB8CcBXsE9wRhklzE4/mgS8='))).toBe(VERSIONED);
    expect(versionedNonce(VERSIONED)).toEqual({ saltHex: '252812b3', deadlineNs: 2_280_047_743_000_000_000n });
  });

  test('the deadline is signed, another version is a legacy nonce', () => {
    expect(versionedNonce(`5628f6c600252812b3ffffffffffffffff${'00'.repeat(15)}`)?.deadlineNs).toBe(-1n);
    expect(versionedNonce(`5628f6c601${'00'.repeat(27)}`)).toBeUndefined();
  });
});

test('the implicit account of a key is its bytes', () => {
  expect(implicitAccountOf('ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm')).toBe(
    '423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e',
  );
});

test('base58 of eight bytes', () => {
  const bytes = decodeBase58('he11owor1d', 8);
  expect(bytes.ok && hex(bytes.value)).toBe('04305e2b2473f058');
  expect(encodeBase58(bytesOf('04305e2b2473f058'))).toBe('he11owor1d');
});

test('deadlines to the nanosecond', () => {
  expect(parseDeadline('2026-01-01T00:00:00Z')).toEqual({ ok: true, value: 1_767_225_600_000_000_000n });
  expect(parseDeadline('2026-01-01T01:00:00.000000001+01:00')).toEqual({ ok: true, value: 1_767_225_600_000_000_001n });
});

import { describe, expect, test } from 'bun:test';
import { decodeBase58, encodeBase58 } from '../lib/base58.ts';
import { createNep413Hasher } from './nep413.ts';
import { createSigner, type Signer } from './sign.ts';

/** Published with its signatures (protocols: test vectors); it guards nothing. */
const KNOWN_KEY = 'ed25519:3FyRtUUMxiNT1g2ST6mbj7W1CN7KfQBbomawC7YG4A1zwHmw2TRsn1Wc8NaFcBCoJDu3zt3znJDSwKQ31oRaKXH7';
const KNOWN_PUBLIC = 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy';

function signerOf(text: string): Signer {
  const result = createSigner(text);
  if (!result.ok) throw new Error(result.problem);
  return result.signer;
}

test('signs the published message with the published key to the published signature', () => {
  const hash = createNep413Hasher('example.near').hash(
    'Hello NEAR!',
    Buffer.from('KNV0cOpvJ50D5vfF9pqWom8wo2sliQ4W+Wa7uZ3Uk6Y=', 'base64'),
  );
  const signer = signerOf(KNOWN_KEY);
  expect(signer.publicKey).toBe(KNOWN_PUBLIC);
  expect(Buffer.from(signer.sign(hash)).toString('base64')).toBe(
    'NnJgPU1Ql7ccRTITIoOVsIfElmvH1RV7QAT4a9Vh6ShCOnjIzRwxqX54JzoQ/nK02p7VBMI2vJn48rpImIJwAw==',
  );
});

test('a second published key', () => {
  const signer = signerOf(
    'ed25519:26x56YPzPDro5t2smQfGcYAPy3j7R2jB2NUb7xKbAGK23B6x4WNQPh3twb6oDksFov5X8ts5CtntUNbpQpAKFdbR',
  );
  expect(signer.publicKey).toBe('ed25519:AYWv9RAN1hpSQA4p1DLhCNnpnNXwxhfH9qeHN8B4nJ59');
  const hash = new Bun.CryptoHasher('sha256').update('message').digest();
  expect(encodeBase58(signer.sign(hash))).toBe(
    '26gFr4xth7W9K7HPWAxq3BLsua8oTy378mC1MYFiEXHBBpeBjP8WmJEJo8XTBowetvqbRshcQEtBUdwQcAqDyP8T',
  );
});

test('a NEAR credentials file and white space around the key are taken', () => {
  const file = JSON.stringify({ account_id: 'solver.near', public_key: KNOWN_PUBLIC, private_key: KNOWN_KEY });
  expect(signerOf(file).publicKey).toBe(KNOWN_PUBLIC);
  expect(signerOf(`\n${KNOWN_KEY}\n`).publicKey).toBe(KNOWN_PUBLIC);
});

describe('what is no key is refused without repeating it', () => {
  const otherHalf = () => {
    const bytes = decodeBase58(KNOWN_KEY.slice(8)) ?? new Uint8Array(64);
    bytes[63] = (bytes[63] ?? 0) ^ 1;
    return `ed25519:${encodeBase58(bytes)}`;
  };
  test.each([
    ['empty', ''],
    ['no prefix', KNOWN_KEY.slice(8)],
    ['another curve', `secp256k1:${KNOWN_KEY.slice(8)}`],
    ['a character that is not base58', `${KNOWN_KEY.slice(0, -1)}0`],
    ['seed alone', `ed25519:${encodeBase58(new Uint8Array(32).fill(7))}`],
    ['one byte too many', `ed25519:${encodeBase58(new Uint8Array(65).fill(7))}`],
    ['public half of another seed', otherHalf()],
    ['JSON without a key', '{"account_id":"solver.near"}'],
    [
      'JSON whose public key is another one',
      JSON.stringify({ public_key: 'ed25519:11111111111111111111111111111111', private_key: KNOWN_KEY }),
    ],
    ['JSON with something else as key', '{"private_key":{"a":1}}'],
  ])('%s', (_name, text) => {
    const result = createSigner(text);
    expect(result.ok).toBe(false);
    const problem = result.ok ? '' : result.problem;
    expect(problem.length).toBeGreaterThan(10);
    if (text.length > 20) expect(problem).not.toContain(text.slice(10, 20));
  });
});

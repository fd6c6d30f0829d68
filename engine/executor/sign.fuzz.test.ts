import { expect, test } from 'bun:test';
import { generateKeyPairSync, verify } from 'node:crypto';
import fc from 'fast-check';
import { longRuns } from '../../ops/testing/bounded.ts';
import { mutatedText } from '../../ops/testing/mutated.ts';
import { encodeBase58 } from '../lib/base58.ts';
import { createSigner } from './sign.ts';

const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
const [seed, publicBytes] = [jwk.d, jwk.x].map((text) => Buffer.from(String(text), 'base64url')) as [Buffer, Buffer];
const SECRET = `ed25519:${encodeBase58(Buffer.concat([seed, publicBytes]))}`;
const PUBLIC = `ed25519:${encodeBase58(publicBytes)}`;
const FILES = [SECRET, JSON.stringify({ account_id: 'solver.near', public_key: PUBLIC, private_key: SECRET })];

test('any key file gives the signer of the key that is in it, or a problem that quotes nothing of it', () => {
  expect(FILES.map((file) => createSigner(file).ok)).toEqual([true, true]);
  const hash = new Uint8Array(32);
  fc.assert(
    fc.property(mutatedText(FILES), (text) => {
      const result = createSigner(text);
      if (!result.ok) {
        expect(result.problem).not.toContain(SECRET.slice(8, 20));
        expect(result.problem.length).toBeLessThan(200);
        return;
      }
      // A text that was spoiled still fits together only as the key that it was made of.
      expect(result.signer.publicKey).toBe(PUBLIC);
      const key = { key: { kty: 'OKP', crv: 'Ed25519', x: String(jwk.x) }, format: 'jwk' } as const;
      expect(verify(null, hash, key, result.signer.sign(hash))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a file of the maximum size is refused in little time, whatever it repeats', () => {
  for (const text of longRuns(300_000, ['ed25519:', ''], [''])) expect(createSigner(text).ok).toBe(false);
  for (const text of longRuns(60_000, ['{"private_key":"ed25519:'], ['"}'])) expect(createSigner(text).ok).toBe(false);
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { withoutSecrets } from './redact.ts';

const SECRET = 'the-control-token-of-this-process';

/** Pieces of which texts with and without secrets are made, and with what is nearly one. */
const PIECES = [
  ' ',
  '\n',
  '\u00a0',
  ':',
  '://',
  '.',
  '"',
  'cmd-1f1e0a0c-1111-2222-3333-444455556666',
  'bearer',
  'Basic\t',
  'eyJ',
  'abcdefgh',
  'https://user:hunter2@relay.example/path',
  'postgres://user:hunter2@db/unrip',
  'ed25519:',
  'secp256k1:',
  'z'.repeat(43),
  'z'.repeat(87),
  '0a'.repeat(64),
  SECRET,
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string()), { maxLength: 8 })
  .map((parts) => parts.join(''));

test('no text keeps a secret, wherever it is in it and whatever word is joined to its beginning', () => {
  const forms = [
    [`ed25519:${'w'.repeat(60)}`, 'w'.repeat(20)],
    [`secp256k1:${'y'.repeat(87)}`, 'y'.repeat(20)],
    [`bearer ${'b'.repeat(20)}`, 'b'.repeat(20)],
    [`Basic\u00a0${'b'.repeat(8)}`, 'b'.repeat(8)],
    ['eyJabcdefgh.ijkl.mnop', 'ijkl.mnop'],
    ['wss://user:hunter2@relay.example/ws?key=hunter2', 'hunter2'],
    ['postgresql://user:hunter2@db/unrip?password=hunter2', 'hunter2'],
    [SECRET, SECRET],
  ] as const;
  fc.assert(
    fc.property(
      text,
      fc.constantFrom('', 'x', '_', '7'),
      fc.constantFrom(...forms),
      text,
      (before, word, [form, kept], after) => {
        return !withoutSecrets(`${before} ${word}${form} ${after}`, [SECRET]).includes(kept);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('what is searched for only where it can be is found as if it were searched for everywhere', () => {
  // Behind so long a text with all marks, nothing is left out.
  const marked = ` ${'-'.repeat(100)} ://;eyJ; `;
  fc.assert(
    fc.property(text, (tail) => {
      const shown = withoutSecrets(marked + tail, [SECRET]);
      expect(withoutSecrets(tail, [SECRET])).toBe(shown.slice(withoutSecrets(marked).length));
    }),
    { numRuns: 5_000 },
  );
});

// The signed envelope: which standard, what was signed, by which key, with which signature. Reading it is all or
// nothing for a batch: one envelope that does not read refuses the whole call before anything runs.
//
// Simulated standards: `nep413` and `raw_ed25519`. The contract knows five more; they are refused here by name.
import { decodeBase64Of32 } from './text/base64.ts';
import type { JsonNode } from './text/json.ts';
import { accepted, type Parsed, refused } from './text/parsed.ts';
import { ED25519_SIGNATURE_LENGTH, parseEd25519 } from './text/public-key.ts';
import { type Reader, readOptional, readString, readStruct, readTag, readText } from './text/shape.ts';

export type Nep413Content = {
  readonly message: string;
  readonly nonce: Uint8Array;
  readonly recipient: string;
  readonly callbackUrl: string | undefined;
};

export type Envelope = { readonly publicKey: Uint8Array; readonly signature: Uint8Array } & (
  | { readonly standard: 'nep413'; readonly payload: Nep413Content }
  | { readonly standard: 'raw_ed25519'; readonly payload: string }
);

const STANDARDS = ['nep413', 'erc191', 'tip191', 'raw_ed25519', 'webauthn', 'ton_connect', 'sep53'] as const;

const readNep413Content: Reader<Nep413Content> = (node) => {
  const read = readStruct<Omit<Nep413Content, 'callbackUrl'> & { readonly callbackUrl: string | undefined }>(
    'Nep413Payload',
    {
      message: { read: readString },
      nonce: { read: readText(decodeBase64Of32, 'a base64 encoded string') },
      recipient: { read: readString },
      callbackUrl: { read: readOptional(readString), absent: () => undefined },
    },
  );
  return read(node);
};

const keyAndSignature = {
  public_key: { read: readText((text) => parseEd25519(text, 32)) },
  signature: { read: readText((text) => parseEd25519(text, ED25519_SIGNATURE_LENGTH)) },
};

const readNep413 = readStruct<{ payload: Nep413Content; public_key: Uint8Array; signature: Uint8Array }>(
  'SignedNep413Payload',
  { payload: { read: readNep413Content }, ...keyAndSignature },
);

const readRawEd25519 = readStruct<{ payload: string; public_key: Uint8Array; signature: Uint8Array }>(
  'SignedRawEd25519Payload',
  { payload: { read: readString }, ...keyAndSignature },
);

const readStandard = readTag('standard', 'MultiPayload', STANDARDS, 'named');

export const readEnvelope: Reader<Envelope> = (node) => {
  const tagged = readStandard(node);
  if (!tagged.ok) return tagged;
  const { variant, content } = tagged.value;
  if (variant === 'nep413') {
    const read = readNep413(content);
    if (!read.ok) return read;
    const { payload, public_key: publicKey, signature } = read.value;
    return accepted({ standard: 'nep413', payload, publicKey, signature });
  }
  if (variant === 'raw_ed25519') {
    const read = readRawEd25519(content);
    if (!read.ok) return read;
    const { payload, public_key: publicKey, signature } = read.value;
    return accepted({ standard: 'raw_ed25519', payload, publicKey, signature });
  }
  return refused(`standard \`${variant}\` is not simulated: sign with \`nep413\` or \`raw_ed25519\``);
};

/** All envelopes of a batch, or why the first bad one does not read. */
export function readEnvelopes(nodes: readonly JsonNode[]): Parsed<readonly Envelope[]> {
  const envelopes: Envelope[] = [];
  for (const node of nodes) {
    const read = readEnvelope(node);
    if (!read.ok) return read;
    envelopes.push(read.value);
  }
  return accepted(envelopes);
}

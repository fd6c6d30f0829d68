// The venue's own types and a NEAR library on signed answers as they left the engine: shape of the payload and of the message,
// signature and hash, nonce and deadline. The relay's stand-in has judged them too, by code of this project.

import { createHash } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import type { Rig } from '../harness/rig.ts';
import type { Judge, Scene } from './judge.ts';
import type { Verdict } from './verdict.ts';

const Answers = Type.Array(Type.Object({ text: Type.String(), quoteHash: Type.Union([Type.String(), Type.Null()]) }));

type Validator = { validate(value: unknown): { readonly issues?: readonly { readonly message: string }[] } };
type Payload = { readonly message: string; readonly nonce: string; readonly recipient: string };
type Signed = {
  readonly standard: string;
  readonly payload: Payload;
  readonly public_key: string;
  readonly signature: string;
};
type NearApi = { baseDecode(text: string): Uint8Array; baseEncode(bytes: Uint8Array): string };
type Nep413 = { verifyMessage(of: object): Promise<void> };
type Borsh = { serialize(schema: object, value: object): Uint8Array };
type Types = {
  readonly MultiPayloadValidator: Validator;
  readonly Nep413DefuseMessageFor_DefuseIntentsValidator: Validator;
};

type Libraries = { readonly near: NearApi; readonly nep413: Nep413; readonly types: Types; readonly borsh: Borsh };

/** Added to the length of the tag of NEP-413. */
const NEP413_TAG = 2 ** 31 + 413;
const NONCE_BYTES = 32;
const SIGNATURE_BYTES = 64;
const PAYLOAD_SCHEMA = {
  struct: {
    message: 'string',
    nonce: { array: { type: 'u8', len: NONCE_BYTES } },
    recipient: 'string',
    callbackUrl: { option: 'string' },
  },
};

export const judge: Judge = {
  name: 'answers',
  summary: '@defuse-protocol/contract-types and near-api-js on the signed answers of some real trading',
  async run(scene) {
    const rig = await scene.rig();
    const libraries = await librariesOf(scene);
    const answers = await rig.sim.ask(Answers, '/answers?limit=10000');
    const faults = new Map<string, string>();
    for (const answer of answers) {
      for (const [name, fault] of Object.entries(await faultsOf(answer, rig, libraries)))
        if (fault !== null && !faults.has(name)) faults.set(name, `${fault} in ${answer.text}`);
    }
    const found = answers.length === 0 ? 'there is none' : null;
    const names = ['payload', 'message', 'signature', 'hash', 'nonce', 'encodings'];
    return [
      { name: `${answers.length} answers`, fault: found },
      ...names.map((name): Verdict => ({ name, fault: faults.get(name) ?? null })),
    ];
  },
};

async function librariesOf({ packages }: Scene): Promise<Libraries> {
  return {
    near: (await packages.load('near-api-js')) as unknown as NearApi,
    nep413: (await packages.load('near-api-js/nep413')) as unknown as Nep413,
    types: (await packages.load('@defuse-protocol/contract-types/validate')) as unknown as Types,
    borsh: (await packages.load('borsh')) as unknown as Borsh,
  };
}

type Answer = { readonly text: string; readonly quoteHash: string | null };

async function faultsOf(
  answer: Answer,
  rig: Rig,
  libraries: Libraries,
): Promise<Readonly<Record<string, string | null>>> {
  const { near, nep413, types, borsh } = libraries;
  const signed: Signed = JSON.parse(answer.text).params[0].signed_data;
  const { message, nonce, recipient } = signed.payload;
  const nonceBytes = Uint8Array.from(Buffer.from(nonce, 'base64'));
  const signature = near.baseDecode(signed.signature.replace(/^ed25519:/, ''));
  const issues = (validator: Validator, value: unknown): string | null =>
    validator
      .validate(value)
      .issues?.map((issue) => issue.message)
      .join('; ') ?? null;

  const tag = Buffer.alloc(4);
  tag.writeUInt32LE(NEP413_TAG);
  const bytes = borsh.serialize(PAYLOAD_SCHEMA, { message, nonce: [...nonceBytes], recipient, callbackUrl: null });
  const hash = near.baseEncode(createHash('sha256').update(tag).update(bytes).digest());
  const canonical = [
    Buffer.from(nonceBytes).toString('base64') === nonce,
    `ed25519:${near.baseEncode(signature)}` === signed.signature,
    signature.length === SIGNATURE_BYTES,
    signed.public_key === rig.key.publicKey,
  ];
  return {
    payload: issues(types.MultiPayloadValidator, signed),
    message: issues(types.Nep413DefuseMessageFor_DefuseIntentsValidator, JSON.parse(message)),
    signature: await verifyFault(nep413, {
      signerAccountId: rig.accountId,
      signerPublicKey: signed.public_key,
      payload: { message, nonce: nonceBytes, recipient },
      signature,
      // The contract keeps the keys of the account, not the chain.
      provider: { viewAccessKey: async () => ({ permission: 'FullAccess' }) },
    }),
    hash: answer.quoteHash === hash ? null : `${answer.quoteHash}, ${hash} was expected`,
    nonce: nonceBytes.length === NONCE_BYTES ? null : `${nonceBytes.length} bytes`,
    encodings: canonical.every(Boolean) ? null : 'nonce, signature or key is not written as it would be again',
  };
}

async function verifyFault(nep413: Nep413, of: object): Promise<string | null> {
  try {
    await nep413.verifyMessage(of);
    return null;
  } catch (error) {
    return String(error);
  }
}

// The pieces of the way of a quote that cost most, each with something well known that costs as much as it might at least.

import { generateKeyPairSync, sign } from 'node:crypto';
import { DEFAULT_PAIR } from '../../../contracts/assets.ts';
import { partitionOf } from '../../../contracts/runtime/kafka/partition.ts';
import { createRender } from '../../../engine/bus/render/render.ts';
import { createThrowAwaySigner } from '../../../engine/executor/sign.ts';
import { parseFrame } from '../../../engine/ingest/frame.ts';
import { encodeFact } from '../../../engine/journal/codec.ts';
import { encodeBase58 } from '../../../engine/lib/base58.ts';
import { decide } from '../../../engine/strategy/decide.ts';
import { ACCOUNT, makeSamples, type Sample } from './sample.ts';

/** Does its work on one of the samples; what it gives is used, so that no compiler leaves the work out. */
export type Work = (index: number) => unknown;

export type Piece = {
  readonly name: string;
  readonly what: string;
  readonly run: Work;
  readonly baseline: { readonly name: string; readonly run: Work };
};

/** Many enough that no call meets the input of the call before, few enough for the processor's cache, as in an engine. */
const SAMPLES = 64;
const SIGNATURE_BYTES = 64;
const HASH_BYTES = 32;

export function makePieces(): readonly Piece[] {
  const samples = makeSamples(SAMPLES);
  const at = (index: number): Sample => {
    const sample = samples[index % SAMPLES];
    if (sample === undefined) throw new Error(`there is no sample ${index}`);
    return sample;
  };
  const hashes = randomBytes(HASH_BYTES);
  const signatures = randomBytes(SIGNATURE_BYTES);
  const { privateKey } = generateKeyPairSync('ed25519');
  const nativeSign = (index: number) => sign(null, hashes[index % SAMPLES] ?? EMPTY, privateKey);
  const signer = createThrowAwaySigner();
  const render = createRender(ACCOUNT, partitionOf);
  const plainFacts = samples.map(({ fact }) => plain(fact));
  const plainRecords = samples.map(({ fact }) => render(fact).map(({ value }): unknown => JSON.parse(value)));
  const factors = samples.map(({ fact }) => fact.decision.amountInUnits ?? 1n);
  return [
    {
      name: 'parse',
      what: 'a frame of the relay into a demand',
      run: (index) => parseFrame(at(index).text, index, DEFAULT_PAIR),
      baseline: { name: 'JSON.parse', run: (index) => JSON.parse(at(index).text) },
    },
    {
      name: 'decide',
      what: 'price and gates of a demand',
      run: (index) => decide(at(index).situation),
      baseline: { name: '10 bigint divisions', run: (index) => divisions(factors[index % SAMPLES] ?? 1n) },
    },
    {
      name: 'prepare',
      what: 'message, hash, signature and base58 of an accepted decision',
      run: (index) => at(index).prepare(),
      baseline: { name: 'native ed25519', run: nativeSign },
    },
    {
      name: 'sign',
      what: 'the signature alone',
      run: (index) => signer.sign(hashes[index % SAMPLES] ?? EMPTY),
      baseline: { name: 'native ed25519', run: nativeSign },
    },
    {
      name: 'base58',
      what: 'text of a signature',
      run: (index) => encodeBase58(signatures[index % SAMPLES] ?? EMPTY),
      baseline: { name: 'native base64', run: (index) => (signatures[index % SAMPLES] ?? EMPTY).toBase64() },
    },
    {
      name: 'pack',
      what: 'bytes of the fact of a decision for the journal',
      run: (index) => encodeFact(at(index).fact),
      baseline: { name: 'JSON.stringify', run: (index) => JSON.stringify(plainFacts[index % SAMPLES]) },
    },
    {
      name: 'render',
      what: 'the Kafka records of a decision',
      run: (index) => render(at(index).fact),
      baseline: { name: 'JSON.stringify', run: (index) => JSON.stringify(plainRecords[index % SAMPLES]) },
    },
  ];
}

const EMPTY = new Uint8Array(0);

const randomBytes = (length: number): readonly Uint8Array[] =>
  Array.from({ length: SAMPLES }, () => crypto.getRandomValues(new Uint8Array(length)));

const DIVISIONS = 10;
const SCALE = 10n ** 18n;

function divisions(factor: bigint): bigint {
  let value = SCALE;
  // Rounded down: of the result only the work matters.
  for (let times = 0; times < DIVISIONS; times++) value = (value * SCALE) / factor + SCALE;
  return value;
}

/** The same object as JSON can have it: a bigint is a text. */
function plain(fact: Sample['fact']): unknown {
  return JSON.parse(
    JSON.stringify(fact, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
}

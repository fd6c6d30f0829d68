// Frames of the relay, and ways to spoil them: what fuzz tests begin with.

import type fc from 'fast-check';
import { mutatedText } from '../../ops/testing/mutated.ts';
import { wirePayloads } from '../../ops/testing/wire.ts';

/** By the names of their files. */
export const relayFrames = wirePayloads('relay');

export const anyFrame: fc.Arbitrary<string> = mutatedText([...relayFrames.values()]);

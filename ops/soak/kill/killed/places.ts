// The places at which an engine ends itself: right before or right after the journal takes a record of some kind. What is
// done next (a frame to the relay, a call, a step of the recovery) follows in the same turn.

import { decodeFact } from '../../../../engine/journal/codec.ts';
import type { JournalFiles } from '../../../../engine/journal/files.ts';
import { readFrame } from '../../../../engine/journal/frame.ts';
import type { Fact } from '../../../../engine/model/facts.ts';

const PLACES = {
  /** A quote that is about to be signed for. */
  answer: (fact: Fact) => fact.kind === 'heard' && fact.attempt !== null,
  /** What the verifier shows of a settlement. */
  settlement: (fact: Fact) => fact.kind === 'nonce_used' || fact.kind === 'nonce_resolved',
  /** The first steps of a start. */
  start: (fact: Fact) => fact.kind === 'started' || (fact.kind === 'transition' && fact.recovered),
  pull: (fact: Fact) => fact.kind === 'pull_signed' || fact.kind === 'pull_sent',
  checkpoint: (fact: Fact) => fact.kind.startsWith('checkpoint_'),
} as const satisfies Record<string, (fact: Fact) => boolean>;

export type Place = keyof typeof PLACES;

export type KillAt = {
  readonly place: Place;
  /** At this one of them, from 1. */
  readonly nth: number;
  readonly side: 'before' | 'after';
};

/** Files that end the process at the place. @param end does not return */
export function endingAt(files: JournalFiles, { place, nth, side }: KillAt, end: () => void): JournalFiles {
  let met = 0;
  return {
    ...files,
    write(file, bytes, from) {
      const isHere = from === 0 && isAt(place, bytes) && ++met === nth;
      if (isHere && side === 'before') end();
      const taken = files.write(file, bytes, from);
      if (isHere && side === 'after') end();
      return taken;
    },
  };
}

function isAt(place: Place, bytes: Uint8Array): boolean {
  const frame = readFrame(bytes, 0);
  const fact = frame.ok ? decodeFact(bytes, frame.payloadStart, frame.end) : null;
  return fact !== null && PLACES[place](fact);
}

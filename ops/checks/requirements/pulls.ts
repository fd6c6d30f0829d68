// Withdrawing live quotes.

import type { Requirement } from './requirement.ts';

const STORY = 'ops/harness/engine/pull.story.test.ts';
const PULLED = 'engine/inventory/settlement/pulled.test.ts';
const CONTROL = 'engine/control/control.test.ts';
const PART = 'engine/pull/pulls.test.ts';

export const PULLS: readonly Requirement[] = [
  {
    sentence: 'An operator withdraws every live quote of the engine at once.',
    test: [
      STORY,
      'a pulled quote ends as pulled, its capital is free then, and taking it fails with the reason of the verifier',
    ],
  },
  {
    sentence: 'Quotes are withdrawn over the relay, or as a NEAR transaction.',
    test: [
      STORY,
      'a pulled quote ends as pulled, its capital is free then, and taking it fails with the reason of the verifier',
      'as a NEAR transaction',
    ],
  },
  {
    sentence: 'A price that moves against live quotes by more than the set distance withdraws their lane.',
    test: [STORY, 'a price that moves against live quotes by more than the distance pulls their lane, and no other'],
  },
  {
    sentence:
      'The price at signing survives a restart: what was signed before is still withdrawn by a move of the price.',
    test: [
      STORY,
      'the price at signing is known after a restart: what was signed before is pulled when the price moves',
    ],
  },
  {
    sentence:
      'When the engine stops itself, it withdraws its quotes; a venue that refuses the pull is unhealthy by name.',
    test: [
      STORY,
      'a breach disarms and pulls, a relay that is away is unhealthy by name, and the pull is done once it is back',
    ],
  },
  {
    sentence: 'A pull that was begun is finished by the next run.',
    test: [STORY, 'a pull that a process begins is finished by the next one'],
  },
  {
    sentence: 'Quotes are withdrawn over HTTP while disarmed and while the process drains, and the call is on record.',
    test: [CONTROL, '%p pulls %s, while disarmed and while the process drains, and is on record'],
  },
  {
    sentence: 'A disarm withdraws quotes when it asks for that.',
    test: [CONTROL, 'goes with a disarm that asks for it, and with no other'],
  },
  {
    sentence: 'A pull works while no salt is known.',
    test: [PULLED, 'is pulled while no salt is known: nothing takes its place until one is'],
  },
  {
    sentence: 'The hash of a pull is on disk before the pull is sent.',
    test: [PART, 'is on record and on disk before it is sent'],
  },
  {
    sentence: "A stranger's use of a nonce is known from our own pull.",
    test: [PULLED, 'a payload that is neither a quote nor our pull is a stranger'],
  },
  {
    sentence: 'A pulled quote ends as pulled from every state.',
    test: [PULLED, 'a pulled quote ends as pulled from %s'],
  },
  {
    sentence: 'Capital of a pulled lane stays reserved until the venue confirms.',
    test: [
      PULLED,
      'takes no quote from then on, stays reserved until a final block shows the nonce used, and is free then',
    ],
  },
  {
    sentence: 'A quote that was settled before the pull arrived is settled.',
    test: [STORY, 'a quote that was taken before the pull arrived stays settled'],
  },
  {
    sentence: 'A crash anywhere in a pull ends each quote once.',
    test: [PULLED, 'a crash at any fact ends each quote once, and as it would have ended'],
  },
];

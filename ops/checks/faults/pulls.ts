// Faults in withdrawing live quotes. Rows of faults.ts.

import type { Fault } from './fault.ts';

export const PULLS_FAULTS: readonly Fault[] = [
  {
    sentence: 'An error that ends the process withdraws its quotes before it ends.',
    file: 'ops/harness/engine/pull.story.test.ts',
    test: 'an error that ends the process withdraws its quotes before it ends',
  },
  {
    sentence: 'A NEAR endpoint that hangs delays the pull of no lane but the one that was sent over it.',
    file: 'engine/pull/senders.test.ts',
    test: 'one that hangs holds up its own pull for as long as it may read, and no other, and is left out then',
  },
  {
    sentence:
      'A NEAR endpoint that names a wrong number for the access key spoils no transaction over another endpoint.',
    file: 'engine/pull/senders.test.ts',
    test: 'one that names %s for the access key spoils no pull over the other one',
  },
  {
    sentence:
      'An orderly end waits for a pull also between a send that failed and the next one, and begins none any more.',
    file: 'engine/pull/pulls.test.ts',
    test: 'has to wait for a pull until the venue took it, also between a send that failed and the next one',
  },
  {
    sentence: 'A pull that began while the engine was starting is sent by one run, not by two.',
    file: 'engine/pull/pulls.test.ts',
    test: 'leaves alone what was begun before it took up the earlier ones',
  },
  {
    sentence:
      'The outcome of a pull is what is known of its nonce, and not what an end of one of its quotes looks like.',
    file: 'engine/pull/pulls.test.ts',
    test: 'whose nonce is resolved as %p, with quotes that became %p, is %s',
  },
  {
    sentence: 'A pull that waits for its transaction to be found does not read the whole verifier every second.',
    file: 'engine/pull/pulls.test.ts',
    test: 'has a transaction that was named with the send read at once, and not every second',
  },
  {
    sentence: 'A pull that the journal could not take is shown as not sent, and not as under way.',
    file: 'engine/pull/pulls.test.ts',
    test: 'is not sent when the journal fails, and what was not recorded is not begun',
  },
  {
    sentence: 'A NEAR transaction that another one of the same key overtook is sent at once with another number.',
    file: 'engine/pull/senders.test.ts',
    test: 'one that transactions with later numbers overtake is sent with another number, a bounded number of times',
  },
  {
    sentence:
      'What the relay answers for another intent counts neither as the execution of a pull nor as its transaction.',
    file: 'engine/pull/senders.test.ts',
    test: 'what the relay says of another intent counts for none: it is not taken, and no transaction carried it',
  },
];

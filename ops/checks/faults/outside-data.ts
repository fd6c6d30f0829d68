// Faults of parsers of outside data that spoiled payloads and long texts brought to light.

import type { Fault } from './fault.ts';

export const OUTSIDE_DATA_FAULTS: readonly Fault[] = [
  {
    sentence: 'A request to the control API with a header of many blanks does not keep its thread busy for seconds.',
    file: 'contracts/runtime/control/front/http.fuzz.test.ts',
    test: 'a head of the maximum size takes little time, whatever it repeats',
  },
  {
    sentence: 'A line of many blanks in .env, or of many beginnings of a token in a log, does not hang a process.',
    file: 'contracts/runtime/config/config.fuzz.test.ts',
    test: 'long texts take little time, whatever they repeat',
  },
  {
    sentence: 'A long text in place of a private key is refused at once.',
    file: 'engine/executor/sign.fuzz.test.ts',
    test: 'a file of the maximum size is refused in little time, whatever it repeats',
  },
  {
    sentence: 'A quantity of minus zero in a book has no sign in the digits of its checksum.',
    file: 'engine/reference/kraken/parse.fuzz.test.ts',
    test: 'any frame gives a sound value or a named reason',
  },
  {
    sentence:
      'A file of the outbox position whose checksum was damaged away is not believed as one of an earlier version.',
    file: 'engine/bus/watermark-file.fuzz.test.ts',
    test: 'a spoiled file gives no position, or the one that was kept',
  },
  {
    sentence: 'A record with a huge number of its transition does not fill the memory of ./unrip trace.',
    file: 'ops/trace/story.fuzz.test.ts',
    test: 'a transition that counts far lists few of those before it as missing',
  },
  {
    sentence: 'A record of a tape whose kind is the name of a built-in, or no text, is a fault of the tape.',
    file: 'ops/sim/tape/tape.fuzz.test.ts',
    test: 'any value is the next record of a tape, or has a reason why not',
  },
  {
    sentence: 'A signed payload that is nested ten thousands of levels deep does not end the simulator.',
    file: 'ops/sim/requests.fuzz.test.ts',
    test: 'any line of a batch gets a verdict or a reason',
  },
  {
    sentence: 'A reply of the relay with neither a result nor an error accepts nothing.',
    file: 'engine/ingest/frame.test.ts',
    test: 'with neither a result nor an error (%s) nothing was accepted',
  },
  {
    sentence: 'Errors of Kraken that take turns are one line of the log each, not one a frame.',
    file: 'engine/reference/kraken/troubles.test.ts',
    test: 'errors that take turns are reported once each',
  },
  {
    sentence:
      'A used nonce that the verifier was made to forget, since its salt was invalidated, is not taken for an unused one.',
    file: 'sidecars/liquidity-manager/withdrawals/verifier.test.ts',
    test: 'since its salt was invalidated, long before its time, is not either',
  },
  {
    sentence: 'A withdrawal whose nonce is past its own time is not stuck: an older block proves what became of it.',
    file: 'sidecars/liquidity-manager/withdrawals/verifier.test.ts',
    test: 'is proved unused by an older block',
  },
  {
    sentence: 'Two equal outputs of one transaction over the Omni bridge are two deposits.',
    file: 'sidecars/liquidity-manager/bridges/omni/omni.test.ts',
    test: 'two equal outputs of one transaction are two deposits, whichever of them is asked for',
  },
  {
    sentence: 'An answer of the Omni bridge in a shape that is not known is not taken for one that nothing is known.',
    file: 'sidecars/liquidity-manager/bridges/omni/omni.test.ts',
    test: '%s is no answer that nothing is known',
  },
  {
    sentence: 'Nothing is withdrawn over the Omni bridge while what fails would not come back to the account.',
    file: 'sidecars/liquidity-manager/bridges/omni/omni.test.ts',
    test: 'nothing is withdrawn while what fails would come back to the verifier and not to the account',
  },
  {
    sentence:
      'A withdrawal over the POA bridge is followed although the bridge names another account, or the address of the token.',
    file: 'sidecars/liquidity-manager/bridges/poa/withdrawal-reply.test.ts',
    test: '%s is ours',
  },
  {
    sentence: 'A gateway that times out on logs of many blocks is asked for fewer.',
    file: 'sidecars/liquidity-manager/observers/gnosis/read-answer.test.ts',
    test: 'HTTP status %i with %p is %s',
  },
  {
    sentence: 'What a node answers for another transaction is no answer for the one that was asked for.',
    file: 'contracts/runtime/near/client.test.ts',
    test: 'an answer for the transaction %j is none for the one that was asked for, nor for the one that was sent',
  },
  {
    sentence: 'A deposit that the Omni bridge cannot be asked for does not keep the others from their credit.',
    file: 'sidecars/liquidity-manager/bridges/omni/omni.test.ts',
    test: 'a deposit that cannot be asked for does not keep the others from their credit',
  },
  {
    sentence: 'A transaction that the server of a chain cannot show hides no other deposit, and is asked for again.',
    file: 'sidecars/liquidity-manager/observers/bitcoin.story.test.ts',
    test: 'stays as it was, said and asked for again; what else was read counts',
  },
];

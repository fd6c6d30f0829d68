// Faults in what limits the value that is filled: the circuit breaker, and the ends of an arming.

export const BREAKER_FAULTS = [
  {
    sentence:
      'What was filled within a minute or a day is limited, by nonce and with its value at signing, to the unit.',
    file: 'engine/safety/breaker/breaker.test.ts',
    test: 'when the value filled in a %s reaches its limit, to the unit',
  },
  {
    sentence: 'What was filled within a minute or a day still counts when a block is ahead of our clock.',
    file: 'engine/safety/breaker/rolling-sum.test.ts',
    test: 'has all of the window also when a value is %d ms ahead of the clock',
  },
  {
    sentence: 'A circuit breaker that trips disarms strategy and executor also while reporting is broken.',
    file: 'engine/safety/breaker/breaker.test.ts',
    test: 'it disarms strategy and executor with a code: %s',
  },
  {
    sentence: 'No quote is signed that would lift filled plus open value above a limit of the circuit breaker.',
    file: 'engine/safety/breaker/signing-room.test.ts',
    test: '%s: filled plus open value may reach the limit, not exceed it by a unit',
  },
  {
    sentence:
      'An arming by value ends when a quote that it allows no longer fits: what fits hardly ever fills it to the unit.',
    file: 'engine/scenario/breaker.test.ts',
    test: 'ends an arming by value, also while less is open',
  },
  {
    sentence: 'The limit of a day disarms when a quote that it allows no longer fits beyond what was filled.',
    file: 'engine/scenario/breaker.test.ts',
    test: 'trips for the day, once, and not for the minute, which passes',
  },
  {
    sentence: 'The sums of the circuit breaker survive a restart, also of a version that did not keep them.',
    file: 'engine/scenario/breaker.test.ts',
    test: 'a restart has the same sums, from the journal and from a checkpoint',
  },
  {
    sentence: 'A time of day that is set back does not prolong an arming.',
    file: 'engine/safety/arming.test.ts',
    test: 'a clock that is set back does not prolong it, not even while its timer hangs',
  },
  {
    sentence: 'An arming ends exactly as long after its start as was asked for.',
    file: 'engine/safety/arming.test.ts',
    test: 'lasts exactly as long as asked for, whatever the clock does between two readings',
  },
  {
    sentence: 'What a checkpoint of a version without pulls has open in the circuit breaker ends with its deadline.',
    file: 'engine/safety/breaker/exposure.test.ts',
    test: '%s: what is open ends with its deadline, and is filled when its nonce is used',
  },
  {
    sentence:
      'A checkpoint of a version without circuit breaker loses nothing that was filled and is not attributed yet.',
    file: 'engine/scenario/breaker.test.ts',
    test: 'a checkpoint of a version without circuit breaker has what is filled under a nonce of which nobody knows yet by what',
  },
  {
    sentence:
      'What a quote that a power cut took from the journal paid is counted as filled, by the change of the balances.',
    file: 'engine/scenario/breaker.test.ts',
    test: 'a quote that a power cut took from the journal is filled with what the balances say of it',
  },
];

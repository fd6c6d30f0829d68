// Faults of processes, tools and simulators.

export const PROCESSES_FAULTS = [
  {
    sentence: 'A limit under a misspelt name ends the start, with the name that is meant.',
    file: 'contracts/runtime/config/load.test.ts',
    test: 'a misspelt name is a problem, wherever it is; a name given twice is a warning',
  },
  {
    sentence: 'A time of day that is set back does not silence the health reports.',
    file: 'contracts/runtime/process/health/health.test.ts',
    test: 'a time of day that is set back does not silence the repeats',
  },
  {
    sentence: 'No duration is measured between two readings of the time of day.',
    file: 'ops/checks/wall-clock.test.ts',
    test: 'no duration of the checkout is the difference of two readings of the wall clock',
  },
  {
    sentence: 'A limit is in the decision record, /state, its route, trace and the SQL check.',
    file: 'ops/checks/limits.test.ts',
    test: 'every limit is in the decision record, /state, its route, trace and gates_held.sql',
  },
  {
    sentence: 'An RPC answer of any size, encoding or slowness, or a redirect, ends in bounded time and memory.',
    file: 'contracts/runtime/bounded-fetch.test.ts',
    test: 'a body without end, when it is larger than allowed; the connection is closed',
  },
  {
    sentence: 'JSON from outside is read in bounded depth, size and time, by one reader.',
    file: 'contracts/json.test.ts',
    test: 'any text gives a value or a reason',
  },
  {
    sentence: 'A Kafka client that librdkafka gives up is known by librdkafka’s own flag.',
    file: 'contracts/runtime/kafka/client.test.ts',
    test: 'is lost by librdkafka’s flag, whatever caused it: %s',
  },
  {
    sentence:
      'A state directory that cannot be written, as on a read-only mount, is refused at the start, with the fix.',
    file: 'contracts/runtime/process/state-dir.test.ts',
    test: 'one on a read-only file system is refused with the fix, on a first start and on a later one',
  },
  {
    sentence: 'A part of a sidecar of which nothing can be read costs /state its own section alone.',
    file: 'contracts/runtime/process/sidecar/state.test.ts',
    test: 'while %s cannot be read it is null, and all others are there',
  },
  {
    sentence: 'A disk that hangs ends the check of the doctor, which says so, and not the doctor.',
    file: 'ops/doctor/checks/sync-times.test.ts',
    test: 'a measurement that does not end is left behind within its limit',
  },
];

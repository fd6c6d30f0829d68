// The rows of faults.ts about what an operator reads.

export const OPERATIONS_FAULTS = [
  {
    sentence:
      'Every code that holds back trading or makes a part unhealthy is explained to operators, and no metric is invented.',
    file: 'ops/checks/operations.test.ts',
    test: 'the operations document has a row for every code, and names no metric and no code that does not exist',
  },
  {
    sentence:
      'The message of a damaged journal does not advise to restore an older copy while its quotes could settle.',
    file: 'engine/journal/recovery.test.ts',
    test: 'a broken record that a later one says was durable',
  },
] as const;

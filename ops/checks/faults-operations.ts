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
  {
    sentence:
      'What Kafka lost after it had acknowledged it is reported with the command that sends it again from the journal, and that command brings each record to PostgreSQL once.',
    file: 'ops/harness/republish.story.it.test.ts',
    test: 'is noticed, and a republish brings every record to PostgreSQL once',
  },
  {
    sentence:
      'That records were lost is known after a restart, and the journal keeps them until they have been sent again.',
    file: 'engine/bus/republish.test.ts',
    test: 'makes up for a loss while the journal grows, over a restart, and keeps the lost records until then',
  },
] as const;

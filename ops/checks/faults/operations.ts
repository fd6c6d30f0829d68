// The rows of faults.ts about what an operator reads.

export const OPERATIONS_FAULTS = [
  {
    sentence:
      'As an ordinary user with a read-only root file system and secrets as systemd, Kubernetes or plain files hand them over, engine and history-writer do their work.',
    file: 'ops/rights/rights.it.test.ts',
    test: 'with secrets from %s the engine answers quotes and the history-writer writes them',
  },
  {
    sentence: 'Where what is missing cannot be installed, the start says what to run, and as whom.',
    file: 'ops/rights/rights.it.test.ts',
    test: 'what is not installed cannot be made there, and how to have it made is said',
  },
  {
    sentence:
      'A local stack that root starts runs each server as a user of its own that has no rights beyond its data.',
    file: 'ops/stack/stack.it.test.ts',
    test: 'each server runs as a user of its own that owns its data and has no rights beyond',
  },
  {
    sentence: 'The rights in Kafka that the documents name are enough for every process.',
    file: 'ops/access/access.it.test.ts',
    test: 'the users of the list do their whole work, and nothing of it is refused',
  },
  {
    sentence: 'No process has more rights in Kafka than it needs: the history-writer can give no commands.',
    file: 'ops/access/access.it.test.ts',
    test: 'what is beyond the list is refused',
  },
  {
    sentence: 'A new topic or process cannot be left out of the documented rights.',
    file: 'ops/checks/operations.test.ts',
    test: 'the operations document says who may do what with each topic of the registry',
  },
  {
    sentence:
      'Every code that holds back trading or makes a part unhealthy is explained to operators, and no metric is invented.',
    file: 'ops/checks/operations.test.ts',
    test: 'the operations document has a row for every code, and names no metric and no code that does not exist',
  },
  {
    sentence:
      'A call with a body, as a runbook has it, says that the body is JSON: without that every process refuses it.',
    file: 'ops/checks/runbooks/runbooks.test.ts',
    test: 'no document has a call that is refused because its body has no type',
  },
  {
    sentence: 'A line of the log that a document sends operators to is called so in the log.',
    file: 'ops/checks/operations.test.ts',
    test: 'what documents send operators to in logs and states is called so in the code',
  },
  {
    sentence:
      'The message of a damaged journal does not advise to restore an older copy while its quotes could settle.',
    file: 'engine/journal/segments/recovery.test.ts',
    test: 'a broken record that a later one says was durable',
  },
  {
    sentence:
      'What Kafka lost after it had acknowledged it is reported with the command that sends it again from the journal, and that command brings each record to PostgreSQL once.',
    file: 'ops/harness/engine/republish.story.it.test.ts',
    test: 'is noticed, and a republish brings every record to PostgreSQL once',
  },
  {
    sentence:
      'That records were lost is known after a restart, and the journal keeps them until they have been sent again.',
    file: 'engine/bus/republish/republish.test.ts',
    test: 'makes up for a loss while the journal grows, over a restart, and keeps the lost records until then',
  },
  {
    sentence:
      "Kafka's client of the engine that came to a standstill, as after a broker that was suspended, is replaced, so that records go on to Kafka without a restart.",
    file: 'engine/bus/link/kafka-link.test.ts',
    test: 'a client that holds messages and delivers none is replaced, though it calls itself up, and ever more seldom',
  },
  {
    sentence:
      'A version that is installed while another one runs leaves that one its files, and has none that only a former version had.',
    file: 'ops/deploy/systemd.test.ts',
    test: 'a new one has its own files alone, while one that runs keeps those of its own',
  },
  {
    sentence: 'Each unit gives its process every secret that it needs, the key of the venue for withdrawals included.',
    file: 'ops/deploy/systemd.test.ts',
    test: '%s gets every secret that it needs, and none that it does not',
  },
  {
    sentence:
      'A backup is made of, and restored to, the directory in which the engine keeps its state on a volume of root.',
    file: 'ops/deploy/backup/backup.test.ts',
    test: 'puts the journal where the engine looks for it: inside of a volume of root',
  },
  {
    sentence:
      'In Kubernetes every process keeps its state in a closed directory, also when everybody may write the volume.',
    file: 'ops/deploy/k3s.test.ts',
    test: 'keeps its state in a directory of its own inside of the volume',
  },
  {
    sentence:
      'By the commands of the document no process of Kubernetes gets a secret that it does not read, nor the database of another.',
    file: 'ops/deploy/secrets.test.ts',
    test: 'has each secret that it reads, and no other',
  },
  {
    sentence: 'A process that has a command has a unit, a manifest for Kubernetes and a service in the compose file.',
    file: 'ops/deploy/processes.test.ts',
    test: 'has a manifest for k3s, in the base, and is reached, alive and ready at its port',
  },
  {
    sentence: 'Two ops-sentinels of one account, which raise each alert twice, say so.',
    file: 'sidecars/ops-sentinel/sentinel.test.ts',
    test: 'makes this one unhealthy while it reports, and not for long after it fell silent',
  },
  {
    sentence: 'A test run that is interrupted, or killed, leaves no server running that one of its tests has started.',
    file: 'ops/testing/run/left-over.test.ts',
    test: 'a run that %s interrupts ends what its tests have started, also when it is interrupted again meanwhile',
  },
  {
    sentence: 'A run of some tests by name does not end well when a file did not load or a process died.',
    file: 'ops/testing/run/bun-test.test.ts',
    test: 'with a pattern too, %s is a failure',
  },
  {
    sentence:
      'A Kafka addon that was built from other sources than those of the checkout is refused before its first record.',
    file: 'contracts/runtime/kafka/addon-sources.test.ts',
    test: 'one that %s is refused, with the fix',
  },
  {
    sentence: 'A reader that goes away in the middle ends no command, and is reported as no failure of it.',
    file: 'ops/cli/main.test.ts',
    test: 'a reader that goes away ends no command, and is no failure of it',
  },
  {
    sentence: 'What a document tells an operator to type exists, with its options.',
    file: 'ops/checks/manual/manual.test.ts',
    test: 'every command in a document exists, with its options',
  },
  {
    sentence: 'A database that was restored does not compile its queries for seconds: a dump lacks that setting.',
    file: 'ops/deploy/backup/database.it.test.ts',
    test: 'that was made while it was written goes on in an empty database: each record once, for the roles that it had',
  },
  {
    sentence: 'With containers, too, the doctor runs as the engine does, and shadow mode and limits can be set.',
    file: 'ops/deploy/container.test.ts',
    test: 'the doctor judges what the engine starts with: its settings, its secrets and its state',
  },
  {
    sentence:
      'That the disk of STATE_DIR fills is said before it is full, and a disk that hangs holds up nothing for it.',
    file: 'engine/journal/disk/free-space.test.ts',
    test: 'a disk that hangs is asked once, however long; after a minute nothing is known, which is logged once',
  },
] as const;

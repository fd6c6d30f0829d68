// The rows of faults.ts that are about history: its writer, the database, trace and what analysts are given.

import type { Fault } from './fault.ts';

export const HISTORY_FAULTS: readonly Fault[] = [
  {
    sentence: 'The evidence of a deposit has the newest records of each transfer, and says how many it leaves out.',
    file: 'ops/deposit/load.it.test.ts',
    test: 'has the newest records of every output, and says how many older ones it lacks',
  },
  {
    sentence: 'Which alerts are active is found in a time that does not grow with the alerts that are over.',
    file: 'ops/queries/active-alerts.it.test.ts',
    test: 'are found without reading those that are over',
  },
  {
    sentence:
      'A topic that was deleted and made again is read again by the engine, so that history does not stay unknown.',
    file: 'contracts/runtime/kafka/consumer/follow.it.test.ts',
    test: 'are read again, the quiet ones as well',
  },
  {
    sentence: 'Quiet topics that were made again together with a busy one are read again as well.',
    file: 'engine/background/background.test.ts',
    test: 'when the reports come again after their reader was silent, the other topics are read again as well',
  },
  {
    sentence: 'The history-writer can neither delete, empty, change nor drop what is on record.',
    file: 'ops/stack/postgres/roles.it.test.ts',
    test: 'the writer deletes, empties, changes and drops nothing of what is on record',
  },
  {
    sentence: 'Whoever reads history can write nothing.',
    file: 'ops/stack/postgres/roles.it.test.ts',
    test: 'the reader reads everything and writes nothing',
  },
  {
    sentence: 'The history-writer gets its partitions although it owns no table, and none where no record can be.',
    file: 'ops/stack/postgres/roles.it.test.ts',
    test: 'the writer has partitions made where records can be, which then belong to the owner',
  },
  {
    sentence: 'No role of the history has rights on the server, and a role of another database does not get in.',
    file: 'ops/stack/postgres/roles.it.test.ts',
    test: 'none of them has rights on the server, and no other role gets into the database',
  },
  {
    sentence: 'Five years of history need no more than the default lock table, in five sessions at once.',
    file: 'ops/years/years.it.test.ts',
    test: 'trace, every documented query and every check work in five sessions at once',
  },
  {
    sentence: 'Every documented query runs in psql as it is written.',
    file: 'ops/years/years.it.test.ts',
    test: 'in psql, as written: $name',
  },
  {
    sentence: 'No documented query and no check reads a table of history from its beginning to its end.',
    file: 'ops/years/years.it.test.ts',
    test: 'finds its rows by an index: $name',
  },
  {
    sentence: 'Partitions of days become partitions of quarters without the loss of a row, however many they are.',
    file: 'contracts/runtime/postgres/migrations.it.test.ts',
    test: 'days become quarters with every row, in steps that go on after an end in between',
  },
  {
    sentence: 'A request that the venue sent 20,000 times does not fill the memory of ./unrip trace, nor end it.',
    file: 'ops/trace/trace.it.test.ts',
    test: 'a quote that was sent again and again has a story of bounded size, with how often that was',
  },
  {
    sentence: 'A check judges a window of days, and takes nothing for missing that is on record before it.',
    file: 'ops/trace/trace.it.test.ts',
    test: 'a check judges from the day on that is set, and looks for what belongs to it before that',
  },
  {
    sentence: 'A market sample that was recorded near a decision is not shown as the price that was decided on.',
    file: 'ops/trace/render.test.ts',
    test: 'the price is that of the decision; the recorded sample nearby is called that',
  },
  {
    sentence: 'DATABASE_URL names a socket or several hosts, and the one that may be written to is found.',
    file: 'contracts/runtime/postgres/database.it.test.ts',
    test: 'names several hosts: the one that may be written to is found, wherever it is in the list',
  },
  {
    sentence: 'No form of a database URL shows its password in a message.',
    file: 'contracts/runtime/postgres/database.test.ts',
    test: 'a message that holds %s shows hosts only',
  },
  {
    sentence: 'A record of a newer producer, with fields and values that are not known yet, is history as any other.',
    file: 'sidecars/history-writer/record.test.ts',
    test: 'a record of a newer producer is read, and its row keeps the text',
  },
  {
    sentence: 'Readers refuse other versions and wrong types as ever.',
    file: 'contracts/reader-schema.test.ts',
    test: 'refuses another version, event or venue, and values of another type',
  },
  {
    sentence: 'A history-writer that ends leaves a closing row of itself.',
    file: 'sidecars/history-writer/history-writer.it.test.ts',
    test: 'one that ends leaves a closing row, which the next one finds in Kafka as a repeat',
  },
  {
    sentence: 'A topic that takes no records of a sidecar holds up none of its other topics.',
    file: 'contracts/runtime/kafka/record-sender.test.ts',
    test: 'a topic that takes nothing holds up no other, and goes on in its order once it does',
  },
  {
    sentence: 'Kafka clients of a sidecar that fail one after the other are replaced after growing pauses.',
    file: 'contracts/runtime/kafka/record-sender.test.ts',
    test: 'clients that go on failing are replaced after growing pauses, and the next one gets everything again',
  },
  {
    sentence: 'Connections that PostgreSQL ends, again and again, end no history-writer.',
    file: 'sidecars/history-writer/history-writer.it.test.ts',
    test: 'connections that the server ends again and again cost no record',
  },
  {
    sentence: 'A connection that closes with something still to be written is opened again, and no process ends of it.',
    file: 'contracts/runtime/postgres/driver.it.test.ts',
    test: 'that closes before a query was written is opened again for the next',
  },
  {
    sentence:
      'A transaction whose connection was lost and opened again runs no statement in the transaction of another.',
    file: 'contracts/runtime/postgres/driver.it.test.ts',
    test: 'that was opened again for others runs no statement of the transaction that it was lost in',
  },
  {
    sentence: 'Every table and column of history says in the database what it means.',
    file: 'ops/years/years.it.test.ts',
    test: 'every table, view and column has its meaning in the database',
  },
  {
    sentence: 'The change of a balance by settlements is not called a profit.',
    file: 'ops/years/years.it.test.ts',
    test: 'inventory by asset has the change by settlements under its own name',
  },
  {
    sentence:
      'Among hostile records on every topic each one becomes a row, a dead letter or a repeat, and honest ones are rows.',
    file: 'ops/records/records.it.test.ts',
    test: 'each becomes a row, a dead letter or a repeat, and honest ones between them are rows',
  },
  {
    sentence: 'Two event ids that a text column cannot tell apart are not taken for one event.',
    file: 'sidecars/history-writer/postgres/rows.test.ts',
    test: 'two ids that a text column cannot tell apart are refused, not made one',
  },
  {
    sentence: 'A record whose identity is taken is not passed over as a repeat because its id was seen on another day.',
    file: 'sidecars/history-writer/postgres/store.it.test.ts',
    test: 'an event whose identity is taken is no repeat of one with its id on another day',
  },
  {
    sentence: 'Records that the database would refuse are found without trying the batch in halves.',
    file: 'sidecars/history-writer/postgres/store.it.test.ts',
    test: 'every text that an index holds is bounded',
  },
  {
    sentence: 'Large records are written in statements of bounded size.',
    file: 'sidecars/history-writer/postgres/table-work.test.ts',
    test: 'a statement holds a bounded number of rows and characters, and every row is in one',
  },
  {
    sentence: 'A dead letter whose value was cut says how much is missing.',
    file: 'sidecars/history-writer/kafka/dead-letters.test.ts',
    test: 'a value that is cut says how much is missing',
  },
  {
    sentence: 'A record with an impossible time in Kafka does not make the lag of history one of decades.',
    file: 'sidecars/history-writer/record.test.ts',
    test: 'a record whose time in Kafka is %s has waited since then, or since it was read',
  },
  {
    sentence: 'The raw part of a record is kept as text only while it waits to be written, however many values it has.',
    file: 'sidecars/history-writer/record.test.ts',
    test: 'what no column needs is kept as text only',
  },
  {
    sentence: 'A transaction that somebody leaves open does not hold up the records behind it, and its mark is no lag.',
    file: 'contracts/runtime/kafka/kafka.it.test.ts',
    test: 'a transaction that nobody ends holds up nothing, and its mark is no record to wait for',
  },
  {
    sentence: 'Offsets without a record are not counted as lost records, and those that have expired are, to the last.',
    file: 'sidecars/history-writer/pending-batch.test.ts',
    test: 'offsets that hold no record are no lost records, and move with the next batch',
  },
  {
    sentence: 'A partition whose records cannot be read by this build makes the history-writer unhealthy.',
    file: 'sidecars/history-writer/kafka/stalls.test.ts',
    test: 'a partition that gives nothing for half a minute is found, said once, and forgotten when it gives again',
  },
  {
    sentence: 'A producer that compresses with what some builds cannot read does not blind them.',
    file: 'ops/topics/drift.test.ts',
    test: 'every topic is declared with a compression that every build reads',
  },
  {
    sentence: 'A record with the id of another is not passed over as its repeat when its content is another.',
    file: 'sidecars/history-writer/postgres/store.it.test.ts',
    test: 'a record with the id of another and another content is no repeat of it',
  },
  {
    sentence: 'A migration that is applied while the history-writer runs does not turn records into dead letters.',
    file: 'sidecars/history-writer/postgres/store.it.test.ts',
    test: 'a schema that became newer while records came is the fault of no record, and nothing is written',
  },
  {
    sentence: 'A machine whose clock is wrong by days does not turn every record into a dead letter.',
    file: 'sidecars/history-writer/postgres/store.it.test.ts',
    test: 'a clock that is hours away from that of the server is a standstill',
  },
  {
    sentence: 'One record with a number of thousands of digits does not end the checks over all records.',
    file: 'sidecars/history-writer/record.test.ts',
    test: 'a number that arithmetic in the database could not bear is refused',
  },
  {
    sentence: 'One envelope with an escape that jsonb refuses does not end a query over all envelopes.',
    file: 'sidecars/history-writer/postgres/store.it.test.ts',
    test: 'the envelope %s is jsonb, or NULL, and never an error',
  },
  {
    sentence: 'A topic that was deleted and made again is read from its start, however many records it has by then.',
    file: 'sidecars/history-writer/history-writer.it.test.ts',
    test: 'a topic that was made again while nobody read is read from its start',
  },
  {
    sentence:
      'A topic that is made again after a broker was started again is read on by the history-writer, which takes another client for it.',
    file: 'sidecars/history-writer/kafka/unread.test.ts',
    test: 'a partition whose end stays unknown while others are known asks for another client, after growing pauses',
  },
  {
    sentence: 'Another program that reads under the group of the history-writers does not take their records unseen.',
    file: 'sidecars/history-writer/history-writer.it.test.ts',
    test: 'another program in its consumer group makes it unhealthy until that is gone',
  },
  {
    sentence: "Kafka's client of a sidecar that holds records and delivers none is replaced, as that of the engine is.",
    file: 'contracts/runtime/kafka/record-sender.test.ts',
    test: 'a client that holds records and delivers none is replaced, and the next one gets them again',
  },
  {
    sentence: 'An outage of Kafka is a few lines in the log of the history-writer, not several a second.',
    file: 'contracts/runtime/kafka/trouble.test.ts',
    test: 'an outage is one line for each distinct trouble, however often and by whichever thread it is repeated',
  },
  {
    sentence:
      'A request to Kafka that never calls back holds up no write, and no take-over of partitions beyond its limit.',
    file: 'sidecars/history-writer/kafka/assignments.test.ts',
    test: 'a description of topics that never calls back stops no write, and no take-over for longer than its limit',
  },
  {
    sentence: 'A Kafka client that was replaced while it took partitions over leaves none behind that nobody reads.',
    file: 'sidecars/history-writer/kafka/assignments.test.ts',
    test: 'a client that was left owns nothing any more, even when it was about to',
  },
  {
    sentence: 'A member of the group whose assignment could not be handed to its client does not wait for good.',
    file: 'contracts/runtime/kafka/consumer/rebalances.test.ts',
    test: 'an assignment that librdkafka does not take ends the client, which would read nothing for good',
  },
  {
    sentence: 'An error of Kafka in place of the members of a group does not end the process that asked.',
    file: 'contracts/runtime/kafka/kafka.it.test.ts',
    test: 'an error in place of the members of a group is thrown, and the process goes on',
  },
  {
    sentence:
      'A record that is read while the group shares out its partitions is given to the history-writer, not dropped.',
    file: 'contracts/runtime/kafka/consumer/polling.test.ts',
    test: 'a record that a waiting commit read while partitions were taken and given again is not lost',
  },
  {
    sentence: 'A history-writer that is killed is replaced in its group after seconds, not after 45.',
    file: 'sidecars/history-writer/history-writer.it.test.ts',
    test: 'a second member takes its share, and all of it when the first is killed',
  },
  {
    sentence: 'A history-writer whose group has taken its partitions away is neither healthy nor up to date.',
    file: 'sidecars/history-writer/health.test.ts',
    test: 'without partitions it is neither healthy nor writing, nor up to date, whether it had some before or not',
  },
  {
    sentence: 'A dead letter is handed over once, however long Kafka is away.',
    file: 'sidecars/history-writer/kafka/dead-letters.test.ts',
    test: 'is given to the sender once, however often the batch is tried while Kafka is away',
  },
  {
    sentence: 'A server that became read-only after a failover counts as away, so that another one is looked for.',
    file: 'contracts/runtime/postgres/database.test.ts',
    test: '%s is %s',
  },
  {
    sentence: 'A connection pooler that refuses something is named as what it is, with the setting that helps.',
    file: 'contracts/runtime/postgres/database.test.ts',
    test: '%s of a pooler (%s) names the setting that helps',
  },
  {
    sentence: 'The backlog of some partitions keeps no other from being read, nor makes it look as if it could not be.',
    file: 'sidecars/history-writer/kafka/consumer-settings.test.ts',
    test: 'an answer of a broker has room for a share of every partition, so that none waits for the backlog of another',
  },
  {
    sentence:
      'A liquidity-manager that lost its state and counts from 1 again leaves no deposit under way that has been credited.',
    file: 'ops/queries/current.it.test.ts',
    test: 'what a manager that lost its state says last counts, although it counts its records from 1 again',
  },
  {
    sentence:
      'No deposit is in funding_pipeline twice, as stuck and as credited, after the liquidity-manager lost its state.',
    file: 'ops/queries/reports.it.test.ts',
    test: 'a deposit whose manager lost its state and counts from 1 again is one row, with what was published last',
  },
  {
    sentence:
      'Money that is under way does not vanish from current_funding while the liquidity-manager is away for weeks.',
    file: 'ops/queries/current.it.test.ts',
    test: 'what was under way when the manager fell silent weeks ago is under way, and what it had given up before is not',
  },
  {
    sentence:
      'Settlements of which it is not known which quote settled are in the reports of profit, apart from the others.',
    file: 'ops/queries/reports.it.test.ts',
    test: 'money that moved without a known quote is shown apart, until it is known which quote settled',
  },
  {
    sentence: 'The transaction that settled one quote of a nonce is not shown as that of the others.',
    file: 'ops/queries/reports.it.test.ts',
    test: 'money that moved without a known quote is shown apart, until it is known which quote settled',
  },
  {
    sentence: 'A settlement that an engine finds hours later is not marked out at the price of these hours.',
    file: 'ops/queries/reports.it.test.ts',
    test: 'a settlement that was seen after a long stop has its latest possible time, and no mark-outs',
  },
  {
    sentence: 'Answers to a question about a quote that two accounts heard say which account each is of.',
    file: 'ops/queries/questions.it.test.ts',
    test: 'of a quote that two accounts heard, each answer names its account',
  },
  {
    sentence: 'Two history-writers of one group on two databases do not share the records silently.',
    file: 'sidecars/history-writer/kafka/group-watch.test.ts',
    test: 'a history-writer of another database is found by partitions that it has and does not own here',
  },
  {
    sentence: 'Records that Kafka had deleted before they could be written leave a mark in the history.',
    file: 'sidecars/history-writer/kafka/dead-letters.test.ts',
    test: 'records that Kafka has deleted are one dead letter, which has to be acknowledged before anything is written',
  },
  {
    sentence: 'Who may only read history cannot keep the history-writer from making partitions.',
    file: 'ops/stack/postgres/roles.it.test.ts',
    test: 'a role that can only read keeps nobody from making partitions',
  },
  {
    sentence:
      'A history-writer that could not write for a while, for a reason of the server, goes on without a restart.',
    file: 'sidecars/history-writer/writer.test.ts',
    test: 'a batch that failed again and again, and not by the fault of a record, is written once the cause is gone',
  },
  {
    sentence: 'A topic that is made again while the answer to a commit is lost costs no record of the new one.',
    file: 'sidecars/history-writer/pending-batch.test.ts',
    test: 'of a commit that succeeded unheard drops nothing that was read since of a topic that was made again',
  },
  {
    sentence: 'A COPY that the server refuses at its end fails with the reason, and is not waited for.',
    file: 'contracts/runtime/postgres/copy.it.test.ts',
    test: 'that the server refuses %s rejects with its error, and the connection is good for the next',
  },
  {
    sentence:
      'A reader that is far behind does not wait for records that Kafka has, because its queue was full a second ago.',
    file: 'sidecars/history-writer/kafka/consumer-settings.test.ts',
    test: 'a full queue lasts until its partitions are asked for again, however fast it is emptied',
  },
  {
    sentence: 'Retention takes no record of an alert that is raised, and leaves none raised whose clear it took.',
    file: 'ops/retention/append-only.it.test.ts',
    test: 'an alert stays active, with its records, until it is cleared; a raise of a quarter that was dropped is none',
  },
  {
    sentence: 'No setting of the Kafka client makes the history-writer pass over what Kafka still has.',
    file: 'contracts/runtime/kafka/settings.test.ts',
    test: 'refuses %s and says why',
  },
];

// The rows of faults.ts about what operators read: state, log lines, and the output of commands.

export const MESSAGES_FAULTS = [
  {
    sentence: 'The state shows the last 50 decisions and attempts with reasons and times, not the last one alone.',
    file: 'engine/observe/observer.test.ts',
    test: 'the last 50 decisions and attempts are shown, newest first, with reasons, results and times',
  },
  {
    sentence: 'A field of a log line is named in snake_case, and none as one that the log sets itself.',
    file: 'contracts/runtime/log/log.test.ts',
    test: 'names of fields are in snake_case at every depth, and none is one of the log itself: the compiler refuses others',
  },
  {
    sentence: 'The log line of an action of an operator names the service once.',
    file: 'contracts/runtime/control/app.test.ts',
    test: 'the line of an action names the service once, and every field in snake_case',
  },
  {
    sentence: 'The end of a drain says how many signed quotes can still be settled, and until when.',
    file: 'ops/harness/engine/engine.story.test.ts',
    test: 'a drain says what can still be settled, and until when',
  },
  {
    sentence: 'Parts that are merely starting are not warned about: a clean start is one line.',
    file: 'ops/harness/engine/engine.story.test.ts',
    test: 'a clean start, and a restart, pass through nothing that is worth a warning',
  },
  {
    sentence: 'A connection that fails is named by host, cause and remedy, not by the words of the runtime.',
    file: 'ops/cli/main.test.ts',
    test: 'an error of a connection names host and remedy, whatever the runtime says of it',
  },
  {
    sentence: 'A command that waits for Kafka says at once for which brokers, and how long.',
    file: 'ops/cli/topics.test.ts',
    test: 'without Kafka it says at once what it waits for, where, and how long',
  },
  {
    sentence: 'The command that a failing check names works as it is written.',
    file: 'ops/checks/generated.test.ts',
    test: 'what is out of date is named with a command that renews it as it is written',
  },
  {
    sentence: 'The progress of the demo does not wrap in a window of 60 columns.',
    file: 'ops/demo/demo.test.ts',
    test: 'progress fits into 60 columns, and into fewer as far as it goes',
  },
  {
    sentence: 'A demo that is left running says how its database is opened.',
    file: 'ops/demo/demo.test.ts',
    test: 'what is kept running is listed with what to call, database included',
  },
  {
    sentence: 'A bench gives no verdict on fewer samples than can prove it.',
    file: 'ops/bench/loop/report.test.ts',
    test: 'too few samples are not judged, however good they are',
  },
  {
    sentence: 'A refused `arm` says whether the engine, which may be armed from before, trades.',
    file: 'ops/cli/arm.test.ts',
    test: 'refused while it is armed already, says that it still trades',
  },
  {
    sentence: 'A command that finds no engine names the directory that it searched as an absolute path.',
    file: 'ops/cli/arm.test.ts',
    test: 'a relative STATE_DIR is shown as the directory that it means',
  },
  {
    sentence:
      'A command that may not read a STATE_DIR says so and as whom to call, not that no engine runs: an operator who read that left one armed.',
    file: 'ops/cli/arm.test.ts',
    test: 'a directory of another user: it is not said that no engine runs, but as whom to call',
  },
  {
    sentence: 'A wrong amount in a control call is refused in words, not with a regular expression.',
    file: 'contracts/control/engine.test.ts',
    test: '%j is refused in words, without a pattern',
  },
  {
    sentence: 'A database that refuses names the variable that the command read, so that the right one is corrected.',
    file: 'contracts/runtime/postgres/database.test.ts',
    test: 'an explanation names the server and the fix, never the password',
  },
  {
    sentence: 'The fix for a variable of something that is not built yet is to leave it out, not to set it to that.',
    file: 'contracts/runtime/config/load.test.ts',
    test: '%s is named with its fix',
  },
  {
    sentence: 'A key file of another account than NEAR_ACCOUNT_ID is warned about at the start, with both names.',
    file: 'engine/startup/settings.test.ts',
    test: 'a key file that names %s',
  },
  {
    sentence: 'A start in which CoinGecko answers before Kraken is not warned about as an unusable price.',
    file: 'engine/reference/transitions.test.ts',
    test: 'a start whose first price cannot be traded on yet is no warning',
  },
  {
    sentence:
      'Lines of the log that are many share a write, and those of ordinary steps wait for no turn of their own.',
    file: 'engine/observe/observer.test.ts',
    test: 'ordinary lines wait to be written together, a trouble is written after the turn, behind what waits',
  },
  {
    sentence: 'Many lines at once hold up no quote for as long as all of them take to write.',
    file: 'engine/observe/observer.test.ts',
    test: 'lines that take long to write are spread over turns, in order',
  },
  {
    sentence: 'A value that refers to itself in many places is a bounded line of the log, not a process that hangs.',
    file: 'contracts/runtime/log/log.test.ts',
    test: 'a line is bounded, whatever its values hold, and so is the time that it takes',
  },
  {
    sentence: 'After a slow reader of the log, no write copies all that waited within one turn.',
    file: 'contracts/runtime/log/stdout.test.ts',
    test: 'lines share a write, also those that come while one is under way, and a write is bounded',
  },
  {
    sentence: 'A stuck deposit stays an alert however much dust is sent after it.',
    file: 'sidecars/ops-sentinel/rules/dust.test.ts',
    test: 'a stuck deposit stays known however much dust comes after it',
  },
  {
    sentence: 'An alert about a late withdrawal says how long ago it was requested, not how old its last record is.',
    file: 'sidecars/ops-sentinel/rules/limits.test.ts',
    test: 'a withdrawal that is %s counts from its request, however often it is repeated',
  },
] as const;

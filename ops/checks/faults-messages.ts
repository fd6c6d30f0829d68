// The rows of faults.ts about what operators read: state, log lines, and the output of commands.

export const MESSAGES_FAULTS = [
  {
    sentence: 'The state shows the last 50 decisions and attempts with reasons and times, not the last one alone.',
    file: 'engine/observe/observer.test.ts',
    test: 'the last 50 decisions and attempts are shown, newest first, with reasons, results and times',
  },
] as const;

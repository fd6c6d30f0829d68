// Exit codes of every process and command: the README and the systemd units rely on them.

/** `config` is EX_CONFIG of sysexits: a supervisor need not start the process again before somebody has corrected something. */
export const EXIT = { ok: 0, failure: 1, usage: 2, config: 78 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

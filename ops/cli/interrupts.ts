// What asks a command to end: Ctrl-C, whoever supervises it, and a terminal that is closed, which says so often several times.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Interrupt = (typeof SIGNALS)[number];

/** Calls `interrupt` at each of them, in place of the end of the process. @returns gives the signals their meaning back */
export function onInterrupts(interrupt: (signal: Interrupt) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return () => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
}

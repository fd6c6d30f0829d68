// What the reference solver writes to its log, as far as a run is judged by it. The sentences are those of its own code; a
// version that words them otherwise counts as one that did not say them. Pure.

export type SolverLog = {
  /** Connections to the relay. */
  readonly connections: number;
  /** Requests for its pair. */
  readonly heard: number;
  /** Requests that it chose not to answer, by its own reason. */
  readonly declined: Readonly<Record<string, number>>;
  /** Answers that the relay took. */
  readonly taken: number;
  /** Answers that the relay refused. */
  readonly refused: number;
  /** Ids of its own quotes whose settlement it was notified of. */
  readonly settledQuoteIds: readonly string[];
  /** Reserves that it last read from the verifier, units by token id; null before the first time. */
  readonly reserves: Readonly<Record<string, string>> | null;
  /** Lines of errors that are none of the above. */
  readonly errors: readonly string[];
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal begin with one
const COLOURS = /\u001b\[[0-9;]*m/g;
const HEADS = /^\S+ (error|warn|info|debug) +(?:\[[^\]]*\] *)*/;

/** Its own ground to stay silent, by the beginning of the sentence. */
const DECLINES: Readonly<Record<string, string>> = {
  'min_deadline_ms exceeds maximum allowed value': 'deadline too long',
  'Calculated amount is 0': 'amount too small',
  "Solver account doesn't have enough": 'amount above the reserve',
};
const OWN_QUOTE = /^Found own quote '([^']+)'/;
const STATE = /^Current state: (\{.*\})/;
const RELAY_ERROR = /^Error while processing quote .*\[Error: Relay error: /;

function reservesOf(json: string): SolverLog['reserves'] {
  try {
    const value: unknown = JSON.parse(json);
    const reserves = typeof value === 'object' && value !== null && 'reserves' in value ? value.reserves : null;
    return typeof reserves === 'object' ? (reserves as SolverLog['reserves']) : null;
  } catch {
    return null;
  }
}

/** @param text of the log so far, at level debug */
export function readSolverLog(text: string): SolverLog {
  const declined: Record<string, number> = {};
  const settledQuoteIds: string[] = [];
  const errors: string[] = [];
  const counts = { connections: 0, heard: 0, taken: 0, refused: 0 };
  let reserves: SolverLog['reserves'] = null;
  for (const line of text.replace(COLOURS, '').split('\n')) {
    const head = HEADS.exec(line);
    if (head === null) continue;
    const message = line.slice(head[0].length);
    const decline = Object.keys(DECLINES).find((begin) => message.startsWith(begin));
    const reason = decline === undefined ? undefined : DECLINES[decline];
    if (reason !== undefined) declined[reason] = (declined[reason] ?? 0) + 1;
    else if (message.startsWith('Received supported quote request: ')) counts.heard += 1;
    else if (message.startsWith('WebSocket client connected to ')) counts.connections += 1;
    else if (message.startsWith('Sent quote response to relay, result: "OK"')) counts.taken += 1;
    else if (RELAY_ERROR.test(message)) counts.refused += 1;
    else if (head[1] === 'error') errors.push(message);
    const own = OWN_QUOTE.exec(message)?.[1];
    if (own !== undefined) settledQuoteIds.push(own);
    const state = STATE.exec(message)?.[1];
    if (state !== undefined) reserves = reservesOf(state) ?? reserves;
  }
  return { ...counts, declined, settledQuoteIds, reserves, errors };
}

// The verdict on a kill run: every claim as a named finding over what the venue saw and what history says. Pure.

import type { Answer } from '../../sim/relay/records.ts';
import { exposureOf, type VenueEvent } from './exposure.ts';
import type { History, ResultRow } from './history.ts';

export type StopSignal = 'SIGKILL' | 'SIGTERM';

export type Finding = { readonly name: string; readonly ok: boolean; readonly detail: string };

/** How an engine ended after SIGTERM. */
export type CleanStop = {
  readonly exitCode: number;
  /** The journal's last record is `closed`. */
  readonly closedLast: boolean;
  /** Quotes that the journal leaves between the signature and the record of the reply, or of its absence. */
  readonly open: readonly string[];
};

export type Evidence = {
  readonly signal: StopSignal;
  /** Answers that the relay received before the stop, and after the engine was armed again. */
  readonly before: number;
  readonly after: number;
  readonly answersMin: number;
  readonly unacknowledgedMin: number;
  /** Every answer that the relay received, in order. */
  readonly answers: readonly Answer[];
  /** Quotes whose answers were received and not acknowledged when the engine stopped. */
  readonly unacknowledged: readonly string[];
  readonly balances: Readonly<Record<string, bigint>>;
  readonly events: readonly VenueEvent[];
  /** Answered quotes that a power cut took from the journal: of these alone nothing has to be on record. */
  readonly lost: ReadonlySet<string>;
  /** Quotes that the venue settled. */
  readonly settled: readonly string[];
  /** Answered quotes whose deadline passed long before the end of the run, and have no end on record. */
  readonly unended: readonly string[];
  readonly cleanStops: readonly CleanStop[];
  /** What the restarted engine said before it was armed again. */
  readonly restart: { readonly armed: boolean; readonly armStatus: number };
  readonly history: History;
};

/** A used nonce shows in a final block two seconds later, and is looked for every half second. */
const USE_SEEN_MS = 6_000;
/** How a quote ends whose nonce is used. */
const USED: readonly string[] = ['settled', 'voided', 'pulled'];

type Check = (evidence: Evidence, results: ReadonlyMap<string, readonly ResultRow[]>) => readonly string[] | string;

/** A check gives what is wrong, one text each; or, when nothing is, a text with the figures that show it. */
const CHECKS: Readonly<Record<string, Check>> = {
  'enough answers before the stop': ({ before, answersMin, history }) => enough(before, answersMin, history),
  'enough answers after it': ({ after, answersMin, history }) => enough(after, answersMin, history),
  'enough answers unacknowledged at the stop': ({ unacknowledged, unacknowledgedMin }) =>
    atLeast(unacknowledged.length, unacknowledgedMin),
  'a restarted engine is disarmed, and its young journal needs more than a call to be armed': ({ restart }) =>
    or(
      [
        ...(restart.armed ? ['it was armed at its start'] : []),
        ...(restart.armStatus === 409 ? [] : [`arming without fresh_account was answered ${restart.armStatus}`]),
      ],
      'disarmed, 409',
    ),
  'an engine that is asked to end leaves nothing open and closes its journal': ({ cleanStops }) =>
    or(
      cleanStops.flatMap(({ exitCode, closedLast, open }) => [
        ...(exitCode === 0 ? [] : [`exit code ${exitCode}`]),
        ...(closedLast ? [] : ['the last record is not `closed`']),
        ...open.map((quoteId) => `${quoteId} is open without a record`),
      ]),
      `${cleanStops.length} clean`,
    ),
  'no quote was answered twice': ({ answers }) =>
    or(
      repeated(answers.map(({ quoteId }) => quoteId)).map((quoteId) => `${quoteId} was answered twice`),
      `${answers.length} answers`,
    ),
  'the relay refused nothing but answers under a nonce that had just been used': ({ answers, events }) => {
    const usedAtMs = new Map(
      events.flatMap((event) => (event.kind === 'settled' ? [[event.nonceHex, event.atMs]] : [])),
    );
    const refused = answers.filter(({ verdict }) => verdict === 'refused');
    const faults = refused.flatMap(({ quoteId, reason, detail, nonceHex, receivedAtMs }) => {
      if (reason !== 'reused_nonce') return [`${quoteId}: ${reason} ${detail ?? ''}`];
      const afterMs = receivedAtMs - (usedAtMs.get(nonceHex ?? '') ?? 0);
      return afterMs <= USE_SEEN_MS ? [] : [`${quoteId}: under a nonce that was used ${afterMs} ms before`];
    });
    return or(faults, `${refused.length} of ${answers.length} refused, all for that`);
  },
  'every quote heard has at most one decision': ({ history }) =>
    or(
      repeated(history.decisions.map(({ quoteId }) => quoteId)).map((quoteId) => `${quoteId} has more than one`),
      `${history.decisions.length} decisions on ${new Set(history.heard).size} quotes`,
    ),
  'every answer has exactly one decision, with its amounts': ({ answers, lost, history }) => {
    const byQuote = grouped(history.decisions);
    return eachAnswer(kept(answers, lost), (answer) => {
      const rows = byQuote.get(answer.quoteId) ?? [];
      const [row] = rows;
      if (row === undefined || rows.length > 1) return `has ${rows.length} decisions`;
      if (row.decision !== 'accepted') return `was decided as ${row.reason}`;
      return sameAmounts(answer, row) ? null : 'was decided with other amounts';
    });
  },
  'every answer has exactly one command, with its amounts': ({ answers, lost, history }) => {
    const byQuote = grouped(history.commands);
    return eachAnswer(kept(answers, lost), (answer) => {
      const rows = byQuote.get(answer.quoteId) ?? [];
      const [row] = rows;
      if (row === undefined || rows.length > 1) return `has ${rows.length} commands`;
      return sameAmounts(answer, row) ? null : 'was commanded with other amounts';
    });
  },
  'every answer has results, with its hash and in one chain of states': ({ answers, lost }, results) =>
    eachAnswer(kept(answers, lost), (answer) => {
      const rows = results.get(answer.quoteId) ?? [];
      if (rows.length === 0) return 'has no result';
      if (rows.some(({ quoteHash }) => quoteHash !== answer.quoteHash)) return 'has a result with another hash';
      return chainFault(rows);
    }),
  'what was unacknowledged at the stop is on record as uncertain': ({ unacknowledged, signal }, results) => {
    const code = signal === 'SIGKILL' ? 'restarted' : 'stopped';
    const recovered = signal === 'SIGKILL';
    // Before the stop its nonce may have been seen used, by a quote that was taken or by a pull, and on a busy machine the time
    // for the reply may have been over.
    const isBefore = ({ previous, status, code: of }: ResultRow): boolean =>
      previous === 'submitted' && (USED.includes(status) || of === 'reply_timeout');
    const wanting = unacknowledged.filter(
      (quoteId) =>
        !(results.get(quoteId) ?? []).some(
          (row) => isBefore(row) || (row.status === 'uncertain' && row.code === code && row.recovered === recovered),
        ),
    );
    return or(
      wanting.map((quoteId) => `${quoteId}: ${story(results.get(quoteId))}`),
      `${unacknowledged.length} uncertain (${code})`,
    );
  },
  'what could have settled never exceeded the balance': ({ events, balances }) => {
    const { excesses, worstPct } = exposureOf(events, balances);
    return or(
      excesses.map(
        ({ atMs, asset, exposedUnits, balanceUnits }) => `at ${atMs}: ${exposedUnits} of ${balanceUnits} ${asset}`,
      ),
      `at most ${Object.values(worstPct).join(' % and ')} % of an asset`,
    );
  },
  'every settled quote is on record as settled': ({ settled: all, lost }, results) => {
    const settled = all.filter((quoteId) => !lost.has(quoteId));
    const rowsOf = (quoteId: string) => results.get(quoteId) ?? [];
    const recorded = settled.filter((quoteId) => rowsOf(quoteId).some(({ status }) => status === 'settled'));
    const named = settled.filter((quoteId) => rowsOf(quoteId).some(({ code }) => code === 'unattributed'));
    const wanting = settled.filter((quoteId) => !recorded.includes(quoteId) && !named.includes(quoteId));
    return or(
      wanting.map((quoteId) => `${quoteId}: ${story(results.get(quoteId))}`),
      `${recorded.length} settled, ${named.length} named among others`,
    );
  },
  'nothing is on record as settled that was not': ({ settled }, results) => {
    const claimed = [...results].filter(([, rows]) => rows.some(({ status }) => status === 'settled'));
    const wrong = claimed.filter(([quoteId]) => !settled.includes(quoteId));
    return or(
      wrong.map(([quoteId, rows]) => `${quoteId}: ${story(rows)}`),
      `${claimed.length} claims`,
    );
  },
  'every quote whose deadline passed has its end on record': ({ unended, answers }, results) =>
    or(
      unended.map((quoteId) => `${quoteId}: ${story(results.get(quoteId))}`),
      `of ${answers.length} answers`,
    ),
};

export function judge(evidence: Evidence): Finding[] {
  const results = grouped(evidence.history.results);
  return Object.entries(CHECKS).map(([name, check]) => {
    const outcome = check(evidence, results);
    return typeof outcome === 'string'
      ? { name, ok: true, detail: outcome }
      : { name, ok: false, detail: shortened(outcome) };
  });
}

const SHOWN = 3;

function shortened(faults: readonly string[]): string {
  const more = faults.length > SHOWN ? `; and ${faults.length - SHOWN} more` : '';
  return `${faults.slice(0, SHOWN).join('; ')}${more}`;
}

const or = (faults: readonly string[], well: string): readonly string[] | string => (faults.length > 0 ? faults : well);

const atLeast = (count: number, min: number): readonly string[] | string =>
  count >= min ? `${count}` : [`${count}, at least ${min} are needed`];

/** With what became of the others, over the whole run: a machine too busy for the engine shows there by name. */
function enough(answers: number, min: number, { heard, decisions }: History): readonly string[] | string {
  const outcome = atLeast(answers, min);
  if (typeof outcome === 'string') return outcome;
  const declined = [...grouped(decisions.map(({ reason }) => ({ quoteId: reason })))]
    .map(([reason, rows]) => `${reason} ${rows.length}`)
    .join(', ');
  return [...outcome, `of ${new Set(heard).size} quotes heard: ${declined}`];
}

function repeated(texts: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const text of texts) (seen.has(text) ? twice : seen).add(text);
  return [...twice];
}

function grouped<Row extends { readonly quoteId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const byQuote = new Map<string, Row[]>();
  for (const row of rows) {
    const known = byQuote.get(row.quoteId);
    if (known === undefined) byQuote.set(row.quoteId, [row]);
    else known.push(row);
  }
  return byQuote;
}

const kept = (answers: readonly Answer[], lost: ReadonlySet<string>): readonly Answer[] =>
  answers.filter(({ quoteId }) => !lost.has(quoteId));

function eachAnswer(
  answers: readonly Answer[],
  faultOf: (answer: Answer) => string | null,
): readonly string[] | string {
  const faults: string[] = [];
  for (const answer of answers) {
    const fault = faultOf(answer);
    if (fault !== null) faults.push(`${answer.quoteId} ${fault}`);
  }
  return or(faults, `${answers.length} answers`);
}

const sameAmounts = (
  answer: Answer,
  row: { readonly amountIn: string | null; readonly amountOut: string | null },
): boolean => row.amountIn === String(answer.amountInUnits) && row.amountOut === String(answer.amountOutUnits);

/** From `proposed` on, without a gap or a repeat, each step beginning where the last one ended. */
function chainFault(rows: readonly ResultRow[]): string | null {
  let state = 'proposed';
  for (const [index, row] of rows.entries()) {
    if (row.seq !== index + 1) return `has a gap or a repeat in its transitions: ${story(rows)}`;
    if (row.previous !== state) return `has a step from ${row.previous} where it stood at ${state}: ${story(rows)}`;
    state = row.status;
  }
  return null;
}

function story(rows: readonly ResultRow[] = []): string {
  return rows.length === 0 ? 'nothing' : rows.map((row) => `${row.seq} ${row.status} (${row.code})`).join(', ');
}

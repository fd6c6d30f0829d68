// One engine after the other on the same state, each killed at a place of its own while quotes are asked, taken, pulled and
// settled, half of them with everything gone that no sync had covered. Each time the records are inspected, the next engine's
// ledger is held against them and against what the venue could still settle, and it is armed again.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { throwAwayKey } from '../../harness/key.ts';
import { endsOfTopics, prepare, type Services } from '../../harness/prepare.ts';
import { type Service, startEngine, startHistoryWriter } from '../../harness/service.ts';
import { seededPrng } from '../../sim/tape/prng.ts';
import { dropDatabase } from '../../stack/postgres/databases.ts';
import type { DatabaseUrls } from '../../stack/postgres/roles.ts';
import { type Cycle, dieOnce, type Killed } from './cycle.ts';
import { readHistory, untilCaughtUp, untilEnded } from './history.ts';
import { journalEnd } from './journal-end.ts';
import { type Finding, judge } from './judge.ts';
import type { KilledEngine } from './killed/main.ts';
import { followRecords, type Records } from './ledger.ts';
import { heldAgainst } from './restarted.ts';
import { arm, BALANCES, disarmedStart, ENGINE_ENV } from './run.ts';
import { type Kill, killsOf, STAGES, type Stage } from './stages.ts';
import { startVenue, type Venue } from './venue.ts';

export type ChainOptions = {
  readonly services: Services;
  /** Of this run alone; empty or not there. */
  readonly dir: string;
  readonly seed: number;
  readonly kills: number;
  readonly progress?: (line: string) => void;
};

export type ChainReport = {
  readonly seed: number;
  /** Kills that fell where they should, by stage: plain ones, and power cuts. */
  readonly hits: Readonly<Record<Stage, { readonly plain: number; readonly cut: number }>>;
  readonly answers: number;
  readonly settled: number;
  /** Answers of which a power cut took the record. */
  readonly lost: number;
  readonly findings: readonly Finding[];
};

const RATE_PER_S = 200;
const TAKE_EVERY = 60;
const HEALTHY_LIMIT_MS = 60_000;
const ENDS_LIMIT_MS = 60_000;
const LAST_QUOTES = 100;
/** Asked of each engine that were answered before. */
const AGAIN = 3;
/** Some hundred records: a checkpoint in every second or so of quotes. */
const SEGMENT_BYTES_MAX = 192 * 1024;
/** A kill whose place was not met is made again; more than this share of them is a fault of the run. */
const MISSED_SHARE = 0.2;
const PROGRAM = 'ops/soak/kill/killed/main.ts';

type Chain = {
  readonly options: ChainOptions;
  readonly accountId: string;
  readonly venue: Venue;
  readonly records: Records;
  start(engine: KilledEngine): Promise<Service>;
};

/** What was found on the way; all of it is judged at the end. */
type Found = {
  readonly violations: string[];
  readonly lost: Set<string>;
  readonly unacknowledged: Set<string>;
  readonly hits: Record<Stage, { plain: number; cut: number }>;
  /** What each engine did that did not meet its place. */
  readonly missed: string[];
  restart: Awaited<ReturnType<typeof disarmedStart>> | null;
};

export async function killChain(options: ChainOptions): Promise<ChainReport> {
  const { services, dir, seed, progress = () => {} } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const run = crypto.randomUUID().slice(0, 12);
  const accountId = `chain-${run}.near`;
  const group = `unrip-chain-${run}`;
  const database = `chain_${run.replace('-', '_')}`;
  const endings: (() => Promise<unknown>)[] = [];
  try {
    progress(`seed ${seed}: topics, database, venue, history-writer`);
    const urls = await prepare(services, { database, group });
    endings.push(() => dropDatabase(services, database));
    const { kafkaBrokers } = services;
    const key = throwAwayKey(join(dir, 'key.json'), accountId);
    const rest = { balances: BALANCES, ratePerS: RATE_PER_S, takeEvery: TAKE_EVERY, prng: seededPrng(seed) };
    const venue = startVenue({ accountId, publicKey: key.publicKey, ...rest });
    endings.push(() => venue.close());
    const writer = await startHistoryWriter({ dir, accountId, kafkaBrokers, database: urls, group });
    endings.push(() => writer.stop());
    await writer.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
    const start = async (engine: KilledEngine): Promise<Service> => {
      const program = { main: PROGRAM, args: [JSON.stringify(engine)] };
      const settings = { dir, accountId, kafkaBrokers, keyFile: key.file, urls: venue.world.urls, env: ENGINE_ENV };
      const service = await startEngine({ ...settings, program });
      endings.push(() => service.kill());
      return service;
    };
    const chain = { options, accountId, venue, records: followRecords(join(dir, 'engine')), start };
    const found = await killAll(chain);
    return await judged(chain, found, { urls, group });
  } finally {
    for (const end of endings.toReversed()) await end();
  }
}

async function killAll(chain: Chain): Promise<Found> {
  const { options, venue, records, start } = chain;
  const { kills, seed, progress = () => {} } = options;
  const prng = seededPrng(seed + 1);
  const found: Found = {
    violations: [],
    lost: new Set(),
    unacknowledged: new Set(),
    hits: Object.fromEntries(STAGES.map((stage) => [stage, { plain: 0, cut: 0 }])) as Found['hits'],
    missed: [],
    restart: null,
  };
  const waiting: Kill[] = [...killsOf(kills, prng)];
  let answersBefore = 0;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const kill = next;
    const { powerCut } = kill;
    const cycle: Cycle = {
      kill,
      venue,
      again: venue
        .answers()
        .filter(({ quoteId }) => !found.lost.has(quoteId))
        .slice(-AGAIN)
        .map(({ quoteId }) => quoteId),
      start: () => start({ at: kill.at, powerCut, segmentBytesMax: SEGMENT_BYTES_MAX }),
      async ready(engine) {
        found.violations.push(...(await heldAgainst(engine, venue)));
        if (answersBefore > 0) found.restart ??= await disarmedStart(engine);
        await arm(engine);
      },
    };
    const killed = await dieOnce(cycle);
    const answers = venue.answers();
    const { lost, violations } = records.inspect(answers.slice(answersBefore));
    answersBefore = answers.length;
    found.violations.push(...violations.map((violation) => `${named(kill)}: ${violation}`));
    note(found, kill, killed, lost);
    if (killed.missed !== null) waiting.push(kill);
    progress(
      `${lineOf(kill)}: ${killed.missed === null ? 'killed' : 'NOT MET'}, ${killed.answers} answers, ${lost.length} lost`,
    );
    if (found.missed.length > 2 + kills * MISSED_SHARE)
      throw new Error(`seed ${seed}: kills did not meet their place:\n${found.missed.join('\n')}`);
  }
  return found;
}

const lineOf = (kill: Kill): string => `${named(kill)} ${JSON.stringify(kill.at)}`;

const named = ({ stage, powerCut }: Kill): string => `${stage}${powerCut ? ', power cut' : ''}`;

function note(found: Found, kill: Kill, killed: Killed, lost: readonly string[]): void {
  const { stage, powerCut } = kill;
  if (killed.missed === null) found.hits[stage][powerCut ? 'cut' : 'plain'] += 1;
  else found.missed.push(`${lineOf(kill)}, ${killed.answers} answers: ${killed.missed}`);
  if (!powerCut && lost.length > 0) {
    found.violations.push(`${named(kill)}: ${lost.length} answers are not in the journal, such as ${lost[0]}`);
  }
  for (const quoteId of lost) found.lost.add(quoteId);
  for (const quoteId of killed.unacknowledged) if (!found.lost.has(quoteId)) found.unacknowledged.add(quoteId);
}

type Stored = { readonly urls: DatabaseUrls; readonly group: string };

/** One more engine that is not killed: it ends what is open, and everything is held against history. */
async function judged(chain: Chain, found: Found, { urls, group }: Stored): Promise<ChainReport> {
  const { options, accountId, venue, records, start } = chain;
  const { services, seed, kills, progress = () => {} } = options;
  const engine = await start({ at: null, powerCut: false, segmentBytesMax: SEGMENT_BYTES_MAX });
  await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
  found.violations.push(...(await heldAgainst(engine, venue)));
  await arm(engine);
  const before = venue.answers().length;
  await venue.ask(LAST_QUOTES);
  progress('waiting for the ends of the quotes whose deadlines pass');
  const answers = venue.answers();
  const short = answers.filter(({ quoteId }) => venue.asked.get(quoteId)?.isShort === true && !found.lost.has(quoteId));
  const quoteIds = short.map(({ quoteId }) => quoteId);
  const unended = await untilEnded(urls.reader, { accountId, quoteIds, limitMs: ENDS_LIMIT_MS });
  const clean = { exitCode: await engine.stop(), ...journalEnd(engine.stateDir) };
  found.violations.push(...records.inspect(answers.slice(before)).violations);
  await untilCaughtUp(urls.reader, group, await endsOfTopics(services.kafkaBrokers));
  const findings = judge({
    signal: 'SIGKILL',
    before,
    after: answers.length - before,
    answersMin: 1,
    unacknowledgedMin: 0,
    answers,
    unacknowledged: [...found.unacknowledged],
    balances: BALANCES,
    events: venue.events,
    lost: found.lost,
    settled: [...venue.settled],
    unended,
    cleanStops: [clean],
    restart: found.restart ?? { armed: false, armStatus: 409 },
    history: await readHistory(urls.reader, accountId),
  });
  const inTheRecords = {
    name: 'after each kill the records were whole, and the next engine kept what they promise',
    ok: found.violations.length === 0,
    detail: found.violations.slice(0, 5).join('; ') || `${kills} kills`,
  };
  const { hits, lost } = found;
  const counts = { answers: answers.length, settled: venue.settled.size, lost: lost.size };
  return { seed, hits, ...counts, findings: [inTheRecords, ...findings] };
}

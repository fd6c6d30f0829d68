// An upgrade from an older version in its documented order, while it trades; then what each process of the older version does next to
// those of the newer one, and the way back. What is documented is a finding each.

import { join } from 'node:path';
import { describeCluster } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { TOPICS } from '../../../contracts/topics/registry.ts';
import { TABLES } from '../../../sidecars/history-writer/postgres/tables.ts';
import { endsOfTopics, type Services } from '../../harness/prepare.ts';
import type { Service } from '../../harness/service.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { waitFor } from '../../testing/wait.ts';
import { untilCaughtUp } from '../kill/history.ts';
import type { Finding } from '../kill/judge.ts';
import { type Follower, followAll } from '../sidecars/follower.ts';
import { findingOf, judgeBehind, judgeWhole, missingOf, type Produced } from './judge.ts';
import {
  type Ended,
  groupOf,
  type HistoryName,
  openPlace,
  type Place,
  readAgain,
  readRows,
  settledCount,
} from './place.ts';

export type VersionsOptions = {
  /** Of this run alone; empty. */
  readonly dir: string;
  /** A checkout of the older version, ready to run. */
  readonly older: string;
  /** With a Kafka that has no topics yet. */
  readonly services: Services;
  readonly progress: (line: string) => void;
};

const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const SPEED = 15;
const SETTLED = 2;
const TRADE_LIMIT_MS = 180_000;
const HEALTHY_LIMIT_MS = 60_000;
const ADMIN_LIMIT_MS = 30_000;
const WRITTEN_LIMIT_MS = 120_000;
/** ops/deploy/README.md, "Upgrade": what an older history-writer makes dead letters of. */
const DOCUMENTED = ['cmd.execute_trade', 'decision.trade_decision', 'exec.trade_result'];

export async function runVersions(options: VersionsOptions): Promise<readonly Finding[]> {
  const place = await openPlace(options);
  const { progress } = options;
  const followers: Follower[] = [];
  try {
    progress('older topics, schema, history-writer and engine');
    const { writer, engine } = await olderSystem(place);
    progress('newer topics, schema and history-writer; the older engine goes on');
    const upgraded = await upgradeHistory(place, writer);
    const follower = await followAll(place.brokers);
    followers.push(follower);
    // Of older processes alone: the newer history-writer has not begun.
    await follower.readTo(await endsOfTopics(place.brokers));
    const older = copyOf(follower);
    const together = await olderEngineNewerWriter(place, { engine, follower });
    progress('the newer engine on that journal, and an older history-writer that reads what it publishes');
    const newer = await newerEngine(place, { follower, older });
    progress('the history that was left behind is upgraded, and reads everything again');
    const again = await catchUp(place, follower);
    progress('back to the older engine');
    const back = await wayBack(place);
    return [...upgraded, ...together, ...newer, ...again, ...back];
  } finally {
    for (const follower of followers) await follower.close();
    await place.close();
  }
}

/** Has it trade until so many more quotes are settled in that history. */
async function trade({ sim, databases }: Place, history: HistoryName): Promise<void> {
  const url = databases[history].owner;
  const wanted = (await settledCount(url)) + SETTLED;
  const isDone = async () => {
    if ((await sim.tape()).state !== 'playing') await sim.play(TAPE, SPEED);
    return (await settledCount(url)) >= wanted;
  };
  const what = `${SETTLED} more settled quotes in ${history}`;
  await waitFor(isDone, { what, limitMs: TRADE_LIMIT_MS });
}

async function olderSystem(place: Place): Promise<{ readonly writer: Service; readonly engine: Service }> {
  await expectDone(place.command('older', ['topics'], { KAFKA_BROKERS: place.brokers }));
  for (const { owner } of Object.values(place.databases))
    await expectDone(place.command('older', ['migrate'], { DATABASE_URL: owner }));
  const engine = await place.startEngine('older');
  const writer = await place.startWriter('older', 'upgraded');
  await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
  await engine.control.post('/strategy/arm', {});
  await engine.control.post('/executor/arm', { fresh_account: true });
  await trade(place, 'upgraded');
  return { writer, engine };
}

async function expectDone(ended: Promise<Ended>): Promise<void> {
  const { code, said } = await ended;
  if (code !== 0) throw new Error(`a command ended with ${code}: ${said}`);
}

async function upgradeHistory(place: Place, writer: Service): Promise<readonly Finding[]> {
  const stopped = await writer.stop();
  const topics = await place.command('newer', ['topics'], { KAFKA_BROKERS: place.brokers });
  const cluster = await describeCluster({ brokers: place.brokers, timeoutMs: ADMIN_LIMIT_MS });
  const there = new Set(cluster.topics.map(({ name }) => name));
  const schema = await place.command('newer', ['migrate'], { DATABASE_OWNER_URL: place.databases.upgraded.owner });
  const refused = await place.command('older', ['history-writer'], {
    ...{ KAFKA_BROKERS: place.brokers, DATABASE_URL: place.databases.upgraded.owner, CONTROL_PORT: '0' },
    ...{ STATE_DIR: join(writer.stateDir, '../refused'), HISTORY_CONSUMER_GROUP: 'unrip-refused' },
  });
  return [
    endedWith('the older history-writer stops in order', { code: stopped, said: '' }, 0),
    topicsMade(topics, there),
    endedWith('the newer schema is made from the older one, with its records', schema, 0),
    endedWith('the older history-writer refuses the newer schema', refused, 1),
  ];
}

/** Older topics may have other settings than are declared now, which is said with 1; none is changed. */
function topicsMade({ code, said }: Ended, there: ReadonlySet<string>): Finding {
  const missing = TOPICS.filter(({ name }) => !there.has(name)).map(({ name }) => `${name} is missing`);
  const name = 'the newer topics are made next to the older ones, which stay as they are';
  return findingOf(name, code > 1 ? [`it ended with ${code}: ${said}`] : missing, said.split('\n').at(-1) ?? '');
}

const endedWith = (name: string, { code, said }: Ended, wanted: number): Finding =>
  findingOf(name, code === wanted ? [] : [`it ended with ${code}: ${said}`], said.split('\n').at(-1) ?? '');

type WithEngine = { readonly engine: Service; readonly follower: Follower };

async function olderEngineNewerWriter(place: Place, { engine, follower }: WithEngine): Promise<readonly Finding[]> {
  await place.startWriter('newer', 'upgraded');
  await trade(place, 'upgraded');
  await place.sim.stopTape();
  await disarm(engine);
  const stopped = await engine.stop();
  const known = await written(place, 'upgraded', follower);
  const rows = await readRows(place.databases.upgraded.owner);
  return [
    endedWith('the older engine stops in order', { code: stopped, said: '' }, 0),
    judgeWhole('a newer history-writer writes all that an older engine publishes', known, rows),
  ];
}

async function disarm({ control }: Service): Promise<void> {
  for (const part of ['executor', 'strategy']) await control.post(`/${part}/disarm`, {});
}

/** @returns event ids that Kafka has, once that history has them */
async function written({ brokers, databases }: Place, history: HistoryName, follower: Follower): Promise<Produced> {
  await follower.readTo(await endsOfTopics(brokers));
  const known = copyOf(follower);
  await untilCaughtUp(databases[history].owner, groupOf(history), await endsOfTopics(brokers));
  return known;
}

/** Event ids by table, as of now. */
const copyOf = (follower: Follower): Produced =>
  new Map([...follower.ids()].map(([topic, ids]) => [TABLES[topic].name, new Set(ids)]));

const without = (all: Produced, some: Produced): Produced =>
  new Map([...all].map(([table, ids]) => [table, new Set([...ids].filter((id) => some.get(table)?.has(id) !== true))]));

type WithOlder = { readonly follower: Follower; readonly older: Produced };

async function newerEngine(place: Place, { follower, older }: WithOlder): Promise<readonly Finding[]> {
  const behind = await place.startWriter('older', 'behind');
  const engine = await place.startEngine('newer');
  await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
  const refusal = await armRefusal(engine);
  await trade(place, 'upgraded');
  await place.sim.stopTape();
  await disarm(engine);
  const stopped = await engine.stop();
  const all = await written(place, 'upgraded', follower);
  const newer = without(all, older);
  const rows = await behindRows(place, newer);
  await behind.stop();
  const whole = await readRows(place.databases.upgraded.owner);
  return [
    findingOf(
      'the newer engine takes the journal of the older one over',
      refusal,
      'armed without a finding of recovery',
    ),
    endedWith('the newer engine stops in order', { code: stopped, said: '' }, 0),
    judgeWhole('a newer history-writer has what both engines published', all, whole, DOCUMENTED),
    ...judgeBehind({ older, newer, rows, documented: DOCUMENTED }),
  ];
}

/** What keeps it from being armed as at any other start. */
async function armRefusal({ control }: Service): Promise<readonly string[]> {
  await control.post('/strategy/arm', { forever: true });
  try {
    await control.post('/executor/arm', { forever: true, fresh_account: true });
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** Of the history that is left behind, once it has a row or a dead letter of each, or takes too long for it. */
async function behindRows({ databases }: Place, newer: Produced) {
  const read = () => readRows(databases.behind.owner);
  const isDone = async () => {
    const rows = await read();
    const dead = new Set(rows.dead.map(({ eventId }) => eventId));
    return missingOf(newer, rows).every((text) => dead.has(text.split(' ')[0] ?? null));
  };
  await waitFor(isDone, { what: 'a row or a dead letter of each', limitMs: WRITTEN_LIMIT_MS }).catch(() => {});
  return await read();
}

async function catchUp(place: Place, follower: Follower): Promise<readonly Finding[]> {
  const { owner } = place.databases.behind;
  const schema = await place.command('newer', ['migrate'], { DATABASE_OWNER_URL: owner });
  await readAgain(owner, 'behind');
  const writer = await place.startWriter('newer', 'behind');
  const known = await written(place, 'behind', follower);
  const rows = await readRows(owner);
  const stopped = await writer.stop();
  return [
    endedWith('the schema that was left behind is upgraded', schema, 0),
    judgeWhole('read again from the start, the history that was left behind has everything', known, rows, DOCUMENTED),
    endedWith('its history-writer stops in order', { code: stopped, said: '' }, 0),
  ];
}

async function wayBack(place: Place): Promise<readonly Finding[]> {
  const refused = await place.startEngine('older').then(
    async (engine) => {
      await engine.kill();
      return ['it runs on the journal of the newer one'];
    },
    (error: unknown) => (/ended with [1-9]/.test(String(error)) ? [] : [String(error)]),
  );
  const engine = await place.startEngine('newer');
  await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
  const left = await armRefusal(engine);
  await engine.stop();
  return [
    findingOf('the older engine refuses the journal of a newer one', refused, 'it ended at its start'),
    findingOf('which is as it was: the newer engine runs on it', left, 'armed without a finding of recovery'),
  ];
}

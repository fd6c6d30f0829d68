import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import { begun, moved, type Tracked } from '../actions/tracked.ts';
import { emptyState, readState, writeState } from './kept.ts';
import { Ledger } from './ledger.ts';
import { isManagerOf, lockStateDir } from './lock.ts';

const ACCOUNT = 'solver.near';
const opened: Ledger[] = [];
afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
});

const deposit = (id: string, nowMs = 1_767_225_600_000): Tracked =>
  begun(
    {
      liquidity_action_id: id,
      account_id: ACCOUNT,
      kind: 'deposit',
      status: 'seen',
      bridge: 'poa',
      chain: 'btc:mainnet',
    },
    nowMs,
  );

/** A run of the process on a state directory; Kafka takes what `acknowledge` says. */
function open(path: string, { failWrites = false } = {}) {
  const read = readState(path, ACCOUNT);
  if (!read.ok) throw new Error(read.problem);
  const sent: {
    readonly eventId: string;
    readonly payload: OpsLiquidityAction;
    readonly settle: (error?: Error) => void;
  }[] = [];
  const state = { failWrites };
  const clock = new ManualClock();
  const { log, events } = keptLog();
  const moments: string[] = [];
  const ledger = new Ledger({
    path,
    kept: read.state,
    clock,
    log,
    render: ({ eventId, atMs, payload }) => JSON.stringify({ eventId, atMs, payload }),
    sender: {
      send: (_topic, _key, value) => {
        const { promise, resolve, reject } = Promise.withResolvers<{ partition: number; offset: number }>();
        const { eventId, payload } = JSON.parse(value);
        sent.push({
          eventId,
          payload,
          settle: (error) => (error === undefined ? resolve({ partition: 0, offset: 1 }) : reject(error)),
        });
        return promise as never;
      },
    },
    onRecord: (before, after) => void moments.push(`${before?.action.status ?? '-'}>${after.action.status}`),
    write: (file, kept) => {
      if (state.failWrites) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      writeState(file, kept);
    },
  });
  opened.push(ledger);
  return { ledger, sent, clock, events, moments, state };
}

const settled = (): Promise<void> => Promise.resolve().then(() => undefined);

describe('a step', () => {
  test('is on disk with its record before the record is sent, and the same record after a kill', () => {
    using dir = tempDir();
    const path = join(dir.path, 'state.json');
    const first = open(path);
    expect(first.ledger.commit([deposit('liq-1')])).toBe(true);
    const onDisk = readState(path, ACCOUNT);
    expect(onDisk.ok && onDisk.state.outbox.map(({ event_id }) => event_id)).toEqual(
      first.sent.map(({ eventId }) => eventId),
    );
    // Killed: nothing was acknowledged, nothing closed.
    const second = open(path);
    second.ledger.start();
    expect(second.sent[0]).toMatchObject({ eventId: first.sent[0]?.eventId, payload: { transition_seq: 1 } });
    // What is not over is published again, as a further record.
    expect(second.sent[1]).toMatchObject({
      payload: { liquidity_action_id: 'liq-1', transition_seq: 2, previous_status: 'seen' },
    });
    expect(second.sent[1]?.eventId).not.toBe(second.sent[0]?.eventId);
  });

  test('that Kafka acknowledged is not sent again, and one that it refuses is passed', async () => {
    using dir = tempDir();
    const path = join(dir.path, 'state.json');
    const { ledger, sent, events } = open(path);
    ledger.commit([deposit('liq-1'), deposit('liq-2'), deposit('liq-3')]);
    sent[0]?.settle();
    sent[1]?.settle(Object.assign(new Error('too large'), { name: 'RecordRefused' }));
    await settled();
    await settled();
    expect(ledger.counts()).toEqual({ waiting: 1, published: 1 });
    expect(events()).toContain('record_not_published');
    ledger.close();
    const again = readState(path, ACCOUNT);
    expect(again.ok && again.state.outbox.map(({ payload }) => payload.liquidity_action_id)).toEqual(['liq-3']);
  });

  test('that cannot be written did not happen: nothing is sent, nothing changes, and it is taken when the disk has room', () => {
    using dir = tempDir();
    const path = join(dir.path, 'state.json');
    const { ledger, sent, state, events, moments } = open(path, { failWrites: true });
    expect(ledger.commit([deposit('liq-1')])).toBe(false);
    expect(ledger.commit([deposit('liq-1')])).toBe(false);
    expect([ledger.book.size, sent, moments]).toEqual([0, [], []]);
    expect(ledger.problem).toBe('state_not_written');
    // Once, not with every try.
    expect(events()).toEqual(['state_not_written']);
    state.failWrites = false;
    expect(ledger.commit([deposit('liq-1')])).toBe(true);
    expect([ledger.problem, sent.length]).toEqual([null, 1]);
    expect(events()).toEqual(['state_not_written', 'state_written_again']);
  });

  test('of several states of an action has a record for each, in order', () => {
    using dir = tempDir();
    const { ledger, sent, moments } = open(join(dir.path, 'state.json'));
    const first = deposit('liq-1');
    const next = moved(first, { status: 'credited' }, 1_767_225_601_000);
    ledger.commit([first, next]);
    expect(sent.map(({ payload }) => payload.transition_seq)).toEqual([1, 2]);
    expect(moments).toEqual(['->seen', 'seen>credited']);
  });

  test('is refused while too many records wait for Kafka, and taken once some are acknowledged', async () => {
    using dir = tempDir();
    const { ledger, sent } = open(join(dir.path, 'state.json'));
    let tracked = deposit('liq-1');
    for (let count = 0; count < 50; count++) {
      const states: Tracked[] = [];
      for (let each = 0; each < 100; each++) {
        tracked = moved(tracked, { confirmations: count * 100 + each }, 1_767_225_600_000);
        states.push(tracked);
      }
      expect(ledger.commit(states)).toBe(true);
    }
    expect(ledger.commit([deposit('liq-2')])).toBe(false);
    expect(ledger.problem).toBe('outbox_full');
    sent[0]?.settle();
    await settled();
    expect([ledger.commit([deposit('liq-2')]), ledger.problem]).toEqual([true, null]);
  });
});

test('what is repeated while Kafka is away takes no room from steps', async () => {
  using dir = tempDir();
  const { ledger, sent } = open(join(dir.path, 'state.json'));
  ledger.commit([deposit('liq-1'), deposit('liq-2')]);
  sent[0]?.settle();
  await settled();
  for (let times = 0; times < 100; times++) ledger.repeat();
  expect(ledger.counts().waiting).toBe(2);
  expect(sent.map(({ payload }) => [payload.liquidity_action_id, payload.transition_seq])).toEqual([
    ['liq-1', 1],
    ['liq-2', 1],
    ['liq-1', 2],
  ]);
});

test('a freeze, and how long an action has waited, are known after a kill', () => {
  using dir = tempDir();
  const path = join(dir.path, 'state.json');
  const first = open(path);
  first.ledger.commit([deposit('liq-1')]);
  expect(first.ledger.setFreeze('operator')).toBe(true);
  const [tracked] = [...first.ledger.book.values()];
  if (tracked === undefined) throw new Error('no action');
  first.ledger.note([{ ...tracked, notes: { waited_ms: 77_000 } }]);
  first.clock.advance(60_000);
  const second = open(path);
  expect(second.ledger.freeze).toMatchObject({ by: 'operator' });
  expect([...second.ledger.book.values()][0]?.notes.waited_ms).toBe(77_000);
  expect(second.ledger.setFreeze(null)).toBe(true);
  expect(open(path).ledger.freeze).toBeNull();
});

describe('while the disk is full', () => {
  const frozenOnDisk = (path: string) => open(path).ledger.freeze?.by ?? null;

  test('a freeze is in force at once, and on disk once there is room, without anything else', () => {
    using dir = tempDir();
    const path = join(dir.path, 'state.json');
    const { ledger, state, clock, events } = open(path, { failWrites: true });
    expect(ledger.setFreeze('operator')).toBe(true);
    expect([ledger.freeze?.by, ledger.isFreezeWritten]).toEqual(['operator', false]);
    clock.advance(60_000);
    expect(events()).toEqual(['state_not_written']);
    state.failWrites = false;
    clock.advance(5_000);
    expect([ledger.isFreezeWritten, frozenOnDisk(path)]).toEqual([true, 'operator']);
  });

  test('a freeze is not ended: it would be there again after a restart', () => {
    using dir = tempDir();
    const path = join(dir.path, 'state.json');
    const { ledger, state } = open(path);
    ledger.setFreeze('operator');
    state.failWrites = true;
    expect(ledger.setFreeze(null)).toBe(false);
    expect([ledger.freeze?.by, frozenOnDisk(path)]).toEqual(['operator', 'operator']);
  });
});

describe('a state that cannot be used is refused by name', () => {
  test.each([
    ['cut off', (text: string) => text.slice(0, -5), 'not JSON'],
    ['of another version', (text: string) => text.replace('"version":1', '"version":9'), '/version'],
    ['of another account', (text: string) => text.replaceAll(ACCOUNT, 'other.near'), 'other.near'],
    ['with a status that does not exist', (text: string) => text.replace('"status":"seen"', '"status":"x"'), 'status'],
  ])('%s', (_what, spoil, problem) => {
    using dir = tempDir();
    const path = join(dir.path, 'state.json');
    open(path).ledger.commit([deposit('liq-1')]);
    writeFileSync(path, spoil(readFileSync(path, 'utf8')));
    expect(readState(path, ACCOUNT)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });
});

test('a state directory has one manager, and shows whether it runs', () => {
  using dir = tempDir();
  expect(isManagerOf(dir.path)).toBe(false);
  const release = lockStateDir(dir.path);
  expect(lockStateDir(dir.path)).toBeNull();
  expect(isManagerOf(dir.path)).toBe(true);
  release?.();
  expect(isManagerOf(dir.path)).toBe(false);
});

test('how far the observers have read is kept, soon after they have, and an earlier state has none of it', () => {
  using dir = tempDir();
  const path = join(dir.path, 'state.json');
  const { observed: _none, ...earlier } = emptyState(ACCOUNT);
  writeState(path, earlier);
  const first = open(path);
  expect(first.ledger.observedTo('btc:mainnet')).toBeNull();
  first.ledger.noteObserved('btc:mainnet', 900_000);
  first.clock.advance(60_000);
  // A kill: nothing was closed.
  expect(open(path).ledger.observedTo('btc:mainnet')).toBe(900_000);
});

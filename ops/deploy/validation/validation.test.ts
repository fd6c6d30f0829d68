// The eleven steps against processes that say what a test has them say: which are well, which fail, and what is armed.

import { expect, test } from 'bun:test';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallResult } from '../../../contracts/runtime/control/client.ts';
import { isoTime } from '../../../contracts/time.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { validate } from './run.ts';
import type { World } from './step.ts';

const ARMED = { armed: false, by: 'start', since: '2026-01-15T12:00:00.000Z' };

function engineState() {
  return {
    healthy: true,
    reasons: [] as string[],
    account_id: 'solver.near',
    not_trading: [] as string[],
    reference: { source: 'kraken', fair_rate: '60000.1', freshness_ms: 90, problem: null as string | null, records: 1 },
    inventory: {
      block_height: 100 as number | null,
      age_ms: 900,
      assets: { btc: { credited: '10', spendable: '10' } },
      reconciliation: { status: 'ok', note: null as string | null },
    },
    strategy: {
      arm: { ...ARMED },
      limits: { max_notional_eur: '5.000000000000000000' },
      rejected_by_reason: { strategy_disarmed: 3 },
      latest_rejected: { quote_id: 'q0', reason: 'strategy_disarmed', detail: 'the strategy is disarmed' } as
        | object
        | null,
    },
    executor: {
      arm: { ...ARMED },
      mode: 'live',
      last_command: null as object | null,
      recent_attempts: [] as object[],
    },
  };
}

const managerState = () => ({
  healthy: true,
  reasons: [] as string[],
  deposit_addresses: [{ chain: 'btc:mainnet', address: 'bc1q', status: 'active' }],
  pending_credits: [],
  credited_deposits: [{ asset_id: 'btc', amount: '10', status: 'credited' }] as object[],
});

const CHAIN = {
  ...{ received_at: 'x', ttl_ms: 'x', price_id: 'x', price_sampled_at: 'x', inventory_id: 'x' },
  ...{
    reconciliation_status: 'ok',
    decision_id: 'x',
    command_id: 'x',
    execution_id: 'x',
    quote_hash: 'x',
    status: 'settled',
  },
};

/** A system where all is well. */
function system() {
  const made = {
    engine: engineState(),
    manager: managerState(),
    writer: { healthy: true, reasons: [] as string[] },
    chain: { ...CHAIN } as Record<string, string | null>,
    /** What happens when a part of the engine is armed; null: it is refused. */
    armed: 'accepted' as string | null,
    /** What a part answers when it is disarmed. */
    disarmed: { kind: 'done', status: 200, answer: { to: { armed: false } } } as CallResult,
    isMoving: true,
    posted: [] as string[],
  };
  const done = (answer: unknown): CallResult => ({ kind: 'done', status: 200, answer });
  const engine = {
    get: (): Promise<CallResult> => {
      if (made.isMoving) {
        made.engine.reference.records++;
        made.engine.inventory.block_height = (made.engine.inventory.block_height ?? 0) + 1;
      }
      return Promise.resolve(done(structuredClone(made.engine)));
    },
    post(path: string): Promise<CallResult> {
      made.posted.push(path);
      if (path.endsWith('/disarm')) return Promise.resolve(made.disarmed);
      if (made.armed === null) {
        return Promise.resolve({ kind: 'refused', status: 409, answer: null, detail: 'The journal is young' });
      }
      const at = isoTime(Date.now());
      const attempt = {
        decided_at: at,
        quote_id: 'q1',
        quote_hash: 'hash',
        state: made.armed,
        result_code: null,
        note: '',
      };
      made.engine.executor.last_command = { command_id: 'cmd-q1', quote_id: 'q1', at };
      made.engine.executor.recent_attempts = [attempt];
      return Promise.resolve(done({}));
    },
  };
  const silent = (read: () => unknown) => ({
    get: () => Promise.resolve(done(read())),
    post: (path: string) => Promise.resolve(done(path)),
  });
  const world: World = {
    processes: { engine, 'history-writer': silent(() => made.writer), 'liquidity-manager': silent(() => made.manager) },
    query: () => Promise.resolve([made.chain]),
    maxEur: 5,
    arming: { minutes: 15, freshAccount: false },
    async until(ask) {
      for (let asked = 0; asked < 3; asked++) {
        const given = await ask();
        if (given !== null) return given;
      }
      return null;
    },
    isEnded: () => false,
  };
  return { made, world };
}

async function run(change: (made: ReturnType<typeof system>['made']) => void, over: Partial<World> = {}) {
  const { made, world } = system();
  change(made);
  const lines: string[] = [];
  const isWell = await validate({ ...world, ...over }, (line) => void lines.push(line));
  const numbers = (verdict: string) => lines.flatMap((line) => new RegExp(`^${verdict} +(\\d+)`).exec(line)?.[1] ?? []);
  return { isWell, lines, ok: numbers('ok'), failed: numbers('FAIL'), posted: made.posted };
}

test('all eleven are well, the limit before the arming, and what was armed is disarmed', async () => {
  const { isWell, ok, failed, posted } = await run(() => {});
  expect(failed).toEqual([]);
  expect(ok).toEqual(['1', '2', '3', '4', '5', '6', '8', '7', '9', '10', '11']);
  expect(isWell).toBe(true);
  expect(posted).toEqual(['/strategy/arm', '/executor/arm', '/executor/disarm', '/strategy/disarm']);
});

test('without the word of the operator nothing is armed', async () => {
  const { isWell, failed, posted } = await run(() => {}, { arming: null });
  expect([isWell, failed, posted]).toEqual([false, ['7'], []]);
});

test.each<[string, string, string, (made: ReturnType<typeof system>['made']) => void]>([
  ['a process that is unwell', '1', 'Codes', ({ writer }) => Object.assign(writer, { healthy: false, reasons: ['x'] })],
  ['an answer of another version', '1', 'version', (made) => Object.assign(made, { writer: {} })],
  ['a price that does not move', '2', 'doctor prices', (made) => Object.assign(made, { isMoving: false })],
  [
    'a price problem',
    '2',
    'doctor prices',
    ({ engine }) => Object.assign(engine.reference, { problem: 'price_stale' }),
  ],
  ['no block', '3', 'doctor near', (made) => Object.assign(made, { isMoving: false })],
  ['a breach', '3', 'compare', ({ engine }) => Object.assign(engine.inventory.reconciliation, { status: 'breach' })],
  ['nothing credited', '3', 'deposit', ({ engine }) => Object.assign(engine.inventory.assets.btc, { spendable: '0' })],
  ['no deposit', '4', 'unrip deposit', ({ manager }) => manager.credited_deposits.splice(0)],
  ['a part that was armed', '5', 'disarm', ({ engine }) => Object.assign(engine.strategy.arm, { armed: true })],
  ['one that was armed before', '5', 'disarm', ({ engine }) => Object.assign(engine.executor.arm, { by: 'operator' })],
  ['no rejection', '6', '--wait', ({ engine }) => Object.assign(engine.strategy, { latest_rejected: null })],
  [
    'a high limit',
    '8',
    'MAX_NOTIONAL',
    ({ engine }) => Object.assign(engine.strategy.limits, { max_notional_eur: '50' }),
  ],
])('%s fails step %s, whose fix has %p, and nothing is armed', async (_what, step, fix, change) => {
  const { isWell, failed, posted, lines } = await run(change);
  expect(isWell).toBe(false);
  expect(failed).toContain(step);
  expect(lines.join('\n')).toContain(`not done: 7.`);
  expect(lines.filter((line) => line.includes('fix: ')).join('\n')).toContain(fix);
  expect(posted).toEqual([]);
});

test.each<[string, string, string, (made: ReturnType<typeof system>['made']) => void]>([
  ['shadow mode', '7', 'EXECUTOR_MODE=live', ({ engine }) => Object.assign(engine.executor, { mode: 'shadow' })],
  ['a refusal', '7', 'do what the answer says', (made) => Object.assign(made, { armed: null })],
  ['an answer that the venue refused', '10', 'unrip trace', (made) => Object.assign(made, { armed: 'rejected' })],
  ['a missing record', '11', 'history-writer', ({ chain }) => Object.assign(chain, { reconciliation_status: null })],
])('%s fails step %s, whose fix has %p, and all is disarmed', async (_what, step, fix, change) => {
  const { isWell, failed, posted, lines } = await run(change);
  expect([isWell, failed]).toEqual([false, [step]]);
  expect(lines.at(-1)).toContain(fix);
  expect(posted.slice(-2)).toEqual(['/executor/disarm', '/strategy/disarm']);
});

test.each<[string, CallResult]>([
  ['no answer', { kind: 'unknown', status: null, answer: null, detail: 'no answer within 20 s' }],
  ['a refusal', { kind: 'refused', status: 401, answer: null, detail: 'a wrong token' }],
  ['an answer that shows it armed', { kind: 'done', status: 200, answer: { to: { armed: true } } }],
])('when all is well and the disarming gets %s, nothing is well', async (_what, disarmed) => {
  const { isWell, lines, posted } = await run((made) => Object.assign(made, { disarmed }));
  expect(isWell).toBe(false);
  expect(lines.join('\n')).toMatch(/FAIL the executor may still be armed: .*FAIL the strategy may still be armed: /s);
  expect(posted.at(-1)).toBe('/strategy/disarm');
});

test('a signal ends it before anything is armed, or disarms what was', async () => {
  const before = await run(() => {}, { isEnded: () => true });
  expect([before.isWell, before.posted]).toEqual([false, []]);
  const { made, world } = system();
  const ended = { ...world, isEnded: () => made.posted.includes('/executor/arm') };
  const lines: string[] = [];
  expect(await validate(ended, (line) => void lines.push(line))).toBe(false);
  expect(lines.at(-1)).toBe('ended by a signal');
  expect(made.posted).toEqual(['/strategy/arm', '/executor/arm', '/executor/disarm', '/strategy/disarm']);
});

test('a command that does not come says why, with the most frequent rejections', async () => {
  const { world, made } = system();
  const { engine } = world.processes;
  const deaf = {
    ...engine,
    post: (path: string) => Promise.resolve<CallResult>({ kind: 'done', status: 200, answer: path }),
  };
  made.engine.not_trading = ['relay_down'];
  const lines: string[] = [];
  expect(
    await validate({ ...world, processes: { ...world.processes, engine: deaf } }, (line) => lines.push(line)),
  ).toBe(false);
  expect(lines.join('\n')).toContain('FAIL 9. one command');
  expect(lines.join('\n')).toContain('relay_down; rejected: strategy_disarmed 3');
});

test.each([
  ['UNRIP_CACHE', ''],
  ['XDG_CACHE_HOME', 'unrip'],
  ['HOME', '.cache/unrip'],
])(
  'the script runs in the Bun of this version, from the cache that %s names, and in no other',
  async (variable, below) => {
    using dir = tempDir('validate');
    const cache = join(dir.path, below);
    for (const version of ['0.1.0', Bun.version, '9.9.9']) {
      const folder = join(cache, `bun-${version}`);
      mkdirSync(folder, { recursive: true });
      if (version === Bun.version) symlinkSync(process.execPath, join(folder, 'bun'));
      else writeFileSync(join(folder, 'bun'), '#!/bin/sh\necho another Bun\n', { mode: 0o755 });
    }
    const child = Bun.spawn(['sh', join(import.meta.dir, 'validate.sh'), '--help'], {
      env: { PATH: process.env['PATH'] ?? '', [variable]: dir.path },
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ code, err, out: out.split(' [')[0] }).toEqual({
      code: 0,
      err: '',
      out: 'ops/deploy/validation/validate.sh',
    });
  },
);

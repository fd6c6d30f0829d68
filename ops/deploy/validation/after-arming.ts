// The steps that risk a few EUR: arming, one command, one execution attempt, and its record.

import { Type } from '@sinclair/typebox';
import { parseIsoTime } from '../../../contracts/time.ts';
import { findLimit } from './before-arming.ts';
import { ask, type Found, failed, type Seen, type Step, type World } from './step.ts';

const Attempt = Type.Object({
  quote_id: Type.String(),
  decided_at: Type.String(),
  quote_hash: Type.Union([Type.String(), Type.Null()]),
  state: Type.String(),
  result_code: Type.Union([Type.String(), Type.Null()]),
  note: Type.String(),
});
const TradingSeen = Type.Object({
  account_id: Type.String(),
  not_trading: Type.Array(Type.String()),
  strategy: Type.Object({ rejected_by_reason: Type.Record(Type.String(), Type.Integer()) }),
  executor: Type.Object({
    mode: Type.String(),
    last_command: Type.Union([
      Type.Null(),
      Type.Object({ command_id: Type.String(), quote_id: Type.String(), at: Type.String() }),
    ]),
    recent_attempts: Type.Array(Attempt),
  }),
});

const tradingOf = (world: World) => ask(world, 'engine', { path: '/state', shape: TradingSeen });

async function arm(world: World, found: Found): Promise<Seen> {
  if (world.arming === null) {
    return {
      saw: 'nothing was armed, as --arm was not given',
      fix: 'run it again with --arm: quotes of a few EUR are then signed and can settle',
    };
  }
  const trading = await tradingOf(world);
  if (!trading.ok) return trading.seen;
  if (trading.value.executor.mode !== 'live')
    return { saw: `the executor is in ${trading.value.executor.mode} mode`, fix: 'EXECUTOR_MODE=live' };
  const limit = await findLimit(world);
  if (failed(limit)) return limit;
  const { minutes, freshAccount } = world.arming;
  const beganAtMs = Date.now();
  for (const part of ['strategy', 'executor']) {
    const fresh = part === 'executor' && freshAccount ? { fresh_account: true } : {};
    const armed = await world.processes.engine.post(`/${part}/arm`, { for_minutes: minutes, ...fresh });
    if (armed.kind !== 'done')
      return { saw: `${part}: ${armed.detail}`, fix: 'do what the answer says, then run this again' };
  }
  found.armedAtMs = beganAtMs;
  return { saw: `both armed for ${minutes} minutes; they are disarmed when this ends` };
}

/** Clocks of this machine and the engine's may differ by so much. */
const CLOCKS_DIFFER_MS = 2_000;
const isSince = (at: string, found: Found): boolean =>
  (parseIsoTime(at) ?? 0) >= (found.armedAtMs ?? Number.POSITIVE_INFINITY) - CLOCKS_DIFFER_MS;

async function findCommand(world: World, found: Found): Promise<Seen> {
  const command = await world.until(async () => {
    const trading = await tradingOf(world);
    const last = trading.ok ? trading.value.executor.last_command : null;
    return last !== null && isSince(last.at, found) ? last : null;
  });
  if (command !== null) return { saw: `${command.command_id} at ${command.at}` };
  const trading = await tradingOf(world);
  if (!trading.ok) return trading.seen;
  const { not_trading: why, strategy } = trading.value;
  const rejections = Object.entries(strategy.rejected_by_reason).sort(([, a], [, b]) => b - a);
  const shown = rejections.slice(0, 3).map(([reason, count]) => `${reason} ${count}`);
  return {
    saw: `no command; ${why.length > 0 ? why.join(', ') : 'nothing keeps it from trading'}; rejected: ${shown.join(', ') || 'nothing'}`,
    fix: 'find the codes in ops/OPERATIONS.md, "Codes"; where no request came that could be answered, wait longer: --wait SECONDS',
  };
}

/** An answer left, whatever became of it. */
const SENT = ['submitted', 'accepted', 'settled', 'expired', 'voided', 'pulled', 'late', 'rejected', 'uncertain'];
/** What the venue took. */
const TAKEN = ['accepted', 'settled', 'expired', 'voided', 'pulled'];

async function findAttempt(world: World, found: Found): Promise<Seen> {
  let latest: { readonly quote_id: string; readonly state: string; readonly note: string } | null = null;
  const taken = await world.until(async () => {
    const trading = await tradingOf(world);
    if (!trading.ok) return null;
    const { recent_attempts: attempts } = trading.value.executor;
    const since = attempts.filter(
      ({ decided_at, quote_hash, state }) => isSince(decided_at, found) && quote_hash !== null && SENT.includes(state),
    );
    latest = since[0] ?? latest;
    return since.find(({ state }) => TAKEN.includes(state)) ?? null;
  });
  if (taken !== null) {
    found.quoteId = taken.quote_id;
    return { saw: `${taken.quote_id}: ${taken.state} (${taken.result_code}), quote hash ${taken.quote_hash}` };
  }
  return {
    saw: latest === null ? 'no answer was sent' : `none was accepted; the last: ${JSON.stringify(latest)}`,
    fix: './unrip trace QUOTE_ID shows what the relay said; ./unrip doctor venue near',
  };
}

/** What a linked chain has, in the columns of the view; null where a part is missing. */
const LINKS = {
  frame: 'received_at',
  demand: 'ttl_ms',
  price: 'price_id',
  'sampled price': 'price_sampled_at',
  inventory: 'inventory_id',
  'inventory record': 'reconciliation_status',
  decision: 'decision_id',
  command: 'command_id',
  result: 'execution_id',
  'signed quote': 'quote_hash',
} as const;

async function findChain(world: World, found: Found): Promise<Seen> {
  const trading = await tradingOf(world);
  if (!trading.ok) return trading.seen;
  const columns = [...new Set(Object.values(LINKS)), 'status'].join(', ');
  const text = `select ${columns} from trade_chain where account_id = $1 and quote_id = $2`;
  let missing: readonly string[] = Object.keys(LINKS);
  let problem: string | null = null;
  const whole = await world.until(async () => {
    try {
      const [row = {}] = await world.query(text, [trading.value.account_id, found.quoteId ?? '']);
      missing = Object.entries(LINKS).flatMap(([link, column]) => ((row[column] ?? null) === null ? [link] : []));
      problem = null;
      return missing.length === 0 ? row : null;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      return null;
    }
  });
  if (whole !== null) return { saw: `${Object.keys(LINKS).join(', ')}: all on record; status ${whole['status']}` };
  return {
    saw: problem ?? `of ${found.quoteId} PostgreSQL lacks: ${missing.join(', ')}`,
    fix: './unrip doctor kafka postgres; GET /state of the history-writer shows what it waits for',
  };
}

export const AFTER_ARMING: readonly Step[] = [
  { number: 7, title: 'strategy and executor are armed', did: 'armed both, for minutes', run: arm },
  { number: 9, title: 'one command', did: 'waited for a command of this arming', run: findCommand },
  {
    number: 10,
    title: 'one real execution attempt',
    did: 'waited for an answer that the venue accepted',
    run: findAttempt,
  },
  {
    number: 11,
    title: 'PostgreSQL has the full linked chain',
    did: 'read it from the view trade_chain',
    run: findChain,
  },
];

// What is logged of a trade: one line for each change of its state, with the ids that lead to the records, and no payload.

import { describe, expect, test } from 'bun:test';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import type { DecidedFact, TransitionFact } from '../model/facts.ts';
import { type Answer, errorReply, okReply, statusFrame } from '../scenario/frames.fixture.ts';
import { type Rig, readyRig } from '../scenario/loop.fixture.ts';
import {
  armChanged,
  capitalBreached,
  commandRefused,
  decisionAccepted,
  rejectionFirst,
  tradeMoved,
  tradeShadowed,
} from './log-lines.ts';

const IDS = { quote_id: 'quote-1', command_id: 'cmd-quote-1', execution_id: 'exe-quote-1' };

/** What the loop journalled of the quote, as lines. */
function linesOf(rig: Rig): Record<string, unknown>[] {
  const { log, lines } = keptLog();
  for (const fact of rig.heardOf('quote-1')) logDecision(log, fact);
  for (const fact of rig.movesOf('quote-1')) tradeMoved(log, fact);
  return lines.map((line) => JSON.parse(line));
}

function logDecision(log: ReturnType<typeof keptLog>['log'], fact: DecidedFact): void {
  if (fact.decision.accepted) {
    decisionAccepted(log, fact, 120);
    commandRefused(log, fact);
    tradeShadowed(log, fact);
  } else rejectionFirst(log, fact, 'why');
}

test('an accepted decision has its ids, edge, age of the price and inventory in the body', async () => {
  using rig = await readyRig();
  rig.answered('quote-1');
  expect(linesOf(rig)[0]).toMatchObject({
    level: 'info',
    event: 'decision_accepted',
    topic: 'decision.trade_decision',
    quote_id: 'quote-1',
    decision_id: 'dec-quote-1',
    command_id: 'cmd-quote-1',
    direction: 'BTC->EURe',
    gross_edge_pct: expect.stringMatching(/^2\.00\d\d$/),
    price_freshness_ms: 100,
    inventory_id: rig.heardOf('quote-1')[0]?.inventory?.inventoryId as string,
  });
});

test('a rejected one has its reason and the same numbers', async () => {
  using rig = await readyRig();
  rig.set.strategy = { ...rig.set.strategy, armed: false };
  rig.ask('quote-1');
  expect(linesOf(rig)).toMatchObject([
    {
      level: 'info',
      event: 'decision_rejected_first',
      decision_id: 'dec-quote-1',
      reason: 'strategy_disarmed',
      gross_edge_pct: expect.stringMatching(/^2\.00\d\d$/),
      price_freshness_ms: 100,
    },
  ]);
});

test('a command that the executor refuses is a line with the code', async () => {
  using rig = await readyRig();
  rig.set.executor = { ...rig.set.executor, armed: false };
  rig.ask('quote-1');
  expect(linesOf(rig).at(-1)).toMatchObject({ event: 'trade_rejected', ...IDS, result_code: 'executor_disarmed' });
});

test('a command of shadow mode is a line that says so, without anything of a signature', async () => {
  using rig = await readyRig();
  rig.set.shadow = true;
  rig.ask('quote-1');
  const [accepted, result] = linesOf(rig);
  expect(accepted).toMatchObject({ event: 'decision_accepted', mode: 'shadow', lane: 0, quote_hash: null });
  expect(result).toMatchObject({ event: 'trade_shadow', level: 'info', ...IDS, result_code: 'shadow_mode', lane: 0 });
});

describe('a change of the state of a trade', () => {
  const settle = async (rig: Rig, { nonce, quoteHash, diff }: Answer) => {
    rig.frame(statusFrame(quoteHash, 'tx-1'));
    rig.credit(Object.fromEntries(Object.entries(diff).map(([asset, text]) => [asset, BigInt(text)])));
    rig.clock.advance(2000);
    await rig.poll({ used: [nonce] });
  };
  const CHANGES: readonly (readonly [event: string, level: string, change: (rig: Rig, answer: Answer) => unknown])[] = [
    ['trade_submitted', 'info', () => {}],
    ['trade_accepted', 'info', (rig, { requestId }) => rig.frame(okReply(requestId))],
    ['trade_rejected', 'warn', (rig, { requestId }) => rig.frame(errorReply(requestId, { code: 1, message: 'no' }))],
    ['trade_late', 'info', (rig, { requestId }) => rig.frame(errorReply(requestId, { code: -32098, message: 'no' }))],
    [
      'trade_uncertain',
      'warn',
      (rig) => {
        rig.clock.advance(5000);
        rig.loop.onTick();
      },
    ],
    ['trade_settled', 'info', settle],
    [
      'trade_expired',
      'info',
      async (rig) => {
        rig.clock.advance(120_000);
        await rig.poll();
      },
    ],
  ];

  test.each(CHANGES)('%s is a line of level %s with the ids of the quote', async (event, level, change) => {
    using rig = await readyRig();
    await change(rig, rig.answered('quote-1'));
    const last = linesOf(rig).at(-1);
    expect(last).toMatchObject({ event, level, topic: 'exec.trade_result', ...IDS, recovered: false });
    expect(String(last?.['why']).length).toBeGreaterThan(10);
  });

  test('trade_failed is a warning', async () => {
    using rig = await readyRig();
    rig.set.socketOpen = false;
    rig.ask('quote-1');
    expect(linesOf(rig).at(-1)).toMatchObject({ event: 'trade_failed', level: 'warn', ...IDS });
  });

  test('that a restart led to is marked as recovered', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    const [move] = rig.movesOf('quote-1');
    const { log, lines } = keptLog();
    tradeMoved(log, { ...(move as TransitionFact), recovered: true });
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ ...IDS, recovered: true });
  });
});

test('no line holds a frame, a message to sign or a signature', async () => {
  using rig = await readyRig();
  const { requestId } = rig.answered('quote-1');
  rig.frame(okReply(requestId));
  const [fact] = rig.heardOf('quote-1');
  const text = JSON.stringify(linesOf(rig));
  for (const secret of [fact?.frame, fact?.attempt?.message, fact?.attempt?.signature]) {
    expect(secret?.length).toBeGreaterThan(20);
    expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  }
});

test.each([
  [true, 'armed', 1_767_225_600_000, '2026-01-01T00:00:00.000Z'],
  [false, 'disarmed', null, null],
])('armed: %p is the line "%s", with part, by whom and until when', (armed, event, untilMs, until) => {
  const { log, lines } = keptLog();
  armChanged(log, 'executor', { armed, by: 'operator', untilMs });
  expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ level: 'info', event, part: 'executor', by: 'operator', until });
});

test('a breach is a line with the inventory that it was found in', () => {
  const { log, lines } = keptLog();
  capitalBreached(log, { code: 'balance_loss', detail: 'credited BTC fell by 5' }, 'inv-maker.near-100');
  expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
    ...{ level: 'error', event: 'capital_breached', code: 'balance_loss' },
    inventory_id: 'inv-maker.near-100',
  });
});

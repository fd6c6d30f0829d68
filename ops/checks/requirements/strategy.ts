// What the strategy has to do: judge each request against price, inventory and limits, and leave a record that explains itself.

import type { OpenRequirement, Requirement } from './requirement.ts';

const CONTROL = 'engine/strategy/control.test.ts';
const DECIDE = 'engine/strategy/decide.test.ts';
const GATES = 'engine/loop-gates.test.ts';
const LOOP = 'engine/loop.test.ts';
const PAYLOADS = 'engine/bus/render/payloads.test.ts';
const PRICING = 'engine/strategy/pricing.prop.test.ts';
const PROCESS = 'ops/harness/engine/process.story.it.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const STORY = 'ops/harness/engine/engine.story.test.ts';
const VIEWS = 'engine/observe/observer.test.ts';

const EACH_GATE = '%s alone is all that is against the request';
const LATEST = 'the views tell latest decision, rejection, command, request, reply and error';
const RECORD = 'a decision carries the values it was made on, scaled';
const BLOCKS = 'blocks %s, and what it blocked is a decision with the values that stood';

export const STRATEGY: readonly Requirement[] = [
  {
    sentence: 'Both directions, whichever side is fixed, go through the same decision and execution.',
    test: [LOOP, '%s, shape %s', 'EURe for BTC, BTC fixed'],
  },
  {
    sentence: 'The implied rate, the reference rate and the edge of both directions are computed exactly.',
    test: [PRICING, '%s in %p out %p at %p'],
  },
  {
    sentence: 'The basis between EURe and EUR is part of every comparison.',
    test: [PRICING, 'the basis moves the rate: an EURe at 0.98 EUR makes BTC dearer in EURe'],
  },
  {
    sentence: 'An answer that we price earns at least the target edge at the proceeds of the hedge.',
    test: [PRICING, 'exact in: what we pay earns at least the target at the exact proceeds of the hedge'],
  },
  {
    sentence: 'A gross edge at the threshold passes, one step below it does not.',
    test: [DECIDE, '%s', 'least edge'],
  },
  {
    sentence: 'The threshold is two percent unless it is configured otherwise.',
    test: ['engine/startup/settings.test.ts', 'needs the account and its key, nothing else'],
  },
  {
    sentence: 'A notional at the cap passes, one unit above it does not.',
    test: [DECIDE, '%s', 'notional'],
  },
  {
    sentence: 'The age of the price passes at its limit and blocks beyond it.',
    test: [DECIDE, '%s', 'age of the price'],
  },
  {
    sentence: 'The age of the inventory passes at its limit and blocks beyond it.',
    test: [DECIDE, '%s', 'age of the inventory'],
  },
  {
    sentence: 'An amount at the spendable balance passes, one unit above it does not.',
    test: [DECIDE, '%s', 'spendable inventory'],
  },
  {
    sentence: 'Every reason to reject is one of a closed list, and each of them rejects alone.',
    test: [DECIDE, EACH_GATE],
  },
  {
    sentence: 'The arm state is the last gate, so that a disarmed day shows what would have happened.',
    test: [GATES, 'a disarmed strategy says last that it is disarmed: whatever else is in the way is named'],
  },
  {
    sentence: 'Stale prices block.',
    test: [GATES, BLOCKS, 'a stale price'],
  },
  {
    sentence: 'Before the first price nothing is accepted.',
    test: [GATES, BLOCKS, 'no price yet'],
  },
  {
    sentence: 'Before the first balance nothing is accepted.',
    test: [GATES, 'none yet: nothing can be promised'],
  },
  {
    sentence: 'A balance that is too small blocks the direction that pays it, and only that one.',
    test: [GATES, 'without %s the direction that pays it is blocked, the other is not'],
  },
  {
    sentence: 'One direction can be affordable while the other is not.',
    test: [DECIDE, 'one direction can be affordable while the other is not'],
  },
  {
    sentence: 'A request that the relay no longer collects answers for is expired.',
    test: [GATES, 'a request that waited longer than the relay collects answers is expired'],
  },
  {
    sentence: 'A quote id that comes again gets no second decision.',
    test: [LOOP, 'a request that comes again leaves its raw record and nothing else'],
  },
  {
    sentence: 'A quote id that was rejected gets no second decision either, also when it would pass by then.',
    test: [LOOP, 'the same after a rejection, also when it would pass by now'],
  },
  {
    sentence:
      'Strategy and executor are disarmed at the start of an engine, and nothing is answered until both are armed.',
    test: [
      STORY,
      'starts disarmed, answers in both directions once armed, and sees a settlement through to its record',
    ],
  },
  {
    sentence: 'A restart is disarmed, whatever was armed before.',
    test: [
      'ops/harness/engine/state.story.test.ts',
      'a restart is disarmed, whatever was armed before, and its first line says how many records it was rebuilt from',
    ],
  },
  {
    sentence: 'A demand that fixes both sides is judged as it is.',
    test: [DECIDE, 'a demand that fixes both sides is judged as it is'],
  },
  {
    sentence: 'The arm state is off when it is made, whatever is configured.',
    test: ['engine/safety/arming.test.ts', 'is off at the start'],
  },
  {
    sentence: 'An accepted decision has one command, and a rejected one has none.',
    test: ['engine/bus/render/render.test.ts', 'a rejected one: no command, no result'],
  },
  {
    sentence:
      'A decision record has its ids, pair, direction, rates, edge, age of the price, inventory, outcome and reason.',
    test: [PAYLOADS, RECORD],
  },
  {
    sentence: 'A decision record has the reason as a sentence with the numbers that it rests on.',
    test: [PAYLOADS, '%s: the sentence and its numbers'],
  },
  {
    sentence: 'What a decision did not reach or know is null in its record, not zero.',
    test: [PAYLOADS, 'what was not reached is null, not zero'],
  },
  {
    sentence: 'A rejection is recorded like an acceptance, with the price and inventory that were there.',
    test: [GATES, BLOCKS, 'the strategy disarmed'],
  },
  {
    sentence: 'The strategy shows its health and state, and is paused and resumed, over HTTP.',
    test: [ROUTES, '%s tells health and state, pauses and resumes', 'strategy'],
  },
  {
    sentence: 'The strategy is armed and disarmed over HTTP, and both are on record.',
    test: [ROUTES, '%s is disarmed at first, armed and disarmed by call', 'strategy'],
  },
  {
    sentence: 'The threshold is set over HTTP, and a target edge below it is lifted.',
    test: [ROUTES, 'the minimum edge moves a target that follows it, and lifts one that lies below'],
  },
  {
    sentence: 'A new threshold is in the amount of the next answer.',
    test: [PROCESS, 'a threshold moves the target edge with it, into the amount that is signed'],
  },
  {
    sentence: 'The notional cap is set over HTTP and recorded.',
    test: [ROUTES, 'the maximum notional is set and recorded'],
  },
  {
    sentence: 'Pause, disarm and a new cap count from the next decision on.',
    test: [PROCESS, '%s %s counts from the next decision on', 'notional_above_max'],
  },
  {
    sentence: 'A threshold or cap that is no sound number is refused, named and recorded, and changes nothing.',
    test: [ROUTES, '%s %p is refused, named, recorded, and changes nothing'],
  },
  {
    sentence: 'The state has the threshold and the cap as they were set last.',
    test: [CONTROL, 'threshold and cap are shown as they were set last, and decisions use the same'],
  },
  {
    sentence: 'The state has the arm state, by whom and until when.',
    test: [CONTROL, 'disarmed and paused are healthy and noted; the arm state says by whom and until when'],
  },
  {
    sentence:
      'The state has the latest decision, the latest rejection with its reason, and rejections counted by reason.',
    test: [VIEWS, LATEST, 'strategy_disarmed'],
  },
  {
    sentence: 'The state has the latest decisions with their reasons, newest first.',
    test: [VIEWS, 'the last 50 decisions and attempts are shown, newest first, with reasons, results and times'],
  },
  {
    sentence: 'The state has the inventory that was used last.',
    test: [VIEWS, LATEST, 'inv-1'],
  },
  {
    sentence: 'The state has the price that was used last, with its source.',
    test: [STORY, 'Kraken goes: CoinGecko takes its place and the decision says so; Kraken comes back'],
  },
  {
    sentence: 'What is filled in a minute and in a day is limited, by nonce and with its value at signing.',
    test: ['engine/safety/breaker/breaker.test.ts', 'when the value filled in a %s reaches its limit, to the unit'],
  },
  {
    sentence: 'A quote that would lift filled plus open value above a limit is refused, with its reason.',
    test: [
      'engine/scenario/breaker.test.ts',
      '%s: a quote that pays a unit more than is left is refused, one that pays as much is not',
    ],
  },
  {
    sentence: 'Refused answers and failed settlements in a row disarm.',
    test: ['engine/safety/breaker/breaker.test.ts', 'when %s in a row reach their limit'],
  },
  {
    sentence: 'The circuit breaker disarms strategy and executor also when nothing can be reported.',
    test: ['engine/safety/breaker/breaker.test.ts', 'it disarms strategy and executor with a code: %s'],
  },
  {
    sentence: 'The sums of the circuit breaker survive a restart.',
    test: ['engine/scenario/breaker.test.ts', 'a restart has the same sums, from the journal and from a checkpoint'],
  },
  {
    sentence: 'An answer that the relay would not count any more is not signed: time since the frame, window, own p99.',
    test: [DECIDE, '%s', "time since the request was asked, by the venue's time"],
  },
  {
    sentence: 'The target edge follows the inventory, between the minimum edge and the target plus STRATEGY_SKEW_PCT.',
    test: ['engine/strategy/skew.test.ts', '%s', 'down to the minimum edge, to the unit'],
  },
  {
    sentence: 'An arming may end by time, by filled value and by number of trades.',
    test: ['engine/safety/arming.test.ts', '%s: goes on a unit below it, and ends at it with the name of the end'],
  },
  {
    sentence: 'A decision has value paid, edge priced at, lane, fee, and the prices and ages of both sources.',
    test: [PAYLOADS, 'is in the record: value paid, edge priced at, lane, fee, both sources and every limit'],
  },
  {
    sentence: 'The strategy touches no private key and no connection.',
    test: ['ops/checks/direction.test.ts', '%s', 'the strategy on the platform'],
  },
];

export const STRATEGY_OPEN: readonly OpenRequirement[] = [];

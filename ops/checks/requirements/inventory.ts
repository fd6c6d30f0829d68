// What the inventory has to do: know what is credited inside the verifier, and count nothing else as spendable.

import type { OpenRequirement, Requirement } from './requirement.ts';

const CONTROL = 'engine/inventory/control.test.ts';
const DESK = 'engine/inventory/reservations/desk.test.ts';
const FUNDING = 'ops/harness/engine/funding.story.it.test.ts';
const PENDING =
  'are shown and recorded as pending, change nothing that is spendable, and are known again after a restart';
const GATES = 'engine/loop-gates.test.ts';
const POLL = 'engine/verifier/poll.test.ts';
const RECORD = 'engine/inventory/inventory-record.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const STORY = 'ops/harness/engine/engine.story.test.ts';
const WITHDRAWALS = 'engine/inventory/reservations/withdrawals.test.ts';

export const INVENTORY: readonly Requirement[] = [
  {
    sentence: 'The balances that the verifier credits to the account are read at one final block.',
    test: [POLL, 'holds balances, nonces, salts, fee and signer of one final block'],
  },
  {
    sentence: 'Spendable amounts by asset, the last sync, its block and its age are in the state.',
    test: [CONTROL, 'spendable by asset, block, time and age are those of the newest balance'],
  },
  {
    sentence: 'Before the first balance nothing is shown as known, not even as zero.',
    test: [CONTROL, 'before the first balance nothing is shown as known, not even as zero'],
  },
  {
    sentence: 'The reconciliation status is in the state, with what does not fit.',
    test: [CONTROL, 'what does not fit is the reconciliation status, with its code and its numbers'],
  },
  {
    sentence: 'The state of the poll has the last success, the failures and why the last one failed.',
    test: [POLL, 'is named and leaves the last observation to grow old'],
  },
  {
    sentence: 'Each snapshot is published with its block, the amounts credited and spendable, and when it was read.',
    test: [RECORD, 'has credited and spendable amounts at a block, and when it was read'],
  },
  {
    sentence: 'A published snapshot has what live quotes reserve and the reconciliation status.',
    test: [RECORD, 'has what live quotes reserve, and what does not fit'],
  },
  {
    sentence: 'Inventory snapshots are published as their contract says.',
    test: [
      'ops/harness/engine/process.story.it.test.ts',
      'a drain ends the process in time, the journal is closed, and all of it is on Kafka as the contracts say',
      'state.intent_inventory',
    ],
  },
  {
    sentence: 'The inventory shows its health and state, and is paused and resumed, over HTTP.',
    test: [ROUTES, '%s tells health and state, pauses and resumes', 'inventory'],
  },
  {
    sentence: 'A refresh of the inventory over HTTP reads now, or says why it cannot.',
    test: [
      'ops/harness/engine/process.story.it.test.ts',
      'a refresh asks the sources now, and says when they do not answer',
    ],
  },
  {
    sentence: 'A paused inventory reads only when it is asked to, and is unhealthy from the moment that it is stale.',
    test: [POLL, 'pauses: a trigger does nothing, a refresh still polls, resume goes on'],
  },
  {
    sentence:
      'While the verifier cannot be reached nothing is promised on a stale balance, and trading goes on when it answers.',
    test: [STORY, 'the node fails: nothing is promised once the balance is stale, and all goes on when it answers'],
  },
  {
    sentence: 'A stale balance blocks from its limit on, to the millisecond, until the next snapshot.',
    test: [GATES, 'stale: blocked from the limit on, until the next snapshot'],
  },
  {
    sentence: 'A stale or missing balance is the health of the part as soon as decisions are blocked for it.',
    test: [
      'engine/control/health.test.ts',
      'is unhealthy with %s when decisions are blocked for it, however fresh the poll is',
      'inventory_stale',
    ],
  },
  {
    sentence: 'A deposit that was seen on its chain and is not credited cannot be spent.',
    test: [STORY, 'a deposit that was seen on its chain and is not credited cannot be spent'],
  },
  {
    sentence: 'An amount is spendable once a snapshot of the verifier shows it, and not before.',
    test: [GATES, 'an inflow is spendable once a snapshot shows it, and the lanes grow by it'],
  },
  {
    sentence: 'What is credited but bound by settlements under way is not spendable.',
    test: ['engine/strategy/decide.test.ts', 'what is credited but bound by positions is not spendable'],
  },
  {
    sentence:
      'A balance that fell by more than settlements explain is shown with its numbers and disarms the executor.',
    test: [STORY, 'an outflow that nothing explains disarms the executor, with the reason shown'],
  },
  {
    sentence: 'No part of the engine can fund, bridge or withdraw.',
    test: ['ops/checks/direction.test.ts', '%s', 'a part of the engine on the bridge'],
  },
  {
    sentence: 'Pending inbound funding by asset is in the state and in the inventory records.',
    test: [FUNDING, PENDING, 'state.intent_inventory'],
  },
  {
    sentence: 'Pending outbound withdrawals by asset are in the state and in the inventory records.',
    test: [FUNDING, PENDING, 'withdrawal'],
  },
  {
    sentence: 'What is on its way changes no figure that decisions are made on.',
    test: [
      'engine/inventory/control.test.ts',
      'what is on its way is shown apart, null while it is not known, and changes no other figure',
    ],
  },
  {
    sentence: 'What is on its way is unknown, not zero, while nobody reports it.',
    test: [
      'engine/background/sidecar-news.test.ts',
      'sums are known while the topics are read and the manager is heard of, and unknown otherwise, never zero',
    ],
  },
  {
    sentence: 'Funding that was seen before it is credited is shown in the state, apart from every spendable field.',
    test: [FUNDING, PENDING, 'ops.funding_observation'],
  },
  {
    sentence: 'A credit that is lower than expected after funding is shown.',
    test: ['engine/background/sidecar-news.test.ts', '%s is noted after a record of %s', 'credit_lower'],
  },
  {
    sentence: 'A pending withdrawal is not spendable.',
    test: [DESK, 'is taken at once, and is not spendable any more'],
  },
  {
    sentence: 'An amount for a withdrawal is taken only when live quotes leave it free.',
    test: [DESK, 'waits until they are over; meanwhile nothing new keeps it from coming free'],
  },
  {
    sentence: 'A reservation is idempotent by its id, over restarts too.',
    test: [DESK, 'what was answered as taken is taken, and no quote has it'],
  },
  {
    sentence: 'A withdrawal is explained by its reservation: it is no breach, no fill, and counts once.',
    test: [WITHDRAWALS, 'a balance that falls by exactly the amount is explained: no breach, no fill, counted once'],
  },
  {
    sentence: 'A deposit and a withdrawal in one balance are distinguished.',
    test: [WITHDRAWALS, 'a withdrawal and %s in the same balance are distinguished', 'a larger deposit'],
  },
  {
    sentence: 'An amount whose withdrawal never happens is free again after its time.',
    test: [WITHDRAWALS, 'ends when a final block later than its time shows the balance without it'],
  },
  {
    sentence: 'Quotes and reservations together never exceed what is spendable, whatever happens in whatever order.',
    test: [
      'engine/inventory/book.property.test.ts',
      'what could settle at the same time never exceeds the credited balance; all quotes end; nothing leaks',
    ],
  },
];

export const INVENTORY_OPEN: readonly OpenRequirement[] = [];

// What every part has to offer to operators: health, state, and stops that do what their name says.

import type { OpenRequirement, Requirement } from './requirement.ts';

const APP = 'contracts/runtime/control/app.test.ts';
const ARMING = 'engine/safety/arming.test.ts';
const DESCRIBED = 'ops/harness/engine/described.story.test.ts';
const HEALTH = 'engine/control/health.test.ts';
const PROCESS = 'ops/harness/engine/process.story.it.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const STORY = 'ops/harness/engine/engine.story.test.ts';
const SHARED = 'ops/harness/shared-runtime.test.ts';
const TRADING = 'engine/control/trading.test.ts';

export const CONTROL: readonly Requirement[] = [
  {
    sentence: 'Every part of the engine has health, state, pause and resume, and the further routes of the interface.',
    test: [ROUTES, 'the OpenAPI document has every route of the interface'],
  },
  {
    sentence: 'Every answer of every route is as it is described.',
    test: [
      DESCRIBED,
      'every answer of a whole engine is as its OpenAPI document describes it, before and while it trades',
    ],
  },
  {
    sentence: 'Health is 503 with its reasons when a part cannot do its job, and 200 when it can.',
    test: [APP, 'an unhealthy part gives 503 with its reason, and is read again each time'],
  },
  {
    sentence: 'A health check that fails is bad health.',
    test: [
      'contracts/runtime/process/health/health.test.ts',
      'a health check that throws makes its part unhealthy, not the process',
    ],
  },
  {
    sentence: 'Whether the engine trades, and by which codes it does not, is in the answer to a health check.',
    test: [APP, 'health says whether it trades and why not, by codes, and a check that fails is no trading'],
  },
  {
    sentence: 'Whether the engine trades, and why not, is in the state.',
    test: [STORY, 'the reference is paused: no price to answer on, from either source, until it is resumed'],
  },
  {
    sentence: 'Every obstacle to trading is named.',
    test: [TRADING, '%s is named alone, and no small request is answered'],
  },
  {
    sentence: 'What the engine says of its trading is what happens to a request, direction by direction.',
    test: [
      TRADING,
      'with any combination of obstacles, it trades exactly when a small request is answered, direction by direction',
    ],
  },
  {
    sentence: 'Disarmed, paused and stopped by itself are shown as notes of a healthy part, with the cause.',
    test: [HEALTH, 'notes by which code it was stopped'],
  },
  {
    sentence: 'The executor is unhealthy while something keeps it from signing.',
    test: [HEALTH, 'is unhealthy while %s keeps it from signing'],
  },
  {
    sentence: 'The age of the inventory that is shown is the one that decisions are made with.',
    test: [HEALTH, 'is as old as decisions take it to be, whatever the poll says; what else the poll says counts'],
  },
  {
    sentence: 'The reference shows the reason that decisions are blocked for.',
    test: [HEALTH, 'has the reason that decisions are blocked for, and what its sources say, each once'],
  },
  {
    sentence: 'A pause takes no new work and keeps the process alive.',
    test: [PROCESS, 'a pause of the executor rejects commands; one of ingest hears nothing'],
  },
  {
    sentence: 'A disarm keeps the part live and observable, and nothing is promised any more.',
    test: [PROCESS, '%s %s counts from the next decision on', '/strategy/disarm'],
  },
  {
    sentence: 'A drain finishes what is under way, then ends the process in time and in order.',
    test: [
      PROCESS,
      'a drain ends the process in time, the journal is closed, and all of it is on Kafka as the contracts say',
    ],
  },
  {
    sentence: 'While a drain runs nothing is armed, and disarming still works.',
    test: [ROUTES, 'drain answers 202 first, then begins; while it runs nothing is armed'],
  },
  {
    sentence: 'A drain says which signed quotes can still settle, and until when.',
    test: [STORY, 'a drain says what can still be settled, and until when'],
  },
  {
    sentence: 'SIGTERM, SIGINT and SIGHUP drain, and the process ends with 0.',
    test: ['contracts/runtime/process/shutdown.test.ts', '%s drains, and the process ends with 0'],
  },
  {
    sentence: 'Engine and sidecars end in the same way on SIGTERM.',
    test: [SHARED, 'ends with 0 on SIGTERM, and takes its address away'],
  },
  {
    sentence: 'A drain that fails or does not end is an exit code of its own.',
    test: ['contracts/runtime/process/shutdown.test.ts', 'a drain that fails, or does not end, gives exit code 1'],
  },
  {
    sentence: 'A stop of the whole system closes the journal and leaves no process behind.',
    test: ['ops/harness/whole-system.story.it.test.ts', 'a stop in order closes the journal and leaves nothing behind'],
  },
  {
    sentence: 'An arming can have an end, after which it disarms by itself.',
    test: [ARMING, 'ends by itself to the minute, and says so'],
  },
  {
    sentence: 'Every change over HTTP is on record, with who made it, from what to what.',
    test: [APP, 'an action is done, answered and recorded with what it was and is'],
  },
  {
    sentence: 'A call that is refused is on record too.',
    test: [APP, "an action's own refusal carries its members and is recorded"],
  },
  {
    sentence: 'Nothing is changed, and nothing but health is read, without a token.',
    test: [APP, 'liveness, health and metrics need no token on loopback, everything else does'],
  },
  {
    sentence: 'Every process publishes its health at each change and every five seconds.',
    test: [
      'contracts/runtime/process/health/health.test.ts',
      'each change is published soon, and the same again every five seconds',
    ],
  },
];

export const CONTROL_OPEN: readonly OpenRequirement[] = [];

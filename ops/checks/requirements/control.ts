// What every part has to offer to operators: health, state, and stops that do what their name says.

import type { OpenRequirement, Requirement } from './requirement.ts';

const APP = 'contracts/runtime/control/app.test.ts';
const ARMING = 'engine/safety/arming.test.ts';
const CONSOLE = 'ops/harness/engine/console.story.test.ts';
const DESCRIBED = 'ops/harness/engine/described.story.test.ts';
const EVENTS = 'contracts/runtime/control/events/events.test.ts';
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
    sentence: 'The metrics of the engine are a page that Prometheus takes, with what was counted.',
    test: ['engine/observe/observer.test.ts', 'metrics export what was counted and what is asked for'],
  },
  {
    sentence: 'Every process publishes its health at each change and every five seconds.',
    test: [
      'contracts/runtime/process/health/health.test.ts',
      'each change is published soon, and the same again every five seconds',
    ],
  },
  {
    sentence:
      'Every part says whether it is connected, what it uses, its last success, why it is blocked, and whether it is stale.',
    test: [CONSOLE, 'every part answers the same questions, as its input is'],
  },
  {
    sentence: 'A viewer reads everything and changes nothing.',
    test: ['engine/control/openapi.test.ts', 'a viewer reads everything and changes nothing'],
  },
  {
    sentence: 'Tokens are listed by their hash with role and accounts, and a wrong list is refused whole.',
    test: ['contracts/control-tokens.test.ts', '%s', 'an unknown role'],
  },
  {
    sentence: 'A token of another account is refused.',
    test: [
      'contracts/runtime/control/front/front.test.ts',
      'a token of another account is refused everywhere but on open routes, and makes no connection trusted',
    ],
  },
  {
    sentence: 'Decisions, results and actions come as events over a websocket, and cost nothing while nobody follows.',
    test: [
      CONSOLE,
      'decisions, results and actions come over /events, without a signature, and cost nothing when nobody follows',
    ],
  },
  {
    sentence: 'What an engine shows and sends while it runs is for tokens of its account alone.',
    test: [
      'engine/control/openapi.test.ts',
      'without a token, with a wrong one, and with one of another account, only open routes answer',
    ],
  },
  {
    sentence: 'A slow client of the events is dropped, said and counted.',
    test: [EVENTS, 'a client that does not read is dropped, counted and said; one that reads gets every event'],
  },
  {
    sentence: 'The events have heartbeats.',
    test: [EVENTS, 'a heartbeat comes every few seconds, and whoever answers pings stays'],
  },
  {
    sentence: 'A ticket opens the events once, in its time, to a page of its origin, and is in no log line.',
    test: [EVENTS, 'a ticket opens the websocket once, for a page of the origin that asked'],
  },
  {
    sentence: 'The state of an engine is shown on one screen by a command, and live on a full screen.',
    test: [CONSOLE, 'top shows what happens, and ends on %p with the terminal restored', 'q'],
  },
  {
    sentence: 'The log level can be changed while a process runs.',
    test: [
      'contracts/runtime/log/log.test.ts',
      'the level can be changed while the process runs, for the log and its children',
    ],
  },
];

export const CONTROL_OPEN: readonly OpenRequirement[] = [];

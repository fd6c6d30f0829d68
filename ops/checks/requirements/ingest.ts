// What the ingest has to do: read the venue's quote requests, keep those of the pair, publish them.

import type { OpenRequirement, Requirement } from './requirement.ts';

const FRAMES = 'engine/ingest/frame.test.ts';
const LOOP = 'engine/loop.test.ts';
const RELAY = 'engine/ingest/relay/relay-socket.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const STATE = 'ops/harness/engine/state.story.test.ts';
const STORY = 'ops/harness/engine/engine.story.test.ts';

export const INGEST: readonly Requirement[] = [
  {
    sentence: 'The ingest connects to the live quote feed, subscribes, and hands on every frame.',
    test: [RELAY, 'subscribes, hands every frame on with its time, and sends'],
  },
  {
    sentence: "The venue's requests are read in each shape that it sends.",
    test: [FRAMES, 'the flat shape says the same without side data'],
  },
  {
    sentence: 'Requests of other pairs are counted, and nothing else is done about them.',
    test: [LOOP, 'other pairs are counted and leave no record'],
  },
  {
    sentence: 'A request that passes the filter is published as it came, byte for byte.',
    test: [
      'engine/bus/render/render.test.ts',
      'the frame is embedded byte for byte, blanks, order, odd numbers and escapes included',
    ],
  },
  {
    sentence: 'A request that passes the filter is published in normalised form.',
    test: [
      'engine/bus/render/render.test.ts',
      'an accepted one: what came, in our words, the decision, the command, in this order of event ids',
    ],
  },
  {
    sentence: 'The pair filter is read, replaced and reset over HTTP, and each change is on record.',
    test: [ROUTES, 'the pair filter is read, set and reset'],
  },
  {
    sentence:
      'A filter that is set at run time counts from the next request on, and a reset brings the first one back.',
    test: ['ops/harness/engine/process.story.it.test.ts', 'a pair filter lets through what it names, and is set back'],
  },
  {
    sentence: 'A filter that is switched off lets every pair through, and still only the own pair is traded.',
    test: [LOOP, 'with the filter off they are decided on, and refused: the strategy trades its own pair'],
  },
  {
    sentence: 'The ingest shows its health and state, and is paused and resumed, over HTTP.',
    test: [ROUTES, '%s tells health and state, pauses and resumes', 'ingest'],
  },
  {
    sentence: 'A paused ingest takes no new request, and still takes what belongs to answers that were given.',
    test: [LOOP, 'while ingest is paused requests are counted only; replies still count'],
  },
  {
    sentence: 'The state of the ingest has the connection, the frames received and the pair filter in force.',
    test: [STATE, 'the ingest shows its connection, the frames that it received and the filter in force'],
  },
  {
    sentence: 'The state of the ingest has the number of published records by topic.',
    test: [
      'engine/observe/observer.test.ts',
      'the views tell latest decision, rejection, command, request, reply and error',
      'published',
    ],
  },
  {
    sentence: 'What the state counts as published is what Kafka has acknowledged.',
    test: ['ops/harness/engine/process.story.it.test.ts', 'what Kafka has acknowledged is counted by topic'],
  },
  {
    sentence: 'A connection that is lost is opened again and subscribed again.',
    test: [RELAY, 'subscribes again after a loss, and tells of the loss once'],
  },
  {
    sentence:
      'After a lost connection the ingest is unhealthy, answers in flight are uncertain, and trading goes on by itself.',
    test: [STORY, 'drops the connection: what was in flight is open, and quotes come again by themselves'],
  },
  {
    sentence: 'A storm of lost connections leads to one socket at a time, tried ever more slowly.',
    test: [
      'engine/lib/socket/reconnecting-socket.test.ts',
      'of servers that hang up: one socket at a time, and ever slower',
    ],
  },
  {
    sentence: 'A frame that is no JSON becomes a dead letter.',
    test: [LOOP, '%s: a dead letter', 'no JSON'],
  },
  {
    sentence: 'After any garbage of the venue requests are answered as before.',
    test: [STORY, 'sends garbage: dead letters, and business goes on'],
  },
  {
    sentence: 'A pair that nobody asks for is noted and is no fault of the ingest.',
    test: [
      'engine/ingest/control.test.ts',
      'a pair that nobody asks for is noted after five minutes, until the next request, and the ingest is healthy',
    ],
  },
  {
    sentence: 'A pair that nobody asks for does not cost the connection.',
    test: [
      'engine/ingest/relay/session.test.ts',
      'of the pair is none of the connection: quotes are subscribed again now and then, nothing else',
    ],
  },
  {
    sentence: 'A connection that is open and brings nothing is not taken for a silent pair.',
    test: [
      STORY,
      'is silent behind an open socket: the missing subscription is seen, and the socket is left for a new one',
    ],
  },
  {
    sentence: 'The pair filter at the start is configuration.',
    test: ['engine/startup/settings.test.ts', 'the assets of the pair and the start value of its filter'],
  },
  {
    sentence: 'A pair filter that was set at run time is in force after a restart.',
    test: ['engine/startup/recover.test.ts', 'after: %s', 'it was set'],
  },
  {
    sentence: 'Requests for the traded assets under other known ids are counted and reported once.',
    test: ['engine/ingest/other-ids.test.ts', 'each id is reported once, and every request is counted'],
  },
  {
    sentence: 'Requests that come faster than they can be handled are handled newest first, within bounds.',
    test: [
      'engine/ingest/relay/backlog.test.ts',
      'of a burst that takes all the time there was wait, and the newest is handled first',
    ],
  },
  {
    sentence: 'The ingest knows neither the strategy nor the executor, so that it can neither decide nor execute.',
    test: ['ops/checks/direction.test.ts', '%s', 'one stage on another'],
  },
];

export const INGEST_OPEN: readonly OpenRequirement[] = [];

// What the executor has to do: sign and send what was decided, once, and leave a result of every command.

import type { Requirement } from './requirement.ts';

const CONFIG = 'ops/harness/config-errors.test.ts';
const GATE = 'engine/executor/gate.test.ts';
const LOOP = 'engine/loop.test.ts';
const PAYLOADS = 'engine/bus/render/payloads.test.ts';
const PROCESS = 'ops/harness/engine/process.story.it.test.ts';
const RECOVER = 'engine/startup/recover.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const SHADOW = 'engine/scenario/shadow.test.ts';
const SETTLEMENT = 'engine/scenario/settlement.test.ts';
const STATE = 'ops/harness/engine/state.story.test.ts';
const STORY = 'ops/harness/engine/engine.story.test.ts';
const VIEWS = 'engine/observe/observer.test.ts';

const LATEST = 'the views tell latest decision, rejection, command, request, reply and error';
const REFUSED = '%s';

export const EXECUTOR: readonly Requirement[] = [
  {
    sentence: 'A command is signed natively and the answer is one that an independent verifier accepts.',
    test: ['engine/executor/executor.prop.test.ts', '1,000 random answers verify under an independent implementation'],
  },
  {
    sentence: 'The published vectors of the signature are met.',
    test: [
      'engine/executor/sign.test.ts',
      'signs the published message with the published key to the published signature',
    ],
  },
  {
    sentence: 'What leaves was journalled before, request, decision and signature.',
    test: [LOOP, 'a send finds request, decision and signature journalled'],
  },
  {
    sentence: 'What cannot be journalled is not sent, not later either.',
    test: [LOOP, 'nothing is sent when it cannot be written, and the request gets no answer later either'],
  },
  {
    sentence:
      'Shadow mode goes the whole way but for the signature: what would have been answered is a result with state `shadow`, never mistaken for a fill.',
    test: [
      SHADOW,
      'gives a command and one result, which says shadow, with amounts and without anything of a signature',
    ],
  },
  {
    sentence: 'In shadow mode lanes and ceilings behave as live.',
    test: [SHADOW, 'random requests are decided as in live mode: reason, amounts, lane and deadline'],
  },
  {
    sentence: 'In shadow mode nothing is signed or sent, and ledger, circuit breaker and nonces stay as they are.',
    test: [SHADOW, 'random requests in shadow mode leave book, circuit breaker and relay as they are'],
  },
  {
    sentence:
      'The mode is switched by configuration and by `PUT /executor/mode`, which is recorded with actor, from and to.',
    test: [ROUTES, 'the executor is switched between live and shadow, on record with who did it and from what to what'],
  },
  {
    sentence: 'A switch to live drops what shadow mode reserved; a switch to shadow keeps live quotes under watch.',
    test: [
      'ops/harness/engine/shadow.story.test.ts',
      'the switch to live drops what shadow mode reserved and answers; the switch back keeps what was signed under watch',
    ],
  },
  {
    sentence: 'A command that comes again leads to no second answer, within a day and after any other frames.',
    test: [LOOP, 'an id that was signed for gets no second decision within a day, after any other frames'],
  },
  {
    sentence: 'Ids that were signed for are known after a restart.',
    test: [
      'engine/ingest/signed-id-store.test.ts',
      'are known after a restart, with their age, and go on in the same file',
    ],
  },
  {
    sentence: 'A run that is cut off anywhere is found as it was, and no quote is answered twice.',
    test: [
      'engine/startup/recover.prop.test.ts',
      'a run that is cut off anywhere is found as it was, and no quote is answered twice',
    ],
  },
  {
    sentence:
      'A command that was sent and has no reply on record when the process ends becomes uncertain, marked as recovered.',
    test: [RECOVER, 'become uncertain, as found by a restart; those with one are left alone'],
  },
  {
    sentence: 'A process that is killed goes on where it was: nothing is answered twice and nothing is unrecorded.',
    test: [
      'ops/soak/kill/kill.it.test.ts',
      'goes on where it stood: nothing answered twice, nothing unrecorded, nothing promised beyond the balance',
    ],
  },
  {
    sentence: 'A refusal of the venue is a result with its text, and the reservation stays.',
    test: [LOOP, REFUSED, 'refused without a reason'],
  },
  {
    sentence: 'A reply that does not come in time makes the attempt uncertain, and one that comes later still counts.',
    test: [LOOP, 'nothing for five seconds: uncertain, and a reply that comes after all still counts'],
  },
  {
    sentence: 'A connection that ends makes every answer without a reply uncertain.',
    test: [LOOP, 'the connection ends: everything without a reply is uncertain, the rest is as it was'],
  },
  {
    sentence: 'An uncertain attempt is resolved from the venue, not by sending again.',
    test: [SETTLEMENT, 'while its outcome was open, after a time-out'],
  },
  {
    sentence: 'An inventory that shrank between decision and signature is a rejected command with its numbers.',
    test: [
      LOOP,
      'an inventory that shrank between decision and signature: rejected with its numbers, and nothing leaves',
    ],
  },
  {
    sentence: 'The refusal for a shrunken inventory names what is needed and what is there.',
    test: [GATE, 'an inventory that shrank since the decision is a drift, named with its numbers'],
  },
  {
    sentence: 'A signed answer that contradicts the inventory does not leave, and its command has a result.',
    test: [LOOP, 'an answer that the books object to does not leave, and its command has a result'],
  },
  {
    sentence: 'A connection that is lost between decision and send is a failed command.',
    test: [LOOP, 'a connection that goes between decision and send: failed, and the reservation is kept'],
  },
  {
    sentence: 'Without a key the engine does not start, and says which variable is missing.',
    test: [CONFIG, REFUSED, 'no key'],
  },
  {
    sentence: 'With a key that is none the engine does not start, and shows nothing of it.',
    test: [CONFIG, REFUSED, 'a key that is cut off'],
  },
  {
    sentence:
      'While the verifier does not list the key for the account, commands are rejected for it and the part says so.',
    test: [STORY, 'the key is gone at a start: commands are rejected for it, and the part says so'],
  },
  {
    sentence: 'A key that is removed, or an account that is locked, is seen with the next poll.',
    test: ['engine/verifier/poll.test.ts', 'shows a removed key and a locked account with the next poll'],
  },
  {
    sentence: 'Before the verifier was asked for the key nothing is signed.',
    test: [GATE, 'before the verifier was asked for the key nothing is signed'],
  },
  {
    sentence: 'Every answer has one decision, one command and a result in the history.',
    test: [
      'ops/harness/whole-system.story.it.test.ts',
      'no quote was answered twice, and each answer has one decision, one command and a result',
    ],
  },
  {
    sentence: 'A command that is refused has a result that says why.',
    test: ['engine/bus/render/render.test.ts', 'a refused one: command and result, and the result is its only one'],
  },
  {
    sentence: 'A result keeps what came back from the venue.',
    test: [LOOP, REFUSED, 'late as a bare text'],
  },
  {
    sentence: 'A settlement is named in its result, with what led to it.',
    test: [SETTLEMENT, 'named by quote_status: its lane is left at once, and it is settled at the final block'],
  },
  {
    sentence: 'A quote that nobody took is over once a final block is later than its deadline.',
    test: [SETTLEMENT, 'it is over once a final block is later than its deadline, whatever our clock says'],
  },
  {
    sentence: 'A disarmed executor signs nothing, and the command has a result.',
    test: [LOOP, REFUSED, 'disarmed'],
  },
  {
    sentence: 'A paused executor rejects commands, and a resumed one signs again.',
    test: [PROCESS, 'a pause of the executor rejects commands; one of ingest hears nothing'],
  },
  {
    sentence: 'The executor shows its health and state, and is paused and resumed, over HTTP.',
    test: [ROUTES, '%s tells health and state, pauses and resumes', 'executor'],
  },
  {
    sentence: 'The executor is armed and disarmed over HTTP, and both are on record.',
    test: [ROUTES, '%s is disarmed at first, armed and disarmed by call', 'executor'],
  },
  {
    sentence: 'A drain over HTTP is answered, ends the process in time, and leaves nothing unsent or unclosed.',
    test: [
      PROCESS,
      'a drain ends the process in time, the journal is closed, and all of it is on Kafka as the contracts say',
    ],
  },
  {
    sentence: 'The state has the last command, request, response and error, errors by code and completed commands.',
    test: [VIEWS, LATEST, 'cmd-q2'],
  },
  {
    sentence: 'The state has the answers in flight.',
    test: [STATE, 'an answer is in flight until the relay has replied, and is completed when it is over'],
  },
  {
    sentence: 'The state has the recent attempts with their results, newest first.',
    test: [VIEWS, 'the last 50 decisions and attempts are shown, newest first, with reasons, results and times'],
  },
  {
    sentence: 'An attempt that ends twice is completed once.',
    test: [VIEWS, 'an attempt that ends twice is completed once'],
  },
  {
    sentence:
      'A lost journal does not let an old quote and a new one both settle: the executor of a young one needs a word to arm.',
    test: [
      ROUTES,
      'a young journal keeps the executor from being armed, until it is confirmed to be fresh or old enough',
    ],
  },
  {
    sentence: 'The directory of the executor state is taken under its older name too.',
    test: ['contracts/runtime/config/load.test.ts', 'the alias is read, and named when it is wrong or contradicts'],
  },
  {
    sentence: 'The command id is made of the quote id alone.',
    test: [PAYLOADS, 'command and refusal share the identities of the quote', 'cmd-quote-1'],
  },
  {
    sentence: 'The idempotency key is made of venue and quote id.',
    test: [PAYLOADS, 'command and refusal share the identities of the quote', 'near_intents:quote-1'],
  },
  {
    sentence: 'The execution key is the partition key of commands, made of venue and both assets.',
    test: [
      'engine/bus/render/render.test.ts',
      'an accepted one: what came, in our words, the decision, the command, in this order of event ids',
    ],
  },
  {
    sentence: 'The executor imports neither the strategy nor anything that could price a trade.',
    test: ['ops/checks/direction.test.ts', 'every import of the checkout follows the table of architecture.ts'],
  },
  {
    sentence: 'Only the signer touches the private key.',
    test: ['ops/checks/direction.test.ts', '%s', 'a private key outside the signer'],
  },
];

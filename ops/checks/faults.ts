// Faults that were found in use, each with the test that holds its remedy. A row states in one plain sentence what came in
// and what must happen; faults.test.ts fails when the named test is missing, so that a remedy cannot lose its test unnoticed.
// That no test is skipped is held by tidy.ts.

import { CONTROL_FAULTS } from './faults/control.ts';
import { HISTORY_FAULTS } from './faults/history.ts';
import { MESSAGES_FAULTS } from './faults/messages.ts';
import { OPERATIONS_FAULTS } from './faults/operations.ts';
import { OUTSIDE_DATA_FAULTS } from './faults/outside-data.ts';
import { RECORDS_FAULTS } from './faults/records.ts';
import { SECRETS_FAULTS } from './faults/secrets.ts';
import { STAND_IN_FAULTS } from './faults/stand-ins.ts';
import type { Source } from './sources.ts';

export type Fault = {
  /** What comes in, and what must happen. */
  readonly sentence: string;
  /** The test file, from the root. */
  readonly file: string;
  /** The title of the test, as written in the file. */
  readonly test: string;
};

export const FAULTS: readonly Fault[] = [
  ...SECRETS_FAULTS,
  ...CONTROL_FAULTS,
  ...MESSAGES_FAULTS,
  ...OUTSIDE_DATA_FAULTS,
  ...STAND_IN_FAULTS,
  ...OPERATIONS_FAULTS,
  {
    sentence: 'Nothing is signed while syncs hang, health says so, and it goes on by itself when they return.',
    file: 'ops/harness/engine/holds.story.test.ts',
    test: 'nothing is signed while the oldest record that is not on disk is older than allowed',
  },
  {
    sentence: 'A chain that begins again below the record is named in decisions and health, with one error line.',
    file: 'ops/harness/engine/chain.story.test.ts',
    test: 'a chain that begins again is named, and accepted once the quotes of before are over',
  },
  {
    sentence: 'No more quotes are live at once than allowed; beyond that nothing is signed.',
    file: 'ops/harness/engine/holds.story.test.ts',
    test: 'nothing is signed beyond the number of live quotes that is allowed',
  },
  {
    sentence: 'What recovery finds not to add up has to be accepted by an operator before the executor is armed.',
    file: 'engine/control/control.test.ts',
    test: 'findings of recovery keep the executor from being armed until somebody accepts them by name',
  },
  {
    sentence: 'A quote id that was signed for is not signed for again within a day, whatever comes in between.',
    file: 'engine/loop.test.ts',
    test: 'an id that was signed for gets no second decision, whatever came since, for a day',
  },
  {
    sentence: 'Signed ids survive a restart; what is missing of them is a finding of recovery.',
    file: 'engine/ingest/signed-id-store.test.ts',
    test: 'that a checkpoint counts on and a restart does not find are named: %s',
  },
  {
    sentence: 'When no more signed ids can be remembered, nothing is signed and none is forgotten.',
    file: 'engine/ingest/signed-ids.test.ts',
    test: 'when nothing more fits they say so, forget nothing, and take ids again when a day is over',
  },
  {
    sentence: 'A limit under a misspelt name ends the start, with the name that is meant.',
    file: 'contracts/runtime/config/load.test.ts',
    test: 'a misspelt name is a problem, wherever it stands; a name given twice is a warning',
  },
  {
    sentence: 'Whatever endpoints lie about, what could settle at the same time stays within the true balance.',
    file: 'engine/inventory/book.property.test.ts',
    test: 'and endpoints that lie about time and height, and alone about everything, what could settle stays covered',
  },
  {
    sentence: 'A chain that is behind the record is told as that, also before a balance was taken since the start.',
    file: 'engine/strategy/decide.test.ts',
    test: 'a balance that was not read since the start because the chain went back is told by that',
  },
  {
    sentence: 'An operator accepts another chain by a named call, once no quote can settle on the former one.',
    file: 'engine/inventory/chain-watch.test.ts',
    test: 'is accepted when nothing can settle any more, and the engine answers on the new one',
  },
  {
    sentence: 'A verifier block of the future frees no reservation and leaves nothing in the journal.',
    file: 'engine/inventory/settlement/evidence.test.ts',
    test: '%s frees nothing and leaves nothing behind: later honest blocks are taken',
  },
  {
    sentence: 'One endpoint that tells a wrong transaction does not turn a settled quote into a burned one.',
    file: 'engine/inventory/plan-observation.test.ts',
    test: 'whose transaction is said to be of another payload while the sum is that of a quote leaves that open',
  },
  {
    sentence: 'A snapshot that the ledger failed on is a failed poll.',
    file: 'engine/inventory/lanes/keeper.test.ts',
    test: 'at a look: told, the poll has failed, and the book stays where the journal ends',
  },
  {
    sentence:
      'A height that was too low, taken from a single endpoint, is given up by a call of the operator like one that was too high.',
    file: 'engine/verifier/endpoints.test.ts',
    test: 'a single endpoint that stays far ahead of the ledger, as after one wrong answer, is another chain too',
  },
  {
    sentence: 'What is told of one nonce by name is not counted again in the change that others share.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'that is told of one nonce by name is no part of what the others share',
  },
  {
    sentence:
      'A deadline ends nothing while one endpoint of two says that the nonce is unused or the balance still there, and the other does not.',
    file: 'engine/verifier/lies.test.ts',
    test: 'the use of the nonce',
  },
  {
    sentence: 'Among three endpoints one that lies does not keep capital bound.',
    file: 'engine/verifier/lies.test.ts',
    test: 'among three, one that lies keeps nothing back: the two that agree decide',
  },
  {
    sentence: 'An endpoint that runs ahead little by little does not make the blocks of honest ones look old.',
    file: 'engine/verifier/lies.test.ts',
    test: 'one whose blocks are further ahead at each answer, and fit together, does not lead the ledger away',
  },
  {
    sentence: 'After a restart a balance above the one on record needs a second endpoint.',
    file: 'engine/verifier/lies.test.ts',
    test: 'a balance above the one on record is not confirmed',
  },
  {
    sentence: 'A restart while the second endpoint is dead does not end trading on what is on record.',
    file: 'ops/harness/engine/venue-clock.story.test.ts',
    test: 'a start while the second endpoint is dead goes on with what is on record, with quotes that are live',
  },
  {
    sentence: 'While more is promised than is credited the executor cannot be armed.',
    file: 'engine/control/control.test.ts',
    test: 'while more is promised than is credited the executor is not armed, whatever the call says',
  },
  {
    sentence:
      'After a machine was suspended quotes are over when their deadline is past, not as much later as it slept.',
    file: 'engine/inventory/settlement/evidence-clock.test.ts',
    test: 'after its longest lifetime a quote is over again when its deadline is past',
  },
  {
    sentence: 'After a crash another chain can be accepted also when no block of it was ever plausible.',
    file: 'engine/inventory/settlement/evidence-clock.test.ts',
    test: 'after a crash also when no block of it was ever plausible',
  },
  {
    sentence: 'A wall clock that is set forward lets no chain be replaced under a quote that can still settle.',
    file: 'engine/inventory/settlement/evidence-clock.test.ts',
    test: 'not because the wall clock was set forward',
  },
  {
    sentence: 'A balance that one endpoint says fell is not given back by another one alone.',
    file: 'engine/inventory/settlement/evidence-clock.test.ts',
    test: 'what one endpoint takes away, another one alone does not give back',
  },
  {
    sentence: 'A quote is over only when the block, our wall clock and the monotonic clock agree.',
    file: 'engine/inventory/settlement/evidence.test.ts',
    test: 'a wall clock that is set forward frees nothing before the time has passed, whatever the block says',
  },
  {
    sentence: 'A snapshot that no second RPC endpoint confirms takes away and frees nothing.',
    file: 'engine/inventory/settlement/evidence.test.ts',
    test: 'frees nothing: no used nonce, no deadline, no higher balance',
  },
  {
    sentence: 'A nonce that was opened while a snapshot was read does not make the snapshot useless.',
    file: 'engine/inventory/settlement/evidence.test.ts',
    test: 'does not hold up the settlement of another',
  },
  {
    sentence: 'A balance of an earlier run of the process is nothing to sign on.',
    file: 'engine/inventory/settlement/evidence.test.ts',
    test: 'counts from the read, and a balance of an earlier run says nothing of now',
  },
  {
    sentence:
      'After a crash, with a clock that came back behind, capital stays reserved until every lost quote is over.',
    file: 'engine/inventory/book.test.ts',
    test: 'after a crash with a clock that came back behind, the wait lasts until every lost quote is over',
  },
  {
    sentence: 'No change of the balances is counted twice in a sum over results.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'that equal quotes share is counted once, also when the venue names one late',
  },
  {
    sentence: 'A settlement in a lane of thousands of live quotes is recorded in slices, also across a crash.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'goes on after a crash between slices where it was',
  },
  {
    sentence: 'Equal requests of one millisecond cost no more than others.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'equal requests of one millisecond get deadlines of their own, without gaps',
  },
  {
    sentence: 'A salt that goes without overlap leaves no quote open when no balance moved.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'with %p lanes of many quotes and no change of the balances: nothing settled, all end',
  },
  {
    sentence: 'A rate has one unit, EURe per BTC, in every record.',
    file: 'engine/bus/render/payloads.test.ts',
    test: 'rates are EURe per BTC: with a basis of %p',
  },
  {
    sentence: 'A time of day that is set back does not prolong an arming.',
    file: 'engine/safety/arming.test.ts',
    test: 'a clock that is set back does not prolong it, not even while its timer hangs',
  },
  {
    sentence: 'An arming ends exactly as long after its start as was asked for.',
    file: 'engine/safety/arming.test.ts',
    test: 'lasts exactly as long as asked for, whatever the clock does between two readings',
  },
  {
    sentence: 'A time of day that is set forward does not age a journal that may have a lost predecessor.',
    file: 'engine/control/parts.test.ts',
    test: 'a time of day that is set forward does not age a journal of this run',
  },
  {
    sentence: 'A time of day that is set back does not silence the health reports.',
    file: 'contracts/runtime/process/health.test.ts',
    test: 'a time of day that is set back does not silence the repeats',
  },
  {
    sentence: 'No duration is measured between two readings of the time of day.',
    file: 'ops/checks/wall-clock.test.ts',
    test: 'no duration of the checkout is the difference of two readings of the wall clock',
  },
  {
    sentence: 'The list of reasons has the order in which the gates are asked.',
    file: 'engine/strategy/decide.test.ts',
    test: 'every reason of the closed list has a row, in its order of precedence',
  },
  {
    sentence: 'A limit is in the decision record, /state, its route, trace and the SQL check.',
    file: 'ops/checks/limits.test.ts',
    test: 'every limit is in the decision record, /state, its route, trace and gates_held.sql',
  },
  {
    sentence: 'Whether the engine trades, and why not, is what the loop would do with a request.',
    file: 'engine/control/trading.test.ts',
    test: 'whatever comes together, it trades exactly when a small request is answered, direction by direction',
  },
  {
    sentence: 'A balance that decisions do not use any more is unhealthy, however fresh the poll is.',
    file: 'engine/control/health.test.ts',
    test: 'is unhealthy with %s when decisions are blocked for it, however fresh the poll is',
  },
  {
    sentence: 'An RPC answer of any size, encoding or slowness, or a redirect, ends in bounded time and memory.',
    file: 'contracts/runtime/bounded-fetch.test.ts',
    test: 'a body without end, when it is larger than allowed; the connection is closed',
  },
  {
    sentence:
      'One endpoint with an impossible height or block time costs that endpoint only, and leaves nothing behind.',
    file: 'engine/verifier/endpoints.test.ts',
    test: '%s: the second is used, the first is named, and all is well when it is over',
  },
  {
    sentence: 'A height on record after a restart is what a jump is measured from.',
    file: 'engine/verifier/endpoints.test.ts',
    test: 'after a restart the height on record is what a jump is measured from',
  },
  {
    sentence: 'An endpoint on another network is named and asked for nothing else.',
    file: 'engine/verifier/endpoints.test.ts',
    test: 'is asked for at each endpoint; one on another is named and asked for nothing else',
  },
  {
    sentence: 'A transaction that no node knows holds no balance up.',
    file: 'engine/verifier/poll.test.ts',
    test: 'holds no balance up, however long the node thinks about it',
  },
  {
    sentence: 'A used nonce frees capital when two endpoints say so.',
    file: 'engine/verifier/confirm.test.ts',
    test: 'a used nonce',
  },
  {
    sentence: 'A second endpoint that is dead does not keep balances from being read, and frees nothing.',
    file: 'engine/verifier/confirm.test.ts',
    test: 'is dead keeps nothing from being read, frees nothing, and is not waited for again',
  },
  {
    sentence: 'A removed key or a locked account shows with the next poll.',
    file: 'engine/verifier/poll.test.ts',
    test: 'shows a removed key and a locked account with the next poll',
  },
  {
    sentence: 'Answers that take 4 s each keep the balance fresh.',
    file: 'engine/verifier/poll.test.ts',
    test: 'keeps the balance fresh when every answer takes 4 s',
  },
  {
    sentence: 'An age limit that is shorter than two polls ends the start.',
    file: 'engine/startup/settings.test.ts',
    test: 'a balance that would be too old before the next one can be read is refused with both numbers',
  },
  {
    sentence: 'A snapshot that the ledger refuses is counted and read again at once.',
    file: 'engine/verifier/poll.test.ts',
    test: 'is also one whose snapshot the ledger refuses; it is counted, and read again at once, once',
  },
  {
    sentence: 'A clock that is far off keeps from signing, and says so.',
    file: 'ops/harness/engine/venue-clock.story.test.ts',
    test: '%d ms off keeps from signing, says so, and no longer does when it is set right',
  },
  {
    sentence: 'One of two endpoints that lies leaves nothing behind in the journal.',
    file: 'ops/harness/engine/venue-clock.story.test.ts',
    test: 'one of two endpoints that lies for a while leaves nothing behind, in memory or on disk',
  },
  {
    sentence: 'An inventory that is paused and stale is unhealthy.',
    file: 'engine/verifier/poll.test.ts',
    test: 'pauses: a trigger does nothing, a refresh still polls, resume goes on',
  },
  {
    sentence:
      'However often a frame comes on which the engine fails, it disarms nobody; the frame is kept as a dead letter.',
    file: 'ops/harness/engine/engine.story.test.ts',
    test: 'frames that fail before anything is written disarm nobody, turns that break halfway do',
  },
  {
    sentence: 'A relay error nested 50,000 deep, and other frames meant to harm, make no turn fail.',
    file: 'engine/loop.test.ts',
    test: '%s: no fault, however often it comes',
  },
  {
    sentence: 'JSON from outside is read in bounded depth, size and time, by one reader.',
    file: 'contracts/json.test.ts',
    test: 'any text gives a value or a reason',
  },
  {
    sentence: 'A relay error of any length in any script leaves a record of the rejection.',
    file: 'engine/loop.test.ts',
    test: 'what is kept of a reply is bounded in bytes, and the rejection is on record',
  },
  {
    sentence: 'JSON in binary frames is decoded, and ids that come as texts are matched.',
    file: 'engine/ingest/relay-socket.test.ts',
    test: 'takes JSON in binary frames and ids as texts',
  },
  {
    sentence:
      'A relay whose streams fall silent after it acknowledged them is subscribed again, then replaced, and unhealthy meanwhile.',
    file: 'engine/ingest/relay-socket.test.ts',
    test: 'whose streams fall silent is subscribed again, then replaced, and says so',
  },
  {
    sentence: 'The silence of quote_status of all solvers is noticed while quotes still come.',
    file: 'engine/ingest/session.test.ts',
    test: 'of the statuses of all solvers: subscribed again, then a new connection, unhealthy meanwhile',
  },
  {
    sentence: 'A pair that nobody asks for is no dead connection.',
    file: 'engine/ingest/session.test.ts',
    test: 'of the pair is none of the connection: quotes are subscribed again now and then, nothing else',
  },
  {
    sentence: 'A server that refuses the upgrade is not tried again before the time that it asks for.',
    file: 'engine/lib/socket/reconnecting-socket.test.ts',
    test: '%s: the second try keeps the delay that was asked for',
  },
  {
    sentence: 'A refused upgrade says whether a key is missing, or refused, or the address is.',
    file: 'engine/lib/socket/reconnecting-socket.test.ts',
    test: 'with %d says what is missing or refused (headers %p)',
  },
  {
    sentence: 'A process that was stopped while the market moved answers nothing that waited for it.',
    file: 'ops/harness/engine/stall.story.test.ts',
    test: 'a process that was stopped while the market rose answers nothing that waited for it, and then at the new price',
  },
  {
    sentence: 'Answers that await a reply are bounded, and timed on the monotonic clock.',
    file: 'engine/executor/replies.test.ts',
    test: 'beyond its bounds the oldest goes first, and is counted',
  },
  {
    sentence: 'A price that was found wrong is not traded on when the other source is lost.',
    file: 'engine/reference/reference.test.ts',
    test: 'the market falls, CoinGecko lags, Kraken drops: nothing is traded on the price just found wrong',
  },
  {
    sentence: 'Nothing is answered on a price that was just found wrong.',
    file: 'ops/harness/engine/engine.story.test.ts',
    test: 'the market falls, CoinGecko lags, Kraken drops: nothing is answered on the price that was just found wrong',
  },
  {
    sentence:
      'one frame of Kraken names a market status that does not exist: trading stops, and a new connection asks for the status again',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'that told a status of no known name, however often it repeats it; a known one keeps it',
  },
  {
    sentence: 'Wrong checksums or an unreadable frame do not open the way to a price that was found wrong.',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'three wrong checksums and an unreadable frame while the sources are apart: nothing to trade on',
  },
  {
    sentence: 'A restart does not forget that a source was found wrong: the fallback needs a comparison first.',
    file: 'engine/reference/fallback.test.ts',
    test: 'none since the start: CoinGecko alone is not traded on, for a restart forgets what was found wrong before',
  },
  {
    sentence: 'A price source that stays broken is unhealthy, although the other one is traded on.',
    file: 'engine/reference/fallback.test.ts',
    test: 'Kraken, although CoinGecko is traded on',
  },
  {
    sentence: 'A paused reference has no price to trade on, from either source.',
    file: 'engine/reference/fallback.test.ts',
    test: 'has no price to trade on, from either source, until it ends',
  },
  {
    sentence: 'An accepted answer earns its edge at the hedge, within the limit on both sides, whatever basis is read.',
    file: 'engine/strategy/decide.prop.test.ts',
    test: 'an accepted answer earns its edge at the hedge, is within the notional on both sides, and its basis is near par',
  },
  {
    sentence: 'A price that waited in a socket is as old as it is, from the first frame of a connection on.',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'is that of the frames by their own time, from the first on',
  },
  {
    sentence: 'A bad ticker does not cost the order book.',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'the ticker: %s',
  },
  {
    sentence: "Kraken's book is subscribed to again only after the answer to the unsubscribe.",
    file: 'engine/reference/kraken/session.test.ts',
    test: 'waits for the answers to the unsubscribe',
  },
  {
    sentence: 'A time of day that is set back stops neither price records nor polls nor a new subscription.',
    file: 'engine/reference/reference.test.ts',
    test: 'a wall clock that is set back an hour stops neither records nor polls nor a new subscription',
  },
  {
    sentence: 'A snapshot of Kraken that a slow connection delivers late counts from the request that it answers.',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'a snapshot without a time on a slow connection is as new as the oldest request that it may answer',
  },
  {
    sentence: 'A ticker of Kraken without a time does not make an old snapshot new.',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'a ticker without a time is as new as the connection, so that it does not renew an old snapshot',
  },
  {
    sentence:
      'A price that CoinGecko repeats to the digit as just updated is not traded on for hours while Kraken is away.',
    file: 'engine/reference/fallback.test.ts',
    test: 'is traded on for ten minutes at most while Kraken is away, and again from its next change on',
  },
  {
    sentence: 'That EURe is far from one EUR while it is counted as one is in health.',
    file: 'engine/reference/price.test.ts',
    test: 'EURe at %s: %p',
  },
  {
    sentence: 'A price at a limit, with another status at each frame, fills neither the log nor the journal.',
    file: 'engine/reference/reference.test.ts',
    test: 'a price that hovers at the limit between the sources is not a record and a line of the log for each frame',
  },
  {
    sentence: 'A price of Kraken that runs away in many small steps, with no other source to judge it, is a jump.',
    file: 'engine/reference/fallback.test.ts',
    test: 'in many small steps blocks like one, and a market that moves as far in more time does not',
  },
  {
    sentence:
      'A connection to Kraken whose books are all too late by its own clock is given up: one wrong time costs seconds.',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'that %s',
  },
  {
    sentence: 'A connection to Kraken that does not tell the market status within five seconds is given up.',
    file: 'engine/reference/kraken/session.test.ts',
    test: 'that never told the market status: nothing is traded on without one',
  },
  {
    sentence: 'Kraken counts as broken while its frames come, but each too late to be traded on.',
    file: 'engine/reference/fallback.test.ts',
    test: 'Kraken, although its frames go on: all of them come too late to be traded on',
  },
  {
    sentence:
      'A peer that answers the newest of several pings alone ends the wait after a gap, and keeps its connection.',
    file: 'engine/lib/socket/reconnecting-socket.test.ts',
    test: 'a pong to the newest of several pings answers those before it',
  },
  {
    sentence:
      'A text of the relay of any length and alphabet makes a record that Kafka takes; what was cut is noted in it.',
    file: 'engine/bus/render/bounds.test.ts',
    test: 'of the largest fact of each kind is below what Kafka takes, and as its topic says',
  },
  {
    sentence: 'No part of a signature is left where a text was cut.',
    file: 'engine/bus/render/bounds.test.ts',
    test: 'holds no part of a signature, wherever the cut falls',
  },
  {
    sentence: 'A Kafka client that librdkafka gives up is known by librdkafka’s own flag.',
    file: 'contracts/runtime/kafka/client.test.ts',
    test: 'is lost by librdkafka’s flag, whatever caused it: %s',
  },
  {
    sentence: 'A cluster that comes back empty leaves nothing stuck, and the loss is said.',
    file: 'ops/harness/engine/publisher.story.it.test.ts',
    test: 'comes back empty, as another cluster: the client is replaced, the loss is said, and nothing is stuck',
  },
  {
    sentence: 'A topic with too few partitions does not hold up the others, and recovers by itself.',
    file: 'ops/harness/engine/publisher.story.it.test.ts',
    test: 'has a topic with one partition instead of six: the others go on, and it recovers when partitions are added',
  },
  {
    sentence: 'A topic that is deleted and made again does not hold up the others, and its lost records are noticed.',
    file: 'ops/harness/engine/publisher.story.it.test.ts',
    test: 'deletes a topic and makes it again: the others go on, it recovers, and the loss is said',
  },
  {
    sentence: 'A partition without a leader holds up the other topics for ten seconds at most.',
    file: 'engine/bus/publisher-topics.test.ts',
    test: 'holds up the others for a bounded time, though they go on for more records than may be in flight',
  },
  {
    sentence: 'A client queue that is full of messages of one topic does not stop the others.',
    file: 'engine/bus/publisher-topics.test.ts',
    test: 'and fills the client’s queue: another client is asked for, and goes on with the others',
  },
  {
    sentence: 'That Kafka is away is in health at once, and in one line of the log.',
    file: 'engine/bus/kafka-link.test.ts',
    test: 'that Kafka is away is known at once, said once with its brokers, and so is its return',
  },
  {
    sentence:
      'A health record with an impossible date, a negative lag or another account does not count as written history.',
    file: 'engine/bus/history/reports.test.ts',
    test: '%s is taken or passed over: %#',
  },
  {
    sentence: 'A history-writer that died is noticed though the time of day was set back.',
    file: 'engine/bus/history/reports.test.ts',
    test: 'a dead writer is found out though our wall clock is set back',
  },
  {
    sentence: 'A second history-writer that ends does not block decisions.',
    file: 'engine/bus/history/reports.test.ts',
    test: 'one that ends or falls silent does not impair the other',
  },
  ...RECORDS_FAULTS,
  ...HISTORY_FAULTS,
];

/** Rows whose test cannot be found, and rows that say the same as another. */
export function brokenRows(faults: readonly Fault[], sources: readonly Source[]): string[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const sentences = new Set<string>();
  return faults.flatMap(({ sentence, file, test }) => {
    const problems: string[] = [];
    if (sentences.has(sentence)) problems.push(`"${sentence}" is listed twice`);
    sentences.add(sentence);
    const text = texts.get(file);
    if (text === undefined) problems.push(`${file}, which holds "${sentence}", does not exist`);
    else if (!hasTest(text, test)) problems.push(`${file} has no test "${test}", which holds "${sentence}"`);
    return problems;
  });
}

const special = /[.*+?^${}()|[\]\\]/g;

/** The title as first argument of a call, be it `test(...)` or the second pair of parentheses of `test.each(...)(...)`. */
function hasTest(text: string, title: string): boolean {
  const literal = title.replace(special, '\\$&').replaceAll("'", "\\\\?'");
  return new RegExp(`\\(\\s*(['"\`])${literal}\\1\\s*,`).test(text);
}

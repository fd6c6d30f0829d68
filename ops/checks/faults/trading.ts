// Faults in the engine on the way of a quote, and in what stops it.

export const TRADING_FAULTS = [
  {
    sentence:
      'A pull of one asset withdraws the quotes that pay it under the id that is traded, whichever is configured.',
    file: 'engine/pull/control.test.ts',
    test: 'a pull of %p asks for the id that is traded',
  },
  {
    sentence: 'No part of the engine takes the default id of an asset for the one that is traded.',
    file: 'ops/checks/direction.test.ts',
    test: 'every import of the checkout follows the table of architecture.ts',
  },
  {
    sentence: 'Balances of a pair that is traded under another id are shown, not called unknown.',
    file: 'ops/console/state-view.test.ts',
    test: 'balances are shown under the ids that are traded, BTC as %s',
  },
  {
    sentence: 'Nothing is signed while syncs hang, health says so, and it goes on by itself when they return.',
    file: 'ops/harness/engine/holds.story.test.ts',
    test: 'nothing is signed while the oldest record that is not on disk is older than allowed',
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
    sentence: 'A quote id that was signed for is not signed for again within a day, after any frames in between.',
    file: 'engine/loop.test.ts',
    test: 'an id that was signed for gets no second decision within a day, after any other frames',
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
    sentence:
      'A chain that is behind the record is named as the reason, also before a balance was taken since the start.',
    file: 'engine/strategy/decide.test.ts',
    test: 'a balance that was not read since the start because the chain went back has that reason',
  },
  {
    sentence: 'While more is promised than is credited the executor cannot be armed.',
    file: 'engine/control/control.test.ts',
    test: 'while more is promised than is credited the executor is not armed, whatever the call says',
  },
  {
    sentence: 'A rate has one unit, EURe per BTC, in every record.',
    file: 'engine/bus/render/payloads.test.ts',
    test: 'rates are EURe per BTC: with a basis of %p',
  },
  {
    sentence:
      'Two breaches that every balance finds again are logged and counted once each, and not with every balance.',
    file: 'engine/safety/stops.test.ts',
    test: 'a breach that every balance finds again with other amounts is reported once; another one as well, also in turn',
  },
  {
    sentence: 'What is found disarms the executor also while it cannot be reported.',
    file: 'engine/safety/stops.test.ts',
    test: 'what is found disarms while %s cannot be reported, and the rest of it is reported',
  },
  {
    sentence: 'An engine that stops itself withdraws its quotes also while nothing can be reported.',
    file: 'engine/startup/reporting.test.ts',
    test: 'a stop reaches it also while nothing can be counted, shown or logged',
  },
  {
    sentence: 'What follows from the first cause of a stop does not hide it.',
    file: 'engine/safety/stops.test.ts',
    test: 'the first cause is kept until an operator arms, and each cause that follows from it is not counted',
  },
  {
    sentence: 'A time of day that is set forward does not age a journal that may have a lost predecessor.',
    file: 'engine/executor/arm-conditions.test.ts',
    test: 'a time of day that is set forward does not age a journal of this run',
  },
  {
    sentence: 'The list of reasons has the order in which the gates are asked.',
    file: 'engine/strategy/decide.test.ts',
    test: 'every reason of the closed list has a row, in its order of precedence',
  },
  {
    sentence: 'Whether the engine trades, and why not, is what the loop would do with a request.',
    file: 'engine/control/trading.test.ts',
    test: 'with any combination of obstacles, it trades exactly when a small request is answered, direction by direction',
  },
  {
    sentence: 'A balance that decisions do not use any more is unhealthy, however fresh the poll is.',
    file: 'engine/control/health.test.ts',
    test: 'is unhealthy with %s when decisions are blocked for it, however fresh the poll is',
  },
  {
    sentence: 'An age limit that is shorter than two polls ends the start.',
    file: 'engine/startup/settings.test.ts',
    test: 'a balance that would be too old before the next one can be read is refused with both numbers',
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
    sentence: 'A relay error of any length in any script leaves a record of the rejection.',
    file: 'engine/loop.test.ts',
    test: 'what is kept of a reply is bounded in bytes, and the rejection is on record',
  },
  {
    sentence: 'JSON in binary frames is decoded, and ids that come as texts are matched.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'takes JSON in binary frames and ids as texts',
  },
  {
    sentence:
      'A relay whose streams fall silent after it acknowledged them is subscribed again, then replaced, and unhealthy meanwhile.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'whose streams fall silent is subscribed again, then replaced, and says so',
  },
  {
    sentence: 'The silence of quote_status of all solvers is noticed while quotes still come.',
    file: 'engine/ingest/relay/session.test.ts',
    test: 'of the statuses of all solvers: subscribed again, then a new connection, unhealthy meanwhile',
  },
  {
    sentence: 'A connection that replaces one on which events came has little time for its first event.',
    file: 'engine/ingest/relay/silence.test.ts',
    test: 'is missed sooner than a later one: subscribed again once, and the connection given up',
  },
  {
    sentence: 'A relay that opens connections and loses them again and again is left alone for a while each time.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'that is opened and lost again and again is left alone for a while',
  },
  {
    sentence: 'A relay that answers 401 or 403 is reported as key missing, key refused or address refused.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'that is refused says which: %s, of %i and %i at the root',
  },
  {
    sentence:
      'Requests that come faster than they can be handled are handled newest first, and what is shed is counted.',
    file: 'engine/ingest/relay/backlog.test.ts',
    test: 'of a burst that takes all the time there was wait, and the newest is handled first',
  },
  {
    sentence:
      'A request that was sent before or during a gap of the process is not signed after it, however long it has waited since it was read.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'knows of a request that has waited that it was sent before a pong that has come meanwhile',
  },
  {
    sentence:
      'A flood of requests that lasts, or comes again and again, is reported once, and soon after it requests are handled at once again.',
    file: 'engine/ingest/relay/backlog.test.ts',
    test: 'are handled at once soon after handling was busy, however long it was, which is reported once',
  },
  {
    sentence: 'A large request that has to wait makes room for itself, however many small ones have to go for it.',
    file: 'engine/ingest/relay/backlog.test.ts',
    test: 'beyond the characters push out as many small ones as a large one takes the room of',
  },
  {
    sentence: 'A status that comes twice is written down once.',
    file: 'engine/turn/status.test.ts',
    test: 'that is on record already is counted only, under whatever subscription it comes again',
  },
  {
    sentence: 'A status with guaranteed delivery is acknowledged only once what it led to is on disk.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'names its queue in the URL, and acknowledges what was taken in once it is durable',
  },
  {
    sentence:
      'A relay that does not answer the subscription with guaranteed delivery is subscribed without on the next connection.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'does without guaranteed delivery on the connection after one on which the relay did not answer it',
  },
  {
    sentence: 'A relay that refuses a connection which names a queue is connected to without one.',
    file: 'engine/ingest/relay/relay-socket.test.ts',
    test: 'whose upgrade with a queue is answered with %i is asked next for %p',
  },
  {
    sentence:
      'Nothing is acknowledged under a subscription that was replaced: what was not comes again under the next.',
    file: 'engine/ingest/relay/session-delivery.test.ts',
    test: 'of a subscription that was renewed are acknowledged under the new one alone, as they come again there',
  },
  {
    sentence:
      'A venue that asks for BTC under another id is not taken for a silent pair: it is counted, and reported once.',
    file: 'engine/loop.test.ts',
    test: 'a request for BTC under another known id is counted, reported once, and never answered, whatever the filter',
  },
  {
    sentence: 'A pair filter that an operator has set is in force after a restart.',
    file: 'engine/startup/recover.test.ts',
    test: 'is in the next checkpoint',
  },
  {
    sentence: 'A pair that nobody asks for is no dead connection.',
    file: 'engine/ingest/relay/session.test.ts',
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
    test: 'with a status of no known name, however often it repeats it; a known one keeps it',
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
    test: 'that never sent the market status: nothing is traded on without one',
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
    test: 'of the maximum fact of each kind is below what Kafka takes, and as its topic says',
  },
  {
    sentence: 'No part of a signature is left where a text was cut.',
    file: 'engine/bus/render/bounds.test.ts',
    test: 'holds no part of a signature, wherever the cut falls',
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
    file: 'engine/bus/link/kafka-link.test.ts',
    test: 'that Kafka is away is known at once, said once with its brokers, and so is its return',
  },
  {
    sentence:
      'A health record with an impossible date, a negative lag or another account does not count as written history.',
    file: 'engine/background/history/reports.test.ts',
    test: '%s is taken or passed over: %#',
  },
  {
    sentence: 'A history-writer that died is noticed though the time of day was set back.',
    file: 'engine/background/history/reports.test.ts',
    test: 'a dead writer is found out though our wall clock is set back',
  },
  {
    sentence: 'A second history-writer that ends does not block decisions.',
    file: 'engine/background/history/reports.test.ts',
    test: 'one that ends or falls silent does not impair the other',
  },
  {
    sentence: 'The notional limit counts the larger side, with a EURe worth one EUR at least.',
    file: 'engine/strategy/pricing.prop.test.ts',
    test: 'notional of %s in %p out %p at a basis of %p',
  },
  {
    sentence: 'The executor judges the inventory as it is when it signs, not the copy that was decided on.',
    file: 'engine/loop.test.ts',
    test: 'an inventory that shrank between decision and signature: rejected with its numbers, and nothing leaves',
  },
];

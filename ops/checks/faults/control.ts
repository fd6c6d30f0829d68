// The rows of faults.ts about the control API and the ways to end a process.

export const CONTROL_FAULTS = [
  {
    sentence: 'An event of any size is cut to a bounded one that says so and keeps its ids, and drops no follower.',
    file: 'contracts/runtime/control/events/event-text.test.ts',
    test: 'any event is bounded, is as it is described, and keeps its ids',
  },
  {
    sentence: 'A metric that cannot be read costs a scrape nothing but itself.',
    file: 'contracts/runtime/process/metrics.test.ts',
    test: 'what cannot be read is left out, counted, and reported when that changes; all others are there',
  },
  {
    sentence: 'A part of which nothing can be read costs /state its own section alone.',
    file: 'engine/control/state.test.ts',
    test: 'while %s cannot be read it is null, and all others are there',
  },
  {
    sentence: 'Gates that fail by an error of our own are bad health, with the error in the log.',
    file: 'engine/control/health.test.ts',
    test: 'is unhealthy while the gates fail by an error of our own, which is reported when it begins',
  },
  {
    sentence: 'A viewer who fills every place with requests does not keep an operator from the control API.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'a viewer who fills every place with %s does not keep an operator out',
  },
  {
    sentence: 'A request whose path two readers could take for another route is no open route without a token.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: '%p is no route, and not open: without a token it says so first',
  },
  {
    sentence: 'A target in absolute form, encoded, with dot segments or double slashes is compared as it was sent.',
    file: 'contracts/runtime/control/front/http.test.ts',
    test: 'of %p the path is taken as it is sent',
  },
  {
    sentence: 'A Host under which the control API is not known is refused.',
    file: 'contracts/runtime/control/front/site.test.ts',
    test: '%p is a foreign host on loopback',
  },
  {
    sentence:
      'A missing or malformed Host, or what is no HTTP at all, gets a problem body without anything of the inside.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'a request %s gets a problem body, is counted, and hears nothing of the inside',
  },
  {
    sentence: 'A health checker that speaks HTTP/1.0 without a Host is answered.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'a checker that speaks HTTP/1.0 without a Host is answered, and the connection ends',
  },
  {
    sentence: 'A flood of refused requests fills neither the log nor the journal.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'a flood of refusals of every kind writes a bounded number of lines of bounded size, and as few records',
  },
  {
    sentence: 'A flood of reads costs the main thread a bounded number of calls.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'a flood of reads costs the main thread a bounded number of calls, and each is answered',
  },
  {
    sentence: 'A client that sends requests ahead is served in turn with the others, at a bounded rate.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'however many clients send ahead, requests are taken at a bounded rate, in turn, and a client is not read on',
  },
  {
    sentence: 'While clients flood the control API, an authorised disarm is done.',
    file: 'contracts/runtime/control/bridge.test.ts',
    test: 'while clients flood every route, a disarm is done, and the main thread sees few of their requests',
  },
  {
    sentence: 'Idle clients of the control API take a bounded number of descriptors and keep nobody out.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'more connections than allowed: the one that was quiet longest makes room, and a newcomer is answered',
  },
  {
    sentence: 'The Worker of the control API never loads the Kafka addon.',
    file: 'ops/checks/worker.test.ts',
    test: 'the Worker of the control API loads neither the Kafka addon nor what holds keys, only what serves clients',
  },
  {
    sentence: 'HEAD has the rules of GET.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'HEAD is answered as GET, with its rules',
  },
  {
    sentence: 'Default ports, a final dot and spellings of an address do not make another site.',
    file: 'contracts/runtime/control/front/site.test.ts',
    test: 'host %p with origin %p is %s',
  },
  {
    sentence: 'Missing and wrong tokens are counted apart.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'missing and wrong tokens are counted apart',
  },
  {
    sentence: 'Counts of wrong tokens by address are bounded and never negative.',
    file: 'contracts/runtime/control/auth.test.ts',
    test: 'however failures come and go, what is remembered is bounded and no count of waiting requests goes wrong',
  },
  {
    sentence: 'SIGHUP drains.',
    file: 'contracts/runtime/process/shutdown.test.ts',
    test: '%s drains, and the process ends with 0',
  },
  {
    sentence: 'An exception that nothing catches ends engine and sidecars alike: after a drain, with 1.',
    file: 'ops/harness/shared-runtime.test.ts',
    test: '%s outside of every guard ends it with 1 after a drain',
  },
  {
    sentence: 'A process that ends does not remove the address of another one that took over its state directory.',
    file: 'ops/harness/shared-runtime.test.ts',
    test: 'leaves the address of another process that took over its directory',
  },
  {
    sentence: 'A Kafka setting that the client does not take is a wrong configuration for engine and sidecars alike.',
    file: 'ops/harness/shared-runtime.test.ts',
    test: '%s is refused with 78, naming the variable',
  },
  {
    sentence: 'A process that is to end before its control API listens drains and is not started afterwards.',
    file: 'contracts/runtime/process/run-process.test.ts',
    test: 'a process that %s ends in order',
  },
  {
    sentence: 'Arming arms strategy and executor both or neither.',
    file: 'ops/cli/arm.test.ts',
    test: 'when the strategy does not arm, the executor is disarmed again',
  },
  {
    sentence: 'Arming a young journal by command leaves nothing half armed.',
    file: 'ops/cli/arm.test.ts',
    test: 'on a young journal arms neither, says why, and what helps',
  },
  {
    sentence: 'An arming without an end has to be asked for by name.',
    file: 'engine/control/control.test.ts',
    test: 'arming with %p is refused and arms nothing',
  },
  {
    sentence: 'Disarming by command reaches the other part when one fails, and says what is not certain.',
    file: 'ops/cli/arm.test.ts',
    test: 'disarms one part also when the other fails, and says which',
  },
  {
    sentence:
      'Clients of the control API neither stop an engine whose standard error nobody reads nor keep it from a disarm or a drain.',
    file: 'ops/harness/engine/flood.story.test.ts',
    test: 'an engine under a flood of every kind of request answers quotes, takes a disarm, and drains on SIGTERM',
  },
  {
    sentence: 'What is thrown outside of every guard is logged, not written to a pipe.',
    file: 'contracts/runtime/process/shutdown.test.ts',
    test: 'what is thrown outside of every guard is reported each time, and ends the process once',
  },
  {
    sentence: 'A control API whose Worker throws, ends or hangs is there again.',
    file: 'contracts/runtime/control/bridge.test.ts',
    test: 'a front that fails is logged and replaced on the same port: one that %s',
  },
  {
    sentence: 'A Worker of the control API that goes on failing for one reason does not fill the log.',
    file: 'contracts/runtime/control/bridge.test.ts',
    test: 'a front that goes on failing for one reason is started again each time, and logged once',
  },
  {
    sentence: 'A proxy in the environment never gets the token of the control API.',
    file: 'ops/cli/arm.test.ts',
    test: 'as a program: the token goes to the engine alone, whatever proxy is set',
  },
  {
    sentence: 'Every status and body of every route is described, and every answer is as described.',
    file: 'ops/harness/engine/described.story.test.ts',
    test: 'every answer of a whole engine is as its OpenAPI document describes it, before and while it trades',
  },
  {
    sentence: 'A method that an open path does not take is refused as such, with or without a token.',
    file: 'contracts/runtime/control/app.test.ts',
    test: 'a method that an open path does not take is 405 without a token too',
  },
  {
    sentence: 'What fits the published schema of a body is taken; fields that always fail are not offered.',
    file: 'contracts/control/engine.test.ts',
    test: '%j fits the published schema and is taken',
  },
  {
    sentence: 'The published pattern of a decimal takes exactly the texts that are parsed and within bounds.',
    file: 'contracts/decimal-pattern.test.ts',
    test: 'the pattern of numbers to %s with %d decimals takes what is parsed and within bounds, and nothing else',
  },
  {
    sentence:
      'Clients that connect, ask and leave as fast as they can neither keep an operator out nor fill the memory.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'however fast clients connect, ask and leave nothing behind, one with a token is answered, and what is held is bounded',
  },
  {
    sentence: 'A request whose client is gone takes no turn from others.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'requests whose clients are gone take no turn from others',
  },
  {
    sentence: 'A request with a token does not wait behind those without, nor keep them waiting.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'a request with a token is served before those without that wait longer, which are served too',
  },
  {
    sentence: 'As many callers with a token as there is room for do not end the control API.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'more clients with a token than there is room for: the next is turned away, and the rest is served',
  },
  {
    sentence:
      'A client that resets its connection before it is accepted does not put a record without an address on the way.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'a client that has reset its connection before it was accepted has an address, too',
  },
  {
    sentence: 'A client that ends its direction gets the whole of its answer.',
    file: 'contracts/runtime/control/front/listen.test.ts',
    test: 'a client that ends its direction after its answer was written gets all of it',
  },
  {
    sentence: 'A method that no route has is not taken for GET.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'the method %s, which no route has, is not taken for GET',
  },
  {
    sentence: 'A script that calls disarm too often, or wrongly, does not keep an operator from it.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'a flood of calls of an urgent action, with bodies that are refused, or not, keeps nobody from it',
  },
  {
    sentence: 'Disarming by command asks again when the control API fails for a moment.',
    file: 'ops/cli/arm.test.ts',
    test: 'fails for a moment: asks again',
  },
  {
    sentence: 'Disarming by command takes no answer for a disarm that does not say so.',
    file: 'ops/cli/arm.test.ts',
    test: '%s: nothing is called disarmed',
  },
  {
    sentence: 'A body that has a name twice arms nothing: which value counts is up to the reader.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'a body that two readers could take in two ways reaches no action',
  },
  {
    sentence: 'Clients of the control API do not take the processor from the thread that trades.',
    file: 'contracts/runtime/control/bridge.test.ts',
    test: 'the thread that serves clients takes the processor behind the one that trades',
  },
  {
    sentence: 'The token of a viewer, or of another account, changes nothing, on no route.',
    file: 'engine/control/openapi.test.ts',
    test: 'a viewer reads everything and changes nothing',
  },
  {
    sentence: 'The token that the liquidity-manager has of the engine keeps amounts back, and arms nothing.',
    file: 'engine/control/openapi.test.ts',
    test: 'a reserver keeps amounts back and reads; it arms nothing, gives nothing back and ends nothing',
  },
  {
    sentence: 'No action takes a body with an unknown field or a value out of bounds.',
    file: 'engine/control/openapi.test.ts',
    test: 'a body that is malformed, has an unknown field, or a value out of bounds is refused on every action, with its place',
  },
  {
    sentence: 'A client of /events that does not read costs neither memory nor the other clients anything.',
    file: 'contracts/runtime/control/events/events.test.ts',
    test: 'a client that does not read is dropped, counted and said; one that reads gets every event',
  },
  {
    sentence: 'A ticket for /events is worth nothing twice, later, or to a page of another origin.',
    file: 'contracts/runtime/control/events/events.test.ts',
    test: 'a ticket that is too old, made up, given twice, from another origin, or for another route opens nothing',
  },
  {
    sentence: 'Events that nobody follows cost the loop one check, and those that do not fit are dropped and counted.',
    file: 'contracts/runtime/control/events/feed.test.ts',
    test: 'what does not fit is dropped, counted, and said with the next batch',
  },
  {
    sentence: 'One health request asks the gates once, and not once for each part.',
    file: 'engine/control/health.test.ts',
    test: 'of one health the gates are asked once a direction, however many parts ask',
  },
  {
    sentence: 'A disarm that also withdraws quotes is not turned away, however often the action is called.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'a call of an urgent action with fields is made as well, whatever others call it with, and equal ones share one',
  },
  {
    sentence: 'Many reads at once do not follow each other on the thread that trades.',
    file: 'contracts/runtime/control/front/front.test.ts',
    test: 'many reads of a path at once are one for the main thread at a time, and none is answered by what was asked before it',
  },
  {
    sentence: 'A call that the main thread takes up long after its caller has gone arms nothing.',
    file: 'contracts/runtime/control/app.test.ts',
    test: 'a call that is taken up after its answer was given up changes nothing, unless it takes risk away; either is recorded',
  },
  {
    sentence: 'An action that cannot be recorded says so in its answer.',
    file: 'contracts/runtime/control/app.test.ts',
    test: 'an action that cannot be recorded is done, and the answer and the log say so',
  },
  {
    sentence: 'An accepted chain is on record as accepted also when the poll behind it fails.',
    file: 'engine/control/control.test.ts',
    test: 'is accepted, and on record as that, also when the poll behind it fails',
  },
  {
    sentence: 'A disarm is answered as done also when the journal fails with the record of its pull.',
    file: 'engine/control/control.test.ts',
    test: 'is refused when the journal fails with its record; the disarm is done all the same, and on record as done',
  },
  {
    sentence: 'A disarm from the command line is tried again after a try that took long.',
    file: 'ops/cli/arm.test.ts',
    test: 'fails after a long time, as one that hangs and is replaced: asks again',
  },
  {
    sentence: 'A disarm from the command line withdraws quotes without waiting for the strategy.',
    file: 'ops/cli/arm.test.ts',
    test: 'hangs with the strategy: quotes are withdrawn all the same, and once more while that is not known',
  },
  {
    sentence: 'Withdrawals can be frozen while the disk is full.',
    file: 'sidecars/liquidity-manager/store/ledger.test.ts',
    test: 'a freeze is in force at once, and on disk once there is room, without anything else',
  },
  {
    sentence: 'The signature of a withdrawal is in no record of a call that failed.',
    file: 'sidecars/liquidity-manager/control/routes.test.ts',
    test: 'what is recorded of a withdrawal of which nothing came has no signature',
  },
  {
    sentence: 'The liquidity-manager takes a listed token of its account.',
    file: 'ops/harness/liquidity/manager.story.test.ts',
    test: 'takes a listed token of its account, and none of another one',
  },
  {
    sentence: 'Reports of health do not push out the records of what operators did while Kafka is away.',
    file: 'contracts/runtime/process/sidecar/own-records.test.ts',
    test: 'while Kafka is away health takes a part of the room, and what operators do has the rest',
  },
  {
    sentence: 'A loop that has stopped is not shown as healthy.',
    file: 'engine/control/internal/health.test.ts',
    test: 'a loop that no longer runs is not healthy, whatever the time of day says',
  },
  {
    sentence: 'A connection to /events without heartbeats is not shown as live.',
    file: 'contracts/runtime/control/events/client.test.ts',
    test: 'a connection without heartbeats has ended: what is shown of it is not live',
  },
  {
    sentence: 'A restart after a wrong time of day was corrected does not make a fresh journal old enough to arm.',
    file: 'engine/executor/arm-conditions.test.ts',
    test: 'nor does one that is set forward before the engine is started again: the chain says when it was born',
  },
] as const;

// Faults in what the ledger and the reading of the verifier made of balances, blocks and nonces.

export const LEDGER_FAULTS = [
  {
    sentence:
      'A journal of which nothing whole is left, though records had been durable, is refused and left as it is.',
    file: 'engine/journal/segments/removal.test.ts',
    test: 'is damage when nothing whole is behind it, and all files are left as they are',
  },
  {
    sentence: 'A start with another id of an asset is refused while a quote that pays the former one can settle.',
    file: 'engine/startup/former-asset.test.ts',
    test: 'a live quote %s refuses the start',
  },
  {
    sentence: 'After a crash, which may have lost quotes, the id of an asset is not changed.',
    file: 'engine/startup/former-asset.test.ts',
    test: 'after a crash, which may have lost quotes, it is refused until a run of the former one has ended in order',
  },
  {
    sentence: 'Records of a pair that was traded before, and is over, are no findings that an operator has to accept.',
    file: 'engine/startup/former-asset.test.ts',
    test: 'once all of it is over the start goes on, and finds nothing that does not fit',
  },
  {
    sentence: 'A start with fewer lanes finds no fault with the quotes of the lanes that are gone.',
    file: 'engine/startup/former-asset.test.ts',
    test: 'a start with fewer lanes finds nothing that does not fit in the quotes of the others',
  },
  {
    sentence: 'A chain that begins again below the record is named in decisions and health, with one error line.',
    file: 'ops/harness/engine/chain.story.test.ts',
    test: 'a chain that begins again is named, and accepted once the quotes of before are over',
  },
  {
    sentence: 'Whatever endpoints lie about, what could settle at the same time stays within the true balance.',
    file: 'engine/inventory/book.property.test.ts',
    test: 'and endpoints that lie about time and height, and alone about everything, what could settle stays covered',
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
    file: 'engine/inventory/lanes/manager.test.ts',
    test: 'at a snapshot: reported, the poll has failed, and the book stays where the journal ends',
  },
  {
    sentence:
      'A height that was too low, taken from a single endpoint, is given up by a call of the operator like one that was too high.',
    file: 'engine/verifier/endpoints.test.ts',
    test: 'a single endpoint that stays far ahead of the ledger, as after one wrong answer, is another chain too',
  },
  {
    sentence: 'What is recorded of one nonce by name is not counted again in the change that others share.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'that is recorded of one nonce by name is no part of what the others share',
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
    test: 'what is over follows from the earliest of three clocks: %s',
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
    sentence: 'Two settlements between two snapshots have their own part of the change each.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'of two lanes that settle between two snapshots is in each record by its own part',
  },
  {
    sentence: 'A wall clock that is set forward frees nothing before the time has passed.',
    file: 'engine/inventory/settlement/evidence.test.ts',
    test: 'a wall clock that is set forward frees nothing before the time has passed, whatever the block says',
  },
  {
    sentence: 'A balance of an earlier version ends as many quotes at a recovery as it ended then.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'a balance of an earlier version, which does not say how many quotes it ends, ends 512 as it did then',
  },
  {
    sentence:
      'However many quotes are under a used nonce, a turn that looks for the one that was settled looks at a bounded number.',
    file: 'engine/inventory/settlement/attributions.test.ts',
    test: 'a turn looks at a bounded number of quotes: %s',
  },
  {
    sentence:
      'A search for what was settled that takes several turns keeps its nonce from being signed under meanwhile.',
    file: 'engine/inventory/settlement/attributions.test.ts',
    test: 'a snapshot that takes several turns keeps the nonce from being signed under at once, and is taken in the last',
  },
  {
    sentence: 'How long a live quote binds is known without looking at each of them.',
    file: 'engine/inventory/settlement/evidence-clock.test.ts',
    test: 'how long something binds is known without looking at the quotes',
  },
  {
    sentence:
      'No lane is opened under a salt that a snapshot names invalid, also while it is still searched for what was settled.',
    file: 'engine/inventory/lanes/manager.test.ts',
    test: 'that invalidates a salt opens no lane under it, while a search for what was settled is %s',
  },
  {
    sentence: 'A snapshot that lacks a nonce still says which others were used: nothing more is signed under them.',
    file: 'engine/inventory/plan-observation.test.ts',
    test: 'whose nonces are not complete, but for what it says of those that it read',
  },
  {
    sentence: 'A withdrawal that was reserved for is no loss because its salt went before the balance was read.',
    file: 'ops/harness/engine/reserved.story.test.ts',
    test: 'is known for what it is although its salt went, and with it that its nonce was used, before anybody looked',
  },
  {
    sentence: 'A loss that is known is not promised again while it is found out what was settled.',
    file: 'engine/inventory/settlement/attributions.test.ts',
    test: 'a loss beyond what the used nonces reserve is held back, until the balance says it',
  },
  {
    sentence:
      'Nonces that are opened during a search for what was settled neither begin it again nor refuse its snapshot.',
    file: 'engine/inventory/settlement/attributions.test.ts',
    test: 'what is signed under a nonce that was opened since neither begins it again nor explains anything',
  },
  {
    sentence: 'A clean stop during a search for what was settled writes nothing to a closed journal.',
    file: 'engine/inventory/lanes/manager.test.ts',
    test: 'a stop ends a snapshot that takes several turns and ends that are due: the journal is closed after it',
  },
  {
    sentence:
      'A quote that was left open although the venue had named it is not recorded as settled by that name later.',
    file: 'engine/inventory/settlement/endings.test.ts',
    test: 'a quote that the venue named although nothing moved is left open, and never recorded as settled by that',
  },
  {
    sentence: 'One endpoint of two cannot have the lanes opened again under a salt of its own choice.',
    file: 'engine/inventory/lanes/manager.test.ts',
    test: '%s that no second endpoint confirms teaches no salt either',
  },
  {
    sentence:
      "A transaction's outcome as one endpoint of two names it does not have another quote recorded as settled than the one that was.",
    file: 'engine/verifier/lies.test.ts',
    test: 'is not known while two of two say different things',
  },
  {
    sentence:
      'Another salt that one endpoint of two names holds no trading up: it counts for nothing, and the other one is asked.',
    file: 'engine/verifier/lies.test.ts',
    test: 'is not confirmed, and the next poll asks the other one first',
  },
  {
    sentence: 'An endpoint that hides the use of a nonce does not make a loss of the settlement that used it.',
    file: 'engine/verifier/lies.test.ts',
    test: 'a balance that moved is not confirmed by one endpoint that hides the use of the nonce that moved it',
  },
  {
    sentence: 'No settlement is attributed by a balance that another endpoint contradicts.',
    file: 'engine/verifier/lies.test.ts',
    test: 'the use of a nonce is not confirmed while two endpoints name different balances with it',
  },
  {
    sentence: 'An outflow that one endpoint hides is found within seconds, also while nothing is signed.',
    file: 'engine/verifier/lies.test.ts',
    test: 'an outflow that one endpoint hides is found within some seconds, also where no deadline could pass',
  },
  {
    sentence: 'A lower balance that one endpoint of three names does not stop trading.',
    file: 'engine/verifier/lies.test.ts',
    test: 'is outvoted where there are three, and kept back until then',
  },
];

// Where two readings of the wall clock may be compared: in records and deadlines, whose times mean the time of day.

export type AllowedComparison = {
  readonly file: string;
  /** As written, with single spaces. */
  readonly expression: string;
  readonly reason: string;
};

/** Files whose clocks are not those of the machine. */
export const OTHER_CLOCKS: readonly { readonly files: string; readonly reason: string }[] = [
  { files: 'ops/sim/', reason: 'a simulated world runs on a time of its own, which nobody sets back' },
];

export const ALLOWED_COMPARISONS: readonly AllowedComparison[] = [
  {
    file: 'contracts/runtime/control/app.ts',
    expression: 'timers.nowMs() >= givenUpAtMs',
    reason: 'a deadline from one thread to another, whose monotonic clocks begin at different moments',
  },
  ...['deadlineAtMs < given.nowMs + DEADLINE_MIN_MS', 'deadlineAtMs > given.nowMs + DEADLINE_MAX_MS'].map(
    (expression) => ({
      file: 'sidecars/liquidity-manager/withdrawals/checks.ts',
      expression,
      reason: 'a deadline that leaves the process: the verifier compares it with the time of its blocks',
    }),
  ),
  {
    file: 'sidecars/liquidity-manager/withdrawals/desk.ts',
    expression: 'deadlineAtMs > this.#options.clock.nowMs() + PUBLISH_MARGIN_MS',
    reason: 'the same deadline: whether there is time to publish the payload',
  },
  ...['Math.min(block.timeMs, nowMs) <= deadlineAtMs', 'block.timeMs <= terms.untilMs'].map((expression) => ({
    file: 'sidecars/liquidity-manager/withdrawals/verifier.ts',
    expression,
    reason:
      'the same deadline, and that of its nonce; that they have passed is said by a block, of that of the payload also by our clock',
  })),
  ...['found.timeMs <= window.untilMs', 'high.timeMs - low.timeMs', 'newest.timeMs - earlier.timeMs'].map(
    (expression) => ({
      file: 'sidecars/liquidity-manager/withdrawals/past-block.ts',
      expression,
      reason: 'times that blocks name: one is searched for by its time',
    }),
  ),
  {
    file: 'sidecars/liquidity-manager/withdrawals/checks.ts',
    expression: 'terms.untilMs < deadlineAtMs',
    reason: 'two times of one payload, which the verifier compares as well',
  },
  {
    file: 'sidecars/liquidity-manager/observers/observer.ts',
    expression: 'clock.nowMs() - saved.savedAtMs',
    reason: 'of the time in which no process ran only its ends on the wall clock are known',
  },
  ...['nowMs - atMs', 'atMs <= nowMs', 'atMs - nowMs'].map((expression) => ({
    file: 'ops/console/words.ts',
    expression,
    reason: 'how long ago a record of the engine was made, for a person to read',
  })),
  {
    file: 'engine/startup/recover.ts',
    expression: 'now.nowMs - lastAtMs',
    reason: 'how long ago an earlier run ended: of its records only their wall time is known',
  },
  {
    file: 'ops/doctor/judge/kafka.ts',
    expression: 'atMs - nowMs',
    reason: 'the clock of another machine, by the times in its records, against that of this one',
  },
  {
    file: 'contracts/retry-after.ts',
    expression: 'Date.parse(text) - nowMs',
    reason: 'a date that a server names for the next try',
  },
  {
    file: 'engine/lib/socket/key-time.ts',
    expression: 'nowMs >= expiresAtMs',
    reason: 'a time of day that a key names as its end',
  },
  {
    file: 'engine/safety/arming.ts',
    expression: 'nowMs >= end.atMs',
    reason: 'the end as it is shown; the same span is measured on the monotonic clock, too',
  },
  {
    file: 'engine/background/history/reports.ts',
    expression: 'nowMs - report.atMs',
    reason: 'when another process made its record, by its clock and ours',
  },
  {
    file: 'engine/background/latest.ts',
    expression: 'now.nowMs - entry.atMs',
    reason: 'when another process made its record, by its clock and ours',
  },
  ...['entry.atMs <= before.atMs', 'entry.atMs < before.atMs'].map((expression) => ({
    file: 'engine/background/latest.ts',
    expression,
    reason: 'which of two records of another process was made later, by its clock',
  })),
  ...['heard.atMs <= before.atMs', 'heard.atMs < before.atMs'].map((expression) => ({
    file: 'sidecars/ops-sentinel/known/newest.ts',
    expression,
    reason: 'which of two records of another process was made later, by its clock',
  })),
  {
    file: 'engine/background/producer-watch.ts',
    expression: 'now.nowMs - report.atMs',
    reason: 'when another process made its record, by its clock and ours',
  },
  {
    file: 'engine/lib/record-age.ts',
    expression: 'now.nowMs - atMs',
    reason: 'of a record of an earlier run only its wall time is known',
  },
  {
    file: 'engine/inventory/book.ts',
    expression: 'deadlineAtMs - nowMs',
    reason: 'the lifetime of a deadline that would be signed',
  },
  {
    file: 'engine/inventory/lanes/shadow-lanes.ts',
    expression: 'deadlineAtMs - nowMs',
    reason: 'the same of a deadline that shadow mode would have signed',
  },
  ...['a.deadlineAtMs < b.deadlineAtMs', 'first.deadlineAtMs >= atMs'].map((expression) => ({
    file: 'engine/inventory/lanes/shadow-nonce.ts',
    expression,
    reason: 'deadlines that shadow mode would have signed, against each other and against the time of day',
  })),
  {
    file: 'engine/startup/settleable.ts',
    expression: 'attempt.deadlineAtMs < nowMs',
    reason: 'a deadline that was signed; only what the log says at a stop hangs on it',
  },
  {
    file: 'engine/startup/settleable.ts',
    expression: 'attempt.deadlineAtMs > untilMs',
    reason: 'the later of two deadlines',
  },
  {
    file: 'engine/inventory/settlement/waits.ts',
    expression: 'lastAtMs + CLOCK_SKEW_MAX_MS - timeMs',
    reason: 'the deadline of a signed withdrawal; the monotonic clock bounds the time it is held against',
  },
  {
    file: 'engine/inventory/fold/fold.ts',
    expression: 'boundUntilMs - CLOCK_SKEW_MAX_MS - (balance?.blockTimeMs ?? 0)',
    reason: 'a deadline on record against the time of the newest block on record: the next block is later',
  },
  {
    file: 'engine/inventory/settlement/waits.ts',
    expression: 'state.latestDeadlineAtMs + CLOCK_SKEW_MAX_MS - timeMs',
    reason: 'deadlines that were signed; the monotonic clock bounds the time they are held against',
  },
  {
    file: 'engine/inventory/settlement/waits.ts',
    expression: 'state.copyUntilMs - timeMs',
    reason: 'a deadline on the clock of the chain; the monotonic clock bounds the time it is held against',
  },
  {
    file: 'engine/inventory/settlement/waits.ts',
    expression: 'boundUntilMs - timeMs',
    reason: 'a deadline on the clock of the chain; the monotonic clock bounds the time it is held against',
  },
  {
    file: 'engine/inventory/live-quotes.ts',
    expression: 'deadlineAtMs - signedAtMs',
    reason: 'the lifetime that was signed, both of one reading',
  },
  {
    file: 'engine/inventory/settlement/evidence.ts',
    expression: 'block.timeMs - readAtMs',
    reason: "the chain's clock against ours, bounded both ways",
  },
  {
    file: 'engine/inventory/settlement/evidence.ts',
    expression: 'block.timeMs >= newest.blockTimeMs',
    reason: 'facts, deadlines and block times, as recorded',
  },
  {
    file: 'engine/inventory/fold/over.ts',
    expression: 'quote.overAtMs + RECENT_MS > nowMs',
    reason: 'facts, deadlines and block times, as recorded',
  },
  {
    file: 'engine/inventory/lanes/housekeeping.ts',
    expression: 'nowMs + state.options.quoteLifetimeMaxMs > entry.nonceDeadlineAtMs - NONCE_MARGIN_MS',
    reason: 'the deadline of a nonce against the latest that a quote could have',
  },
  ...['untilAtMs <= nowMs', 'untilAtMs > nowMs + UNTIL_AHEAD_MAX_MS'].map((expression) => ({
    file: 'engine/inventory/reservations/desk.ts',
    expression,
    reason: 'a deadline that somebody else signed, as plausible or not: it frees nothing',
  })),
  {
    file: 'engine/inventory/reservations/withdrawals.ts',
    expression: 'block.timeMs > lastAtMs',
    reason: 'the deadline of a payload against the time of a block, which the contract holds it against',
  },
  {
    file: 'engine/inventory/lanes/lanes.ts',
    expression: 'deadlineAtMs > entry.nonceDeadlineAtMs - NONCE_MARGIN_MS',
    reason: 'signed deadlines against each other and against block time',
  },
  {
    file: 'engine/inventory/live-quotes.ts',
    expression: 'a.deadlineAtMs < b.deadlineAtMs',
    reason: 'signed deadlines against each other',
  },
  {
    file: 'engine/inventory/live-quotes.ts',
    expression: 'first.deadlineAtMs >= atMs',
    reason: 'facts, deadlines and block times, as recorded',
  },
  {
    file: 'engine/verifier/trust.ts',
    expression: 'block.timeMs - nowMs',
    reason: 'our clock against that of the chain, which is what is judged',
  },
  {
    file: 'engine/verifier/trust.ts',
    expression: 'block.timeMs < anchor.timeMs',
    reason: 'block times against each other',
  },
  {
    file: 'engine/verifier/trust.ts',
    expression: 'block.timeMs - anchor.timeMs',
    reason: 'block times against each other',
  },
  {
    file: 'engine/verifier/trust.ts',
    expression: 'to.timeMs - from.timeMs',
    reason: 'block times against each other',
  },
  {
    file: 'engine/verifier/freeing.ts',
    expression: 'fromMs < block.timeMs',
    reason: 'deadlines that were signed against the time of the chain',
  },
  {
    file: 'engine/verifier/trust.ts',
    expression: 'nowMs - block.timeMs',
    reason: 'our clock against that of the chain, which is what is judged',
  },
  {
    file: 'engine/inventory/plan-observation.ts',
    expression: 'blockTimeMs > entry.nonceDeadlineAtMs',
    reason: 'block times and signed deadlines',
  },
  {
    file: 'engine/inventory/settlement/resolutions.ts',
    expression: 'used.blockTimeMs - balanceChange.blockTimeMs',
    reason: 'facts, deadlines and block times, as recorded',
  },
  {
    file: 'engine/inventory/run-knowledge.ts',
    expression: 'fact.blockTimeMs < this.#heldAtBlockTimeMs',
    reason: 'block times against each other',
  },
  {
    file: 'engine/verifier/second-endpoint.ts',
    expression: 'own.timeMs >= block.timeMs',
    reason: 'block times against each other',
  },
  {
    file: 'engine/verifier/endpoint.ts',
    expression: 'nowMs - block.timeMs',
    reason: 'how far the chain is behind our clock, as shown in state',
  },
  {
    file: 'engine/safety/standstill.ts',
    expression: 'stampAtMs - read.nowMs',
    reason: "the sender's clock against ours, next to what the monotonic clock shows",
  },
  ...['(book.block()?.timeMs ?? 0) >= grownAtMs', 'grownAtMs - clock.nowMs()'].map((expression) => ({
    file: 'engine/executor/arm-conditions.ts',
    expression,
    reason: 'the birth of a journal is a record that outlives the process',
  })),
  {
    file: 'engine/reference/coingecko-source.ts',
    expression: 'next.updatedAtMs < before.updatedAtMs',
    reason: 'which of two prices CoinGecko made later, by its clock',
  },
  {
    file: 'engine/reference/kraken/session.ts',
    expression: 'venueTimeMs - now.nowMs',
    reason: "the text of a warning: how far the venue's clock is ahead of our clock",
  },
  {
    file: 'engine/reference/venue-time.ts',
    expression: 'now.nowMs - venueTimeMs',
    reason: "the venue's clock against ours, as a bound on what is learned of their difference",
  },
  {
    file: 'engine/safety/process-gap.ts',
    expression: 'now.nowMs - before.nowMs',
    reason: 'shows that the wall clock went another way than the monotonic one',
  },
  {
    file: 'engine/strategy/decide.ts',
    expression: 'deadlineAtMs - now.nowMs',
    reason: 'the lifetime of the deadline that would be signed',
  },
  {
    file: 'engine/strategy/decide.ts',
    expression: 'now.nowMs - askedAtMs',
    reason: 'the window of the venue counts from its own time of the request',
  },
  {
    file: 'ops/clients/solver-judge.ts',
    expression: 'use.blockAtMs <= receivedAtMs',
    reason: 'records of the simulated venue, all by its one clock',
  },
  {
    file: 'ops/clients/solver-judge.ts',
    expression: 'use.sentAtMs <= settledAtMs',
    reason: 'records of the simulated venue, all by its one clock',
  },
  {
    file: 'ops/soak/kill/judge.ts',
    expression: "receivedAtMs - (usedAtMs.get(nonceHex ?? '') ?? 0)",
    reason: 'times of recorded events',
  },
  {
    file: 'ops/trace/story.ts',
    expression: 'Date.parse(result.at) - Date.parse(arrivedAt)',
    reason: 'times of recorded events',
  },
  {
    file: 'ops/trace/words.ts',
    expression: 'Date.parse(at) - Date.parse(arrivedAt)',
    reason: 'times of recorded events',
  },
  {
    file: 'sidecars/history-writer/record.ts',
    expression: 'atMs >= nowMs - DAYS_BACK_MAX * DAY_MS',
    reason: 'the day of a record, by the clock of who made it and by ours',
  },
  {
    file: 'sidecars/history-writer/record.ts',
    expression: 'atMs <= nowMs + DAYS_AHEAD_MAX * DAY_MS',
    reason: 'the day of a record, by the clock of who made it and by ours',
  },
  ...[
    { file: 'known/record.ts', expression: 'atMs - now.nowMs' },
    { file: 'known/record.ts', expression: 'now.nowMs - atMs' },
    { file: 'rules/prices.ts', expression: 'atMs - readAtMs' },
    { file: 'rules/funding.ts', expression: 'atMs - sinceAtMs' },
    { file: 'rules/processes.ts', expression: 'atMs - startedAtMs' },
  ].map(({ file, expression }) => ({
    file: `sidecars/ops-sentinel/${file}`,
    expression,
    reason: 'what another process recorded, by its clock and ours',
  })),
  ...[
    { file: 'known/known.ts', expression: 'heard.atMs > found.atMs' },
    { file: 'known/processes.ts', expression: 'report.atMs > newest.atMs' },
    { file: 'known/recent.ts', expression: 'atMs <= heard.atMs' },
  ].map(({ file, expression }) => ({
    file: `sidecars/ops-sentinel/${file}`,
    expression,
    reason: 'the order of recorded events',
  })),
  ...[
    { file: 'delivery/alertmanager.ts', expression: 'nowMs - atMs' },
    { file: 'delivery/webhook.ts', expression: 'clock.nowMs() - record.atMs' },
    { file: 'health.ts', expression: 'nowMs - oldest.atMs' },
  ].map(({ file, expression }) => ({
    file: `sidecars/ops-sentinel/${file}`,
    expression,
    reason: 'of a record of an earlier run only its wall time is known',
  })),
];

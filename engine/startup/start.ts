// The start of a run: made known to the journal first, then every connection is opened.

import { PAIR } from '../../contracts/assets.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import type { Parts } from '../control/parts.ts';
import { FRESH_JOURNAL_MS } from '../executor/arm-conditions.ts';
import { momentOf } from '../lib/moment.ts';
import type { Loop } from '../loop.ts';
import type { StartedFact } from '../model/facts.ts';
import type { Random } from '../model/ports.ts';
import { limitsInForce } from '../strategy/limits-view.ts';
import type { Recorder } from '../turn/recorder.ts';
import type { OpenedState } from './open-state.ts';
import { openAfterRestart } from './recover.ts';
import { rehearse } from './warm-up.ts';

export type StartOptions = {
  readonly parts: Parts;
  readonly loop: Loop;
  readonly recorder: Recorder;
  readonly state: Pick<OpenedState, 'run' | 'place'>;
  readonly holds: { start(): () => void };
  readonly random: Random;
  readonly log: Log;
  readonly newEventId: (nowMs: number) => string;
};

const TICK_MS = 250;

/** @returns what stops the timers of the run: none when a drain began while it was waiting for the disk */
export async function startEngine(options: StartOptions): Promise<() => void> {
  const { parts, holds, state, log } = options;
  const { clock, journal, switches } = parts;
  recordRun(options);
  // Until this run is on disk nothing may be signed in it: after a crash it says how long unlisted quotes may bind.
  await journal.synced(journal.lastSeq);
  if (switches.draining) return () => {};
  warmUp(options);
  logStart(options);
  parts.bus.start();
  const stops = [
    parts.observer.start(),
    holds.start(),
    parts.signedIds.start(),
    parts.freeSpace.start(),
    state.place.acceptAfter(FRESH_JOURNAL_MS, clock, log.child('journal')),
    clock.every(TICK_MS, () => tick(options)),
  ];
  parts.reference.start();
  parts.verifier.start();
  parts.relay.start(options.loop);
  parts.pulls.start();
  return () => {
    for (const stop of stops) stop();
  };
}

function recordRun({ parts, recorder, state, newEventId }: StartOptions): void {
  const { clock, book, observer, settings, version, instanceId, startedAtMs } = parts;
  const started: StartedFact = {
    kind: 'started',
    atMs: startedAtMs,
    instanceId,
    version,
    quoteLifetimeMaxMs: settings.config.quoteLifetimeMaxMs,
    directory: state.place.directory,
    ...(state.place.finding === null ? {} : { isCopy: true }),
  };
  recorder.record(started);
  state.run.apply(started, momentOf(clock));
  const atMs = clock.nowMs();
  for (const fact of openAfterRestart(book, { atMs, newEventId: () => newEventId(atMs) })) {
    recorder.record(fact);
    if (fact.kind === 'transition') observer.emit({ kind: 'moved', fact });
  }
}

function warmUp({ parts, random, log }: StartOptions): void {
  const { clock, settings, switches } = parts;
  const { account, intentsContract } = settings.config;
  const beganUs = clock.elapsedUs();
  const answers = rehearse({
    pair: settings.pair,
    clock,
    random,
    account,
    verifier: intentsContract,
    limits: switches.limits,
  });
  log.info('engine_rehearsed', { answers, ms: Math.round((clock.elapsedUs() - beganUs) / 1000) });
}

function logStart({ parts, log }: StartOptions): void {
  const { settings, version, instanceId, recovered, book, switches } = parts;
  log.info('limits_in_force', limitsInForce(switches.limits, settings.config));
  log.info('engine_started', {
    version,
    pair: PAIR,
    btc_asset_id: settings.pair.btc.id,
    eure_asset_id: settings.pair.eure.id,
    account_id: settings.config.account,
    public_key: settings.signer.publicKey,
    mode: switches.mode,
    instance_id: instanceId,
    journal_id: recovered.journalId,
    records_recovered: recovered.records,
    last_stop_clean: recovered.clean,
    open_quotes: book.counts().open,
  });
}

function tick({ parts, loop }: StartOptions): void {
  loop.onTick();
  parts.laneManager.maintain();
  parts.chain.watch();
  parts.reservationWatch.watch();
  parts.housekeeping.ran(momentOf(parts.clock));
}

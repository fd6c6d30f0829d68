// The control API of a process while it runs: on its port, its address in a file, and its tokens as the file of them is now.

import type { ListedToken } from '../../config/control-tokens.ts';
import { watchTokens } from '../config/watched-tokens.ts';
import { createControlApp } from '../control/app.ts';
import { startControl } from '../control/bridge.ts';
import { logRoutes } from '../control/log-routes.ts';
import { writeAddressFile } from './address-file.ts';
import type { LoopDelay } from './health/event-loop-lag.ts';
import type { Health } from './health/health.ts';
import type { Prepared } from './prepare.ts';
import type { ProcessBase, ProcessOptions, Program } from './program.ts';
import { ConfigRefused } from './refusal.ts';

export type ControlApiOptions = {
  readonly options: ProcessOptions;
  readonly prepared: Prepared;
  readonly base: ProcessBase;
  readonly program: Program;
  readonly health: Health;
  readonly loopDelay: LoopDelay;
};

export type ControlApi = {
  /** For the health of the process. */
  notes(): readonly string[];
  /** Stops it and removes the address file. */
  stop(): Promise<void>;
};

/** Throws ConfigRefused when the port cannot be listened on. */
export async function serveControlApi(parts: ControlApiOptions): Promise<ControlApi> {
  const { options, prepared, base, program, health, loopDelay } = parts;
  const { service, version, config } = options;
  const { log, timers } = base;
  const app = createControlApp({
    service,
    version,
    host: config.controlHost,
    health,
    loopDelay,
    metrics: base.metrics,
    internal: program.internal,
    state: program.state,
    routes: [...program.routes, ...logRoutes(service, prepared.logLevel)],
    events: program.events,
    audit: (action) => program.audit(action),
    newId: () => program.newId(),
    log: log.child('control'),
    timers,
  });
  const { tokens, file } = config.controlTokens;
  const listening = await startControl({
    app,
    tokens: prepared.tokensOf(tokens),
    host: config.controlHost,
    port: config.controlPort,
    log: log.child('control'),
    timers,
  });
  if (!listening.ok) throw new ConfigRefused(listening.problem);
  const onTokens = (listed: readonly ListedToken[]): Promise<void> => listening.setTokens(prepared.tokensOf(listed));
  const watched = file === null ? null : watchTokens({ file, tokens, timers, log: log.child('control'), onTokens });
  let removeAddress = (): void => undefined;
  const stop = async (): Promise<void> => {
    watched?.stop();
    await listening.stop();
    removeAddress();
  };
  try {
    removeAddress = writeAddressFile(prepared.addressFile, listening.url);
  } catch (error) {
    await stop();
    throw error;
  }
  log.info('control_listening', { url: listening.url });
  return { notes: () => (watched === null || watched.problem() === null ? [] : ['tokens_file_refused']), stop };
}

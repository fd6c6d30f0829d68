// The control API of a process while it runs: on its port, and its address in a file.

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

/** Throws ConfigRefused when the port cannot be listened on. @returns stops the API and removes the address file */
export async function serveControlApi(parts: ControlApiOptions): Promise<() => Promise<void>> {
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
  const listening = await startControl({
    app,
    tokens: prepared.tokens,
    host: config.controlHost,
    port: config.controlPort,
    log: log.child('control'),
    timers,
  });
  if (!listening.ok) throw new ConfigRefused(listening.problem);
  let removeAddress = (): void => undefined;
  const stop = async (): Promise<void> => {
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
  return stop;
}

// What processes report of themselves, by process and instance: codes of health, whether history is written, and since when nothing
// was heard. Pure.

import { SERVICES, type ServiceName } from '../../../contracts/topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import { type Moment, msSince } from '../moment.ts';
import { Newest } from './newest.ts';
import type { Heard } from './record.ts';

export type Report = Heard<OpsServiceHealth>;

/** Every start of a process is an instance; those of before are soon silent. */
const INSTANCES_MAX = 256;
/** Three missed reports: an instance that ended, or that nobody hears. */
const HEARD_MS = 15_000;

/** A process says so in its last report: the engine that it is ending, a sidecar that it has ended. */
const ENDED = /(?:^|\.)(?:stopped|draining)$/;

export class Processes {
  readonly #reports = new Newest<OpsServiceHealth>({
    max: INSTANCES_MAX,
    order: ({ atMs }) => atMs,
    isOver: ({ notes }) => notes.some((note) => ENDED.test(note)),
  });

  take(heard: Report): void {
    const { service, instance_id: instance } = heard.payload;
    if (isService(service)) this.#reports.take(`${service} ${instance}`, heard);
  }

  /** The newest report of each instance that runs and was heard of lately. */
  running(service: ServiceName, now: Moment): readonly Report[] {
    return this.#of(service, now).filter((report) => msSince(report.asOfUs, now) <= HEARD_MS && !hasEnded(report));
  }

  /** Of all instances, ended ones included; null: none is known. */
  newest(service: ServiceName, now: Moment): Report | null {
    let newest: Report | null = null;
    for (const report of this.#of(service, now)) if (newest === null || report.atMs > newest.atMs) newest = report;
    return newest;
  }

  #of(service: ServiceName, now: Moment): readonly Report[] {
    return [...this.#reports.all(now)].flatMap(([, report]) => (report.payload.service === service ? [report] : []));
  }
}

export const hasEnded = ({ payload }: Report): boolean => payload.notes.some((note) => ENDED.test(note));

/** A newer version may have processes that this one does not know. */
const isService = (service: string): service is ServiceName => SERVICES.some((known) => known === service);

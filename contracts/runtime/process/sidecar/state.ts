// GET /state of a sidecar: what every part of unrip answers about itself, and the sidecar's own sections. A section that cannot be
// read is null and named.

import { type TProperties, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { PartAnswers } from '../../../control/part-state.ts';
import { shape, Text, Unreadable } from '../../../control/shapes.ts';
import { nullable } from '../../../envelope.ts';
import type { ServiceName } from '../../../topics/ops-control-action.ts';
import type { Shown } from '../../control/route.ts';
import type { Log } from '../../log/log.ts';
import type { Health } from '../health/health.ts';
import { createSections, unreadableLog } from '../state/sections.ts';
import type { OwnAnswers, SidecarState } from './program.ts';

export type SidecarStateOptions = {
  readonly service: ServiceName;
  readonly version: string;
  readonly instanceId: string;
  readonly state: SidecarState;
  /** Of the whole process. */
  readonly health: () => Pick<Health, 'now'>;
  readonly log: Pick<Log, 'info' | 'error'>;
};

/** Switches that keep a sidecar from its work are notes of its health. */
const SWITCHES = /\.(?:paused|draining)$/;

const ANSWERS_UNREADABLE: OwnAnswers = { connected: null, input: null, last_success_at: null, freshness: 'unknown' };

export function sidecarState({ service, version, instanceId, state, health, log }: SidecarStateOptions): Shown {
  const make = createSections(unreadableLog(log));
  return {
    schema: shape({
      ...{ service: Type.Literal(service), version: Text, instance_id: Text },
      ...PartAnswers.properties,
      unreadable: Unreadable,
      ...orNull(state.fields),
    }),
    read: () =>
      make((section) => {
        const { healthy, reasons, notes } = health().now();
        const blocked_by = [...reasons, ...notes.filter((note) => SWITCHES.test(note))];
        return {
          ...{ service, version, instance_id: instanceId, healthy, reasons, notes, blocked_by },
          ...(section('answers', state.answers) ?? ANSWERS_UNREADABLE),
          ...Object.fromEntries(Object.entries(state.sections).map(([name, read]) => [name, section(name, read)])),
        };
      }),
  };
}

const orNull = (fields: TProperties): TProperties =>
  Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, Value.Check(schema, null) ? schema : nullable(schema)]),
  );

// One section of a sidecar's /state that cannot be read does not cost the others.

import { expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Count, described, Flag } from '../../../control/shapes.ts';
import { nullable } from '../../../envelope.ts';
import { sidecarState } from './state.ts';

/** Each reader that is named here throws. */
function make(failing: Set<string>) {
  const orFail = <T>(name: string, value: T): T => {
    if (failing.has(name)) throw new Error(`${name} fails`);
    return value;
  };
  const reported: unknown[] = [];
  const health = { healthy: false, reasons: ['kafka.kafka_down'], notes: ['poa.paused', 'control.x'] };
  const { schema, read } = sidecarState({
    service: 'ops-sentinel',
    ...{ version: '1', instanceId: 'i' },
    health: () => ({ now: () => ({ ...health, sinceMs: 0, trading: null, parts: {} }) }),
    log: {
      info: (event: string) => void reported.push(event),
      error: (event: string, { failures }: { readonly failures?: object }) =>
        void reported.push([event, Object.keys(failures ?? {})]),
    } as never,
    state: {
      fields: {
        paused: Flag,
        pending: described(nullable(Count), 'null: not known'),
        topics: Type.Array(Type.String()),
      },
      sections: {
        paused: () => orFail('paused', false),
        pending: () => orFail('pending', null),
        topics: () => orFail('topics', ['a']),
      },
      answers: () =>
        orFail('answers', { connected: true, input: 'Kafka', last_success_at: null, freshness: 'authoritative' }),
    },
  });
  return { schema, reported, read: read as () => Readonly<Record<string, unknown>> };
}

const WHOLE = {
  ...{ service: 'ops-sentinel', version: '1', instance_id: 'i', healthy: false, reasons: ['kafka.kafka_down'] },
  ...{ notes: ['poa.paused', 'control.x'], blocked_by: ['kafka.kafka_down', 'poa.paused'], unreadable: [] },
  ...{ connected: true, input: 'Kafka', last_success_at: null, freshness: 'authoritative' },
  ...{ paused: false, pending: null, topics: ['a'] },
};

test('all sections are there, and nothing is reported', () => {
  const { schema, reported, read } = make(new Set());
  const answer = read();
  expect(answer).toEqual(WHOLE);
  expect([...Value.Errors(schema, answer)]).toEqual([]);
  expect(reported).toEqual([]);
});

test.each(['paused', 'topics'])('while %s cannot be read it is null, and all others are there', (name) => {
  const { schema, read } = make(new Set([name]));
  const answer = read();
  expect(answer).toEqual({ ...WHOLE, [name]: null, unreadable: [name] });
  expect([...Value.Errors(schema, answer)]).toEqual([]);
});

test('while what it answers about itself cannot be read, that is unknown', () => {
  const { schema, read } = make(new Set(['answers', 'pending']));
  const answer = read();
  expect(answer).toEqual({
    ...WHOLE,
    ...{ connected: null, input: null, last_success_at: null, freshness: 'unknown' },
    unreadable: ['answers', 'pending'],
  });
  expect([...Value.Errors(schema, answer)]).toEqual([]);
});

test('the errors are logged when other sections cannot be read than before, and when all can', () => {
  const failing = new Set<string>();
  const { reported, read } = make(failing);
  read();
  failing.add('topics');
  for (let times = 0; times < 3; times++) read();
  failing.add('paused');
  read();
  failing.clear();
  for (let times = 0; times < 3; times++) read();
  expect(reported).toEqual([
    ['state_unreadable', ['topics']],
    ['state_unreadable', ['paused', 'topics']],
    'state_readable',
  ]);
});

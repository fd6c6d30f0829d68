import { expect, test } from 'bun:test';
import { readRecord } from '../known/record.ts';
import { momentOf } from '../moment.ts';
import { sentinelRig } from '../sentinel.fixture.ts';
import { ACCOUNT, bytesOf, recordText } from '../world.fixture.ts';
import { adoptedFrom } from './adopted.ts';

test.each([
  ['of the contract', { cause: 'no_data' }, 'no_data'],
  ['of a later version', { cause: 'of_a_later_version' }, 'condition'],
  ['that is a property of every object', { cause: 'toString' }, 'condition'],
])('an alert with a cause %s goes on with one of the contract', (_, payload, cause) => {
  const now = momentOf(sentinelRig().clock);
  const text = recordText('ops.alert', now.nowMs, { status: 'raised', cleared_at: null, ...payload });
  const read = readRecord('ops.alert', bytesOf(text), { accountId: ACCOUNT, now });
  if (!read.ok) throw new Error(read.refusal);
  const [alert] = adoptedFrom([['key', read.heard]], now);
  expect<(string | undefined)[]>([alert?.raised?.cause, alert?.condition.cause]).toEqual([cause, cause]);
});

import { describe, expect, test } from 'bun:test';
import { LostRecords } from './lost-records.ts';

const RESULTS = 'exec.trade_result';
const PRICES = 'ref.market_price';
/** Of the journal, in most tests. */
const FIRST = 20;
const ENDS = { firstSeq: FIRST, durableSeq: 100 };

function makeLost(open: Readonly<Record<string, number>> = {}) {
  const logged: unknown[] = [];
  const log = (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void logged.push([event, fields['fix']]);
  const offsets = { [RESULTS]: [50, 50], [PRICES]: [50] };
  const lost = new LostRecords({ offsets, open, log: { info: log, warn: log, error: log } });
  const deliver = (topic: typeof RESULTS | typeof PRICES, partition: number, offset: number) =>
    lost.delivered({ topic, partition, offset }, FIRST);
  const openOf = (): (string | number)[][] => lost.state(1).open.map(({ topic, fromSeq }) => [topic, fromSeq]);
  return { lost, deliver, openOf, logged };
}

describe('a loss', () => {
  test('is open from the oldest record of the journal, and one line names the command', () => {
    const { lost, deliver, openOf, logged } = makeLost();
    expect(deliver(RESULTS, 0, 51)).toBe(false);
    expect(lost.state(FIRST)).toEqual({ losses: 0, lastLoss: null, open: [], republishFrom: null });
    expect(deliver(RESULTS, 1, 0)).toBe(true);
    expect(deliver(PRICES, 0, 3)).toBe(true);
    expect(openOf()).toEqual([
      [RESULTS, FIRST],
      [PRICES, FIRST],
    ]);
    const lastLoss = { topic: PRICES, partition: 0, before: 50, now: 3 };
    expect(lost.state(FIRST)).toMatchObject({ losses: 2, lastLoss, republishFrom: FIRST });
    expect(logged).toEqual([['kafka_lost_records', `./unrip republish --from ${FIRST}`]]);
  });

  test('of an earlier run is open, from what the journal still has', () => {
    const { lost } = makeLost({ [RESULTS]: 5, 'no.topic': 1 });
    expect(lost.state(9).open).toEqual([{ topic: RESULTS, fromSeq: 9 }]);
    expect([lost.fromSeq, lost.state(9).republishFrom, lost.open()]).toEqual([5, 9, { [RESULTS]: 5 }]);
  });
});

describe('a republish', () => {
  test.each([
    ['all of it', { from: 20, topics: null }, 100, []],
    ['more than all of it', { from: 1, topics: null }, 140, []],
    ['its topic alone', { from: 20, topics: [RESULTS] as const }, 100, []],
    ['another topic', { from: 20, topics: [PRICES] as const }, 100, [[RESULTS, 20]]],
    ['not its beginning', { from: 21, topics: null }, 100, [[RESULTS, 20]]],
    ['its beginning alone', { from: 20, topics: null }, 99, [[RESULTS, 100]]],
    ['nothing of it', { from: 20, topics: null }, 19, [[RESULTS, 20]]],
    ['less than was sent before', { from: 1, topics: null }, 4, [[RESULTS, 20]]],
  ])('that has sent %s leaves open what it has not', (_name, selection, acknowledged, open) => {
    const { lost, openOf } = makeLost({ [RESULTS]: 20 });
    lost.begin(selection, ENDS);
    lost.end(acknowledged);
    expect(openOf()).toEqual(open);
  });

  test('from the oldest record that there is makes up for a loss that reached further back', () => {
    const { lost, openOf } = makeLost({ [RESULTS]: 3 });
    lost.begin({ from: FIRST, topics: null }, ENDS);
    lost.end(100);
    expect(openOf()).toEqual([]);
  });

  test('goes on where one that was cut short has ended', () => {
    const { lost, openOf } = makeLost({ [RESULTS]: FIRST });
    lost.begin({ from: FIRST, topics: null }, ENDS);
    lost.end(60);
    expect(openOf()).toEqual([[RESULTS, 61]]);
    lost.begin({ from: 61, topics: null }, ENDS);
    lost.end(100);
    expect(openOf()).toEqual([]);
  });

  test('makes up for a loss that its own first delivery to a partition shows', () => {
    const { lost, deliver, openOf } = makeLost({ [RESULTS]: FIRST });
    lost.begin({ from: FIRST, topics: null }, ENDS);
    deliver(RESULTS, 0, 51);
    expect(deliver(RESULTS, 1, 0)).toBe(true);
    lost.end(100);
    expect(openOf()).toEqual([]);
  });

  test('does not make up for what was lost after it had sent some of it', () => {
    const { lost, deliver, openOf } = makeLost({ [RESULTS]: 40 });
    lost.begin({ from: FIRST, topics: null }, ENDS);
    deliver(RESULTS, 0, 51);
    expect(deliver(RESULTS, 0, 0)).toBe(true);
    lost.end(100);
    expect(openOf()).toEqual([[RESULTS, FIRST]]);
    lost.begin({ from: FIRST, topics: null }, ENDS);
    lost.end(100);
    expect(openOf()).toEqual([]);
  });
});

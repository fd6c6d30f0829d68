import { describe, expect, test } from 'bun:test';
import type { EndedRepublish } from '../../contracts/control/republish.ts';
import { waitFor } from '../testing/wait.ts';
import { makeShell, serve } from './engine-call.fixture.ts';
import { parse, republish } from './republish.ts';

const POLL_MS = 5;
type Outcome = EndedRepublish['outcome'];

/** Ends the republish that runs, as the engine would show it. */
function end({ republishing }: Awaited<ReturnType<typeof serve>>, outcome: Outcome, acknowledged: number): void {
  const { running } = republishing.view.republish;
  if (running === null) throw new Error('none runs');
  const { waiting: _waiting, ...range } = running;
  const last = { ...range, acknowledged, messages: 30, outcome, ended_at: '2026-01-01T00:00:09.000Z' };
  republishing.view = { ...republishing.view, republish: { running: null, last } };
}

const begun = (engine: Awaited<ReturnType<typeof serve>>) =>
  waitFor(() => engine.out() !== '', { what: 'the first line' });

describe('republish', () => {
  test('begins one, follows it, and ends with 0 when it is done', async () => {
    const engine = await serve();
    const following = republish(['--from', '7'], engine.shell, POLL_MS);
    await begun(engine);
    end(engine, 'done', 100);
    expect(await following).toBe(0);
    expect(engine.republished).toEqual([{ from: 7, to: null, topics: null }]);
    expect(engine.out()).toStartWith('records 7 to 100: Kafka has them up to 6\n');
    expect(engine.out()).toEndWith('done: records 7 to 100, 30 messages\nno topic is known to lack records\n');
  });

  test.each(['failed', 'cancelled', 'stopped'] as const)(
    'ends with 1 when it has %s, and says how far it came',
    async (how) => {
      const engine = await serve();
      const following = republish(['--from', '7', '--to', '90'], engine.shell, POLL_MS);
      await begun(engine);
      end(engine, how, 50);
      expect(await following).toBe(1);
      expect(engine.out()).toContain(`${how}: records 7 to 90, 30 messages, Kafka has them up to 50\n`);
    },
  );

  test('names what is still lost, with the command', async () => {
    const engine = await serve();
    const lost = { times: 1, last: null, open: [{ topic: 'dlq.unrip', from: 3 }], fix: './unrip republish --from 3' };
    engine.republishing.view = { ...engine.republishing.view, lost_records: lost };
    expect(await republish(['--status'], engine.shell)).toBe(0);
    expect(engine.out()).toBe('records are gone from dlq.unrip: ./unrip republish --from 3\n');
  });

  test('passes on end and topics, and does not wait with --detach', async () => {
    const engine = await serve();
    const topics = ['--topic', 'exec.trade_result', '--topic', 'dlq.unrip', '--topic', 'dlq.unrip'];
    expect(await republish(['--from', '0', '--to', '9', '--detach', ...topics], engine.shell)).toBe(0);
    expect(engine.republished).toEqual([{ from: 0, to: 9, topics: ['exec.trade_result', 'dlq.unrip'] }]);
    expect(engine.out()).toContain('records 0 to 9');
  });

  test('cancels the one that runs, and says so when none does', async () => {
    const engine = await serve();
    expect(await republish(['--cancel'], engine.shell)).toBe(1);
    expect(engine.err()).toContain('No republish is running');
    await republish(['--from', '7', '--detach'], engine.shell);
    expect(await republish(['--cancel'], engine.shell)).toBe(0);
    expect(engine.out()).toContain('cancelled: records 7 to 100');
  });

  test('says what the engine refuses it for', async () => {
    const detail = 'the journal no longer has record 1: the oldest that it has is 52, begin there';
    const engine = await serve({ republishRefusal: { kind: 'not_kept', detail } });
    expect(await republish(['--from', '1'], engine.shell)).toBe(1);
    expect(engine.err()).toBe(
      `unrip republish: The journal no longer has these records: ${detail}. Nothing was sent.\n`,
    );
  });

  test('an engine that does not answer any more: exit 1, and it is not called done', async () => {
    const { shell, err, out } = makeShell({ pid: process.pid, url: 'http://127.0.0.1:1' });
    expect(await republish(['--from', '1'], shell, POLL_MS)).toBe(1);
    expect(err()).toContain('it may have begun');
    expect(out()).toBe('');
  });

  test('without an engine: exit 1, with what to start', async () => {
    const { shell, err } = makeShell(null);
    expect(await republish(['--from', '1'], shell)).toBe(1);
    expect(err()).toContain('no engine runs with STATE_DIR');
    expect(err()).toContain('./unrip engine');
  });

  test.each([
    [[], '--from POSITION'],
    [['--to', '5'], '--from POSITION'],
    [['--from', '-1'], '--from'],
    [['--from=-1'], 'whole number'],
    [['--from', '1.5'], 'whole number'],
    [['--from', '1e3'], 'whole number'],
    [['--from', '0x10'], 'whole number'],
    [['--from', 'first'], 'whole number'],
    [['--from', ''], 'whole number'],
    [['--from', '99999999999999999999'], 'whole number'],
    [['--from', '9007199254740993'], 'whole number'],
    [['--from', '1', '--to', 'x'], '--to takes'],
    [['--from', '1', '--topic', 'exec.results'], 'there is no topic exec.results'],
    [['--status', '--from', '1'], '--status takes no other option'],
    [['--cancel', '--status'], '--cancel takes no other option'],
    [['1'], '1'],
  ])('%p is wrong usage', async (args, words) => {
    const { shell, err } = makeShell(null);
    expect(parse(args)).toBeString();
    expect(await republish(args, shell)).toBe(2);
    expect(err()).toContain(words);
  });
});

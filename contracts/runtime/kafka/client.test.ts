import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../manual-clock.fixture.ts';
import { KafkaClient, parseErrorEvent } from './client.ts';
import type { NativeCallbacks, NativeClient } from './native.ts';

describe('the text of an error event', () => {
  test.each([
    ['-187 error Local: All broker connections are down: 1/1 brokers are down', -187, false],
    ['45 fatal Broker: Out of order sequence number: 1 message failed', 45, true],
    ['45 error Broker: Out of order sequence number: ', 45, false],
    ['-195 error two\nlines', -195, false],
  ])('%s', (text, code, isFatal) => {
    const message = text.replace(/^\S+ \S+ /, '').replace(/: $/, '');
    expect(parseErrorEvent(text)).toEqual({ code, isFatal, message });
  });

  test.each([[''], ['undefined'], ['45 deadly words'], ['x45 fatal words'], ['45  fatal words'], ['45 fatal']])(
    '%p is an error without a code',
    (text) => expect(parseErrorEvent(text)).toEqual({ code: null, isFatal: false, message: text }),
  );
});

function rig() {
  let callbacks: NativeCallbacks | undefined;
  const troubles: string[] = [];
  const native: NativeClient = {
    configureCallbacks(add, given) {
      if (add) callbacks = given;
    },
    connect: (done) => done(null, undefined),
    disconnect: (done) => done(null, undefined),
    getMetadata: () => undefined,
  };
  const client = new KafkaClient(
    native,
    { global: {}, topic: {}, event: {} },
    { onTrouble: (code, message) => void troubles.push(`${code}: ${message}`) },
  );
  return { client, troubles, error: (text: string) => callbacks?.event.event_cb?.('error', new Error(text)) };
}

describe('a client', () => {
  test.each([
    ['45 fatal Broker: Out of order sequence number: the log is another one'],
    ['47 fatal Broker: Producer attempted an operation with an old epoch: fenced'],
    ['-150 error Local: Fatal error: Fatal error'],
  ])('is lost by librdkafka’s flag, whatever caused it: %s', (text) => {
    const { client, troubles, error } = rig();
    error(text);
    expect(client.state).toBe('failed');
    error(text);
    expect(troubles).toEqual([`fatal: ${text.replace(/^\S+ \S+ /, '')}`]);
  });

  test('goes on after an error without the flag, and says when no broker is left', () => {
    const { client, troubles, error } = rig();
    error('45 error Broker: Out of order sequence number: tried again');
    expect(client.state).toBe('connecting');
    error('-187 error Local: All broker connections are down: 1/1 brokers are down');
    expect(client.state).toBe('down');
    expect(troubles.map((trouble) => trouble.split(':')[0])).toEqual(['client_error', 'brokers_down']);
  });
});

describe('the end of a client', () => {
  function silent(answers: { readonly connects: boolean; readonly disconnects: boolean }) {
    const troubles: string[] = [];
    const clock = new ManualClock();
    let disconnects = 0;
    const late = Promise.withResolvers<void>();
    const native: NativeClient = {
      configureCallbacks: () => undefined,
      connect: (done) => void (answers.connects && done(null, undefined)),
      disconnect(done) {
        disconnects += 1;
        if (answers.disconnects) done(null, undefined);
        else late.promise.then(() => done(null, undefined));
      },
      getMetadata: () => undefined,
    };
    const client = new KafkaClient(
      native,
      { global: {}, topic: {}, event: {} },
      { onTrouble: (code) => void troubles.push(code), timers: clock },
    );
    return { client, clock, troubles, late, disconnects: () => disconnects };
  }

  test.each([
    ['that does not come', { connects: true, disconnects: false }],
    ['of one that was never made', { connects: false, disconnects: true }],
  ] as const)('%s is waited for no longer than its limit', async (_what, answers) => {
    const { client, clock, troubles } = silent(answers);
    const closed = client.close();
    const waiter = client.waitUntilUp(1_000, 'nowhere').catch((error: Error) => error.message);
    // The limit begins when it was asked for.
    await Promise.resolve();
    clock.advance(30_001);
    await closed;
    expect([client.state, troubles]).toEqual(['closed', ['client_error']]);
    if (answers.connects) expect(await waiter).toContain('closed');
  });

  test('is asked for once, however often, and says nothing when it comes', async () => {
    const { client, clock, troubles, late, disconnects } = silent({ connects: true, disconnects: false });
    const closed = Promise.all([client.close(), client.close()]);
    late.resolve();
    await closed;
    clock.advance(60_000);
    expect([disconnects(), clock.pending, troubles]).toEqual([1, 0, []]);
  });
});

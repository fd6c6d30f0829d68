import { expect, test } from 'bun:test';
import fc from 'fast-check';
import pino from 'pino';
import { createLogLevel } from './level.ts';
import { createLog, type Log, type LogFields } from './log.ts';
import { hostOf, withoutSecrets } from './redact.ts';

const KEY = `ed25519:${'4QXrPVxNVhVyFhWvLzQHjGZ1yqBMPuMxUWyrTfW8JUNNH2RkyZPWL6vfJ8xDTjAxfXQFmYyvjpXEoU1r5rmQqGkZ'.slice(0, 88)}`;
const PUBLIC = 'ed25519:DcA2MzgpJbrUATQLLceocVckhhAqrkingax4oJ9kZ847';

function logTo(lines: string[], level = 'info', secrets: string[] = []): Log {
  return createLog({
    service: 'engine',
    component: 'main',
    level,
    namespace: 'test',
    destination: { write: (line) => void lines.push(line) },
    secrets,
    pair: 'BTC/EURe',
  });
}

const parsed = (line: string | undefined): Record<string, unknown> => JSON.parse(line ?? 'null');

test('a line has the stable fields at its top, the rest after them', () => {
  const lines: string[] = [];
  logTo(lines).child('ingest').warn('relay_lost', { quote_id: 'q', amount: 12n, topic: 'raw.near_intents.quote' });
  const line = parsed(lines[0]);
  expect(lines[0]?.endsWith('\n')).toBe(true);
  expect(line).toMatchObject({
    level: 'warn',
    service: 'engine',
    component: 'ingest',
    event: 'relay_lost',
    namespace: 'test',
    venue: 'near_intents',
    topic: 'raw.near_intents.quote',
    pair: 'BTC/EURe',
    quote_id: 'q',
    amount: '12',
  });
  expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  for (const name of ['level', 'time', 'topic', 'pair']) expect(lines[0]?.split(`"${name}":`).length).toBe(2);
});

test('a line is the one that pino itself writes of its fields', () => {
  const own: string[] = [];
  const ofPino: string[] = [];
  const log = logTo(own);
  const reference = pino(
    {
      level: 'trace',
      base: null,
      timestamp: () => ',"time":"-"',
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void ofPino.push(line) },
  ).child({ service: 'engine', component: 'main', namespace: 'test', venue: 'near_intents' });
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const value = fc.oneof(
    text,
    fc.double(),
    fc.constantFrom(null, undefined, true),
    fc.array(text),
    fc.record({ code: text, count: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'quote_id', 'topic'), value), (fields) => {
      log.warn('x', fields);
      reference.warn({ event: 'x', topic: null, pair: 'BTC/EURe', ...fields });
      expect(own.at(-1)?.replace(/"time":"[^"]*"/, '"time":"-"')).toBe(ofPino.at(-1) ?? '');
    }),
  );
});

test('fields cannot overwrite what the log sets', () => {
  const lines: string[] = [];
  const fields: LogFields = { event: 'y', level: 'fatal', service: 'other' };
  logTo(lines).info('x', fields);
  expect(parsed(lines[0])).toMatchObject({
    event: 'x',
    level: 'info',
    service: 'engine',
    event_: 'y',
    level_: 'fatal',
  });
});

test('names of fields are in snake_case at every depth, and none is one of the log itself: the compiler refuses others', () => {
  const lines: string[] = [];
  const log = logTo(lines);
  const view = { retryInMs: 5 };
  const retry = { retry_in_ms: view.retryInMs, by_reason: { 'history-writer': 1 } as Readonly<Record<string, number>> };
  log.info('right', { ...retry, last: [retry], failure: new Error('why'), record: { service: 'engine' } });
  // @ts-expect-error a shorthand
  log.info('wrong', { retryInMs: view.retryInMs });
  // @ts-expect-error a variable
  log.info('wrong', view);
  // @ts-expect-error spread
  log.warn('wrong', { ...view, detail: 'x' });
  // @ts-expect-error deeper
  log.error('wrong', { retry: view });
  // @ts-expect-error the log's own
  log.child('other').debug('wrong', { service: 'engine' });
  expect(parsed(lines[0])).toMatchObject({ retry_in_ms: 5, by_reason: { 'history-writer': 1 }, last: [retry] });
});

test('levels below the minimum are not written', () => {
  const lines: string[] = [];
  const log = logTo(lines, 'warn');
  log.debug('a');
  log.info('b');
  log.error('c');
  expect(lines.map((line) => parsed(line)['event'])).toEqual(['c']);
});

test('what looks like a secret does not reach a line, wherever it is', () => {
  const lines: string[] = [];
  const log = logTo(lines, 'debug', ['the-control-token']);
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
  const failure = new Error(`could not sign with ${KEY}`, { cause: KEY });
  const fields: LogFields = {
    a: KEY,
    b: { c: [`text ${KEY} text`, new Map([['d', KEY]])] },
    failure,
    [KEY]: 1,
    f: `Authorization: Bearer ${jwt}`,
    privateKey: 'hunter2',
    near_private_key: 'hunter2',
    password: 'hunter2',
    CONTROL_TOKEN: 'hunter2',
    ticket: 'hunter2',
    signature: 'hunter2',
    headers: { authorization: 'hunter2' },
    g: 'x the-control-token y',
    url: 'wss://user:hunter2@relay.example:8443/ws?apikey=hunter2',
    bytes: new Uint8Array(64),
    bare: KEY.slice(8),
  };
  log.error('e', fields);
  const text = lines.join('');
  expect(text).not.toContain(KEY.slice(8));
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain(jwt);
  expect(text).not.toContain('the-control-token');
  expect(text).toContain('wss://relay.example:8443/...');
  expect(text).toContain('could not sign with ed25519:[redacted]');
});

test.each([
  ['a bearer', 'basic abcdefgh', 'basic [redacted]'],
  ['a token of a web site', 'eyJabcde.f.', '[redacted]'],
  ['a key with its curve', `ed25519:${'z'.repeat(60)}`, 'ed25519:[redacted]'],
  ['a bare key', 'z'.repeat(85), '[redacted]'],
  ['a key in hex', '0a'.repeat(64), '[redacted]'],
  ['a URL', 'ab://c/d', 'ab://c/...'],
  ['a database URL', 'postgres://', 'PostgreSQL at localhost:5432'],
])('the shortest text of its kind is taken out: %s', (_what, text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
  expect(withoutSecrets(`"${text}"`)).toBe(`"${shown}"`);
});

test('what is public stays readable', () => {
  const hash = '9Pj1ZxMLhnQ3wBjXqBf3c7m5q6mVPi7YUL5MjhV2gkqn';
  const text = `key ${PUBLIC} hash ${hash} quote 1f1e0a0c-1111-2222-3333-444455556666`;
  expect(withoutSecrets(text)).toBe(text);
  const lines: string[] = [];
  logTo(lines).info('x', { public_key: PUBLIC, execution_key: 'near_intents:a->b', quote_hash: hash });
  expect(parsed(lines[0])).toMatchObject({ public_key: PUBLIC, execution_key: 'near_intents:a->b', quote_hash: hash });
});

test('any value can be logged, as one line of JSON', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const hostile = {
    get boom() {
      throw new Error('no');
    },
  };
  const lines: string[] = [];
  logTo(lines).info('odd', {
    circular,
    hostile,
    date: new Date(Number.NaN),
    f: () => 1,
    s: Symbol('s'),
    n: Number.NaN,
  });
  expect(parsed(lines[0])).toMatchObject({ hostile: '[unreadable]', date: 'Invalid Date', f: '[function]' });
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true, withMap: true })),
      (fields) => {
        const out: string[] = [];
        logTo(out).info('any', fields);
        return (
          out.length === 1 &&
          parsed(out[0])['event'] === 'any' &&
          (out[0] ?? '').indexOf('\n') === (out[0] ?? '').length - 1
        );
      },
    ),
  );
});

test('a URL is named by its host', () => {
  expect(hostOf('https://user:pass@rpc.example:444/path?key=1')).toBe('rpc.example:444');
  expect(hostOf('ed25519:abc')).toBe('(no URL)');
  expect(hostOf('not a url')).toBe('(no URL)');
});

test('a line is bounded, whatever its values hold, and so is the time that it takes', () => {
  const circle: unknown[] = [];
  for (let index = 0; index < 60; index++) circle.push(circle);
  const wide = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`n${'n'.repeat(100_000)}${index}`, circle]),
  );
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`field_${index}`, 'x'.repeat(5_000)]));
  const lines: string[] = [];
  const log = logTo(lines);
  log.info('circle', { circle });
  log.info('wide', { wide, after: 1 });
  log.info('many', many);
  log.info('next', { text: 'x'.repeat(4_096) });
  expect(lines.map((line) => parsed(line)['event'])).toEqual(['circle', 'wide', 'many', 'next']);
  for (const line of lines) expect(line.length).toBeLessThan(128 * 1024);
  expect(parsed(lines[3])['text']).toHaveLength(4_096);
});

test('a line that is cut says how many fields it lacks, and keeps ids', () => {
  const texts = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`field_${index}`, 'x'.repeat(5_000)]));
  const ids = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`n${index}_id`, 'y'.repeat(5_000)]));
  const lines: string[] = [];
  const log = logTo(lines);
  const late: LogFields = { quote_id: 'q', tx_hash: { of: 'x'.repeat(5_000) }, note: 'late', topic: 'late' };
  log.info('many', { ...texts(40), ...late });
  log.info('ids', { ...texts(40), ...ids });
  log.info('whole', { ...texts(3), quote_id: 'q' });
  const [many = {}, withIds = {}, whole = {}] = lines.map(parsed);
  expect(many).toMatchObject({ quote_id: 'q', topic: 'late', tx_hash: { of: expect.stringMatching(/characters\)$/) } });
  expect(Object.keys(many).filter((name) => name.startsWith('field_')).length + Number(many['fields_left_out'])).toBe(
    41,
  );
  expect(many['note']).toBeUndefined();
  expect(Object.keys(withIds).filter((name) => name.endsWith('_id'))).toHaveLength(16);
  expect(whole['fields_left_out']).toBeUndefined();
  for (const line of lines) expect(line.length).toBeLessThan(128 * 1024);
});

test('a text is shown the same each time, whichever came before it under the same name', () => {
  const names = ['note', 'reason', 'signature', 'detail_token'];
  const texts = [
    '',
    'sent',
    'not sent',
    'the-control-token',
    `key ${KEY}`,
    'https://user:hunter2@host/x',
    'x'.repeat(5_000),
  ];
  const field = fc.record({ name: fc.constantFrom(...names), text: fc.oneof(fc.constantFrom(...texts), fc.string()) });
  fc.assert(
    fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
      const shared: string[] = [];
      const log = logTo(shared, 'info', ['the-control-token']);
      for (const { name, text } of fields) {
        const alone: string[] = [];
        const one: LogFields = { [name]: text, deeper: { [name]: [text] } };
        logTo(alone, 'info', ['the-control-token']).info('x', one);
        log.info('x', one);
        const withoutTime = (line: string | undefined) => ({ ...parsed(line), time: '' });
        expect(withoutTime(shared.at(-1))).toEqual(withoutTime(alone[0]));
      }
    }),
  );
});

test('fields whose getters or names cannot be read leave the rest of the line', () => {
  const lines: string[] = [];
  const log = logTo(lines);
  const getter: LogFields = {
    first: 1,
    get boom() {
      throw new Error('no');
    },
    last: 2,
  };
  log.info('getter', getter);
  const proxy = new Proxy({}, { ownKeys: () => JSON.parse('{') }) as LogFields;
  log.info('proxy', proxy);
  expect(parsed(lines[0])).toMatchObject({ event: 'getter', first: 1, boom: '[unreadable]', last: 2 });
  expect(parsed(lines[1])).toMatchObject({ event: 'proxy', fields: '[unreadable]' });
});

test('the level can be changed while the process runs, for the log and its children', () => {
  const lines: string[] = [];
  const level = createLogLevel('info');
  const log = createLog({
    ...{ service: 'engine', component: 'main', namespace: 'test', level },
    destination: { write: (line) => void lines.push(JSON.parse(line).event) },
  });
  const child = log.child('loop');
  const all = (name: string): void => {
    for (const one of [log, child]) for (const line of ['debug', 'info', 'warn'] as const) one[line](`${name}_${line}`);
  };
  all('first');
  level.set('debug');
  all('second');
  level.set('warn');
  all('third');
  const twice = (names: readonly string[]): string[] => [...names, ...names];
  expect(lines).toEqual([
    ...twice(['first_info', 'first_warn']),
    ...twice(['second_debug', 'second_info', 'second_warn']),
    ...twice(['third_warn']),
  ]);
});

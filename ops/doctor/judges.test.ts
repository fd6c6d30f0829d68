// What cannot be seeded on a socket of this machine, judged from what would have been found: bounds and their two sides.

import { describe, expect, test } from 'bun:test';
import { BTC, DEFAULT_PAIR } from '../../contracts/assets.ts';
import type { KafkaUser } from '../../contracts/topics/access.ts';
import type { OpsServiceHealth } from '../../contracts/topics/ops-service-health.ts';
import type { Line } from './check.ts';
import {
  type FoundReport,
  judgeAddresses,
  judgeBatches,
  judgeBrokers,
  judgeDrift,
  judgeReports,
  judgeRights,
  judgeTopics,
  type TopicLimits,
} from './judge/kafka.ts';
import {
  judgeControlPort,
  judgeDescriptors,
  judgeFileSystem,
  judgeFreeSpace,
  judgeJournal,
  judgeSyncTimes,
  judgeThreadPool,
} from './judge/machine.ts';
import { judgeClock, judgeConfirmations } from './judge/near.ts';
import {
  judgeLocks,
  judgeRole,
  judgeSchema,
  judgeServer,
  judgeServerClock,
  type ServerFacts,
} from './judge/postgres.ts';
import { judgeEncryption, judgeLatency } from './judge/reach.ts';
import { judgeSupported } from './judge/venue.ts';

const GIB = 1024n ** 3n;
const MIB = 1024n ** 2n;
const textOf = (lines: Line | readonly Line[]): string =>
  [lines]
    .flat()
    .map(({ status, detail, fix }) => `${status}: ${detail} -> ${fix}`)
    .join('\n');

describe('the machine', () => {
  test.each([
    [null, 'warn'],
    [256, 'fail'],
    [1023, 'fail'],
    [1024, 'warn'],
    [8192, 'pass'],
  ] as const)('%p open files: %s', (limit, status) => {
    expect(judgeDescriptors(limit).status).toBe(status);
  });

  test.each([
    [7, 'warn'],
    [8, 'pass'],
  ] as const)('%p threads: %s', (threads, status) => {
    expect(judgeThreadPool(threads, 8).status).toBe(status);
  });

  test.each([
    [256n * MIB - 1n, 'fail'],
    [256n * MIB, 'warn'],
    [2n * GIB - 1n, 'warn'],
    [2n * GIB, 'pass'],
  ] as const)('%p bytes free: %s', (bytes, status) => {
    expect(judgeFreeSpace('the disk', bytes).status).toBe(status);
  });

  test.each([
    ['an SSD', [1, 2, 1, 3], 'pass'],
    ['a pause of half the limit', [1, 1, 1, 126], 'warn'],
    ['a slow disk', [26, 26, 26, 26], 'warn'],
    ['a pause beyond the limit', [1, 1, 1, 251], 'fail'],
    ['a disk that hangs', null, 'fail'],
  ] as const)('syncs of %s', (_name, times, status) => {
    expect(judgeSyncTimes(times, 250).status).toBe(status);
  });

  test.each([
    ['ext4', 0xef53n, 'pass'],
    ['a system that does not tell', null, 'pass'],
    ['tmpfs', 0x01021994n, 'fail'],
    ['the layer of a container', 0x794c7630n, 'warn'],
    ['NFS', 0x6969n, 'warn'],
  ] as const)('a state directory on %s', (_name, kind, status) => {
    expect(judgeFileSystem(kind).status).toBe(status);
  });

  test('a port that the engine of this STATE_DIR has is not that of another', () => {
    const found = { host: '127.0.0.1', port: 7070, isOurs: false, isTaken: true };
    expect(judgeControlPort(found).status).toBe('fail');
    expect(judgeControlPort({ ...found, isOurs: true }).status).toBe('pass');
    expect(judgeControlPort({ ...found, isTaken: false }).status).toBe('pass');
  });

  test('the journal of another account ends the category', () => {
    const found = { kind: 'whole', records: 3, tornAt: null, account: 'other.near', isElsewhere: false } as const;
    expect(judgeJournal(found, 'maker.near')).toMatchObject({ status: 'fail', isFatal: true });
    expect(judgeJournal({ ...found, account: null }, 'maker.near').status).toBe('pass');
    expect(judgeJournal({ kind: 'in_use' }, 'maker.near').status).toBe('pass');
    expect(judgeJournal({ kind: 'too_large', bytes: 2 ** 31 }, 'maker.near').status).toBe('warn');
  });
});

describe('confirmations', () => {
  const refused = { ok: false, reason: 'http_403', detail: 'no' } as const;
  const same = { ok: true, value: true } as const;
  test('one endpoint that does not confirm is a warning while another does, and a failure when none does', () => {
    const statuses = (...said: readonly (typeof refused | typeof same)[]) =>
      judgeConfirmations(
        'a',
        said.map((each, index) => ({ host: `b${index}`, said: each })),
      ).map(({ status }) => status);
    expect(statuses(refused, same)).toEqual(['warn', 'pass']);
    expect(statuses(refused)).toEqual(['fail']);
    expect(statuses()).toEqual(['pass']);
  });
});

describe('the clock', () => {
  const verdict = (skewMs: number) => ({ skewMs, fromMs: -400, toMs: 300, agreeing: [], contradicting: [] });
  test.each([
    [0, 'pass'],
    [-2000, 'pass'],
    [2001, 'warn'],
    [-5000, 'warn'],
    [5001, 'fail'],
  ] as const)('%p ms of skew: %s', (skewMs, status) => {
    expect(judgeClock(verdict(skewMs), 'the chain').status).toBe(status);
  });

  test('a clock that nothing can be compared with is no right clock', () => {
    expect(judgeClock(null, 'the chain').status).toBe('warn');
  });

  test.each([
    ['within the time of the answer', 1050, 'pass'],
    ['a second ahead', 2100, 'pass'],
    ['more than a second ahead', 2101, 'warn'],
    ['far behind', -4001, 'fail'],
  ] as const)('of PostgreSQL, %s', (_name, serverMs, status) => {
    expect(judgeServerClock(serverMs, 1000, 1100).status).toBe(status);
  });
});

describe('the bridge', () => {
  const token = { intentsTokenId: BTC.id, nearTokenId: BTC.nearToken, decimals: 8 };
  test('a token that is not served any more is named', () => {
    expect(textOf(judgeSupported(DEFAULT_PAIR, [token], null))).toMatch(
      /warn: the bridge does not serve nep141:gnosis/,
    );
  });
  test('a token with other decimals must not be traded', () => {
    expect(textOf(judgeSupported(DEFAULT_PAIR, [{ ...token, decimals: 18 }], null))).toMatch(
      /fail: .*18 decimals.*do not trade/,
    );
  });
});

describe('Kafka', () => {
  test('one broker that cannot be reached is a failure, and none that can ends the category', () => {
    const [lost, reached] = [false, true].map((isReached) => ({ address: 'kafka:9092', isReached }));
    if (lost === undefined || reached === undefined) throw new Error('no brokers');
    expect(judgeAddresses([reached, reached])).toEqual([]);
    expect(judgeAddresses([lost, reached])).toMatchObject([{ status: 'fail', isFatal: false }]);
    expect(judgeAddresses([lost])).toMatchObject([{ status: 'fail', isFatal: true }]);
  });

  const cluster = { brokers: [{ id: 1, host: 'h', port: 1 }], topics: [{ name: 'a', partitions: 1, replicas: 1 }] };
  const wanted = (name: string) => ({ name, partitions: 1, replicas: 1, settings: {} });
  const user: KafkaUser = {
    command: 'engine',
    writes: ['ops.alert'],
    reads: ['dlq.unrip'],
    group: null,
    looksUp: null,
    creates: [],
  };

  test('a missing topic is named with the command that makes it', () => {
    expect(textOf(judgeTopics([wanted('a'), wanted('b')], cluster))).toMatch(
      /fail: the topic b does not exist.*\.\/unrip topics/,
    );
    expect(textOf(judgeTopics([wanted('a')], cluster))).toMatch(/^pass/);
  });

  test('drift is a warning with what to run; settings that may not be read are none, others that were not read are', () => {
    const drift = [{ topic: 'a', what: 'retention.ms is 1, declared 2' }];
    expect(textOf(judgeDrift(drift, []))).toMatch(/warn: a: retention\.ms is 1/);
    const denied = { topic: 'a', code: 29, message: 'denied' };
    expect(textOf(judgeDrift([], [denied]))).toMatch(/^pass: the settings of 1 topics are not shown/);
    expect(textOf(judgeDrift([], [{ ...denied, code: 7, message: 'timed out' }]))).toMatch(/^warn: a: .*timed out/);
    expect(textOf(judgeDrift([], []))).toMatch(/^pass: .* as declared/);
  });

  test.each([
    ['as Kafka has it', '1048588', 1_000_000, ''],
    ['of exactly a batch', '1000000', 1_000_000, ''],
    ['below a batch', '999999', 1_000_000, 'warn'],
    ['below a smaller batch that is configured', '199999', 200_000, 'warn'],
    ['of a smaller batch that is configured', '200000', 200_000, ''],
    ['below a usual record', '65535', 10_000, 'fail'],
    ['that is not known', undefined, 1_000_000, ''],
  ] as const)('a limit of a topic %s', (_name, limit, batchBytes, status) => {
    const settings = limit === undefined ? {} : { 'max.message.bytes': limit };
    const lines = judgeBatches([{ name: 'ops.alert', settings } as TopicLimits], batchBytes);
    expect(lines.map((line) => line.status).join()).toBe(status);
    for (const { fix } of lines)
      expect(fix).toMatch(/max\.message\.bytes of ops\.alert.*batch\.size in KAFKA_CONFIG_JSON/);
  });

  test('each right that is missing is named', () => {
    const rights = [
      { topic: 'ops.alert', ok: true, mayRead: true, mayWrite: false },
      { topic: 'dlq.unrip', ok: false, code: 29, message: 'denied' },
    ] as const;
    expect(textOf(judgeRights(rights, user))).toMatch(
      /no right to write ops\.alert.*kafka-acls\.sh.*\n.*no right to read dlq\.unrip/,
    );
    expect(textOf(judgeRights([{ topic: 'ops.alert', ok: true, mayRead: false, mayWrite: true }], user))).toMatch(
      /^pass/,
    );
    // Kafka gave no answer of it: that is no right.
    const unknown = { topic: 'ops.alert', ok: false, code: 7, message: 'timed out' } as const;
    expect(textOf(judgeRights([unknown], user))).toMatch(/^warn: the rights on ops\.alert are not known: timed out/);
  });

  test('slow brokers, and a cluster without any', () => {
    expect(judgeBrokers(cluster, 1000).status).toBe('pass');
    expect(judgeBrokers(cluster, 1001).status).toBe('warn');
    expect(judgeBrokers({ ...cluster, brokers: [] }, 1)).toMatchObject({ status: 'fail', isFatal: true });
  });
});

describe('the processes', () => {
  const NOW = Date.parse('2026-01-01T00:01:00.000Z');
  const report = (over: Partial<OpsServiceHealth> = {}, timestampMs = NOW - 1000): FoundReport => ({
    timestampMs,
    report: {
      service: 'history-writer',
      instance_id: 'i',
      healthy: true,
      reasons: [],
      notes: [],
      since: '2026-01-01T00:00:00.000Z',
      started_at: '2026-01-01T00:00:00.000Z',
      at: new Date(timestampMs).toISOString() as OpsServiceHealth['at'],
      version: '0.1.0',
      writing: true,
      lag_ms: 0,
      parts: {},
      ...over,
    },
  });

  test('another version than this one is named, with the order of an upgrade', () => {
    expect(textOf(judgeReports([report({ version: '0.0.9' })], NOW, '0.1.0'))).toMatch(
      /warn: history-writer runs version 0\.0\.9, and this is 0\.1\.0.*Upgrade/,
    );
  });

  test('a process whose records are from the future has another clock', () => {
    expect(textOf(judgeReports([report({}, NOW + 2001)], NOW, '0.1.0'))).toMatch(
      /fail: the clock of history-writer is at least 2001 ms ahead/,
    );
    expect(textOf(judgeReports([report({}, NOW + 2000)], NOW, '0.1.0'))).not.toContain('fail');
  });

  test('the newest report of each process counts, and one that has ended does not', () => {
    const old = report({ healthy: false, reasons: ['postgres.unreachable'] }, NOW - 20_000);
    expect(textOf(judgeReports([old, report()], NOW, '0.1.0'))).toMatch(
      /^pass: history-writer runs version 0\.1\.0 -> null$/,
    );
    expect(textOf(judgeReports([old], NOW, '0.1.0'))).toMatch(
      /warn: history-writer is not healthy: postgres\.unreachable/,
    );
    expect(textOf(judgeReports([report({}, NOW - 30_001)], NOW, '0.1.0'))).toMatch(/^pass: no process has reported/);
  });
});

describe('every endpoint', () => {
  test('that is slow is a warning', () => {
    expect(judgeLatency('h', 3000)).toMatchObject({ status: 'pass', detail: 'h answers in 3000 ms' });
    expect(judgeLatency('h', 3001).status).toBe('warn');
  });

  test('is encrypted, unless it is on this machine', () => {
    expect(
      textOf(
        judgeEncryption({
          A_URL: ['https://a', 'wss://b', 'http://127.0.0.1:1', 'ws://localhost:2', 'http://[::1]:3'],
        }),
      ),
    ).toMatch(/^pass: [^\n]*$/);
    const open = {
      A_URL: ['https://a', 'http://127.0.0.1.example.org/secret-path'],
      B_URL: ['ws://10.0.0.1:8080/key'],
    };
    const text = textOf(judgeEncryption(open));
    expect(text).toMatch(/warn: A_URL: 127\.0\.0\.1\.example\.org is not.*warn: B_URL: 10\.0\.0\.1:8080 is not/s);
    expect(text).not.toMatch(/secret-path|\/key/);
  });
});

describe('PostgreSQL', () => {
  const facts: ServerFacts = {
    host: 'h',
    versionNumber: 170_000,
    isEncrypted: false,
    isLocal: true,
    isStandby: false,
    isReadOnly: false,
    latencyMs: 3,
  };
  test.each([
    ['a server on this machine', {}, /^pass: [^\n]*$/],
    ['an old version', { versionNumber: 130_005 }, /fail: h is PostgreSQL 13.*14 or later/],
    ['a standby', { isStandby: true }, /fail: .*standby.*primary/],
    ['one that refuses to write', { isReadOnly: true }, /fail: .*read-only -> free disk space/],
    ['a slow one', { latencyMs: 501 }, /warn: .*501 ms/],
    [
      'one over a network without TLS',
      { isLocal: false },
      /warn: the connection is not encrypted.*sslmode=verify-full/,
    ],
    ['one over a network with TLS', { isLocal: false, isEncrypted: true }, /^pass: [^\n]*$/],
  ] as const)('%s', (_name, over, wanted) => {
    expect(textOf(judgeServer({ ...facts, ...over }))).toMatch(wanted);
  });

  test('missing migrations, and those of a later version', () => {
    const pending = [{ version: 2, name: 'more', sha256: '', steps: null, sql: '' }];
    expect(textOf(judgeSchema({ ok: true, applied: [], pending }))).toMatch(
      /fail: 1 migrations are missing: 0002_more -> \.\/unrip migrate/,
    );
    expect(judgeSchema({ ok: false, problem: 'a newer version applied it' })).toMatchObject({
      status: 'fail',
      isFatal: true,
    });
  });

  const role = { user: 'u', isSuperuser: false, mayDelete: false, notWritable: [] };
  test.each([
    ['the writer', {}, 'pass'],
    ['a superuser', { isSuperuser: true }, 'warn'],
    ['one that may delete', { mayDelete: true }, 'warn'],
    ['one that may not write', { notWritable: ['trade_decisions'] }, 'fail'],
  ] as const)('the role: %s', (_name, over, status) => {
    expect(judgeRole({ ...role, ...over }).status).toBe(status);
  });

  test.each([
    ['none', { waiting: 0, longestWaitSeconds: 0, longestIdleSeconds: 0 }, 'pass'],
    ['a short wait', { waiting: 1, longestWaitSeconds: 5, longestIdleSeconds: 0 }, 'pass'],
    ['a long wait', { waiting: 1, longestWaitSeconds: 5.1, longestIdleSeconds: 0 }, 'fail'],
    ['a transaction left open', { waiting: 0, longestWaitSeconds: 0, longestIdleSeconds: 301 }, 'warn'],
  ] as const)('locks: %s', (_name, found, status) => {
    expect(judgeLocks(found).status).toBe(status);
  });
});

// The real Kafka and the real PostgreSQL of a test run, as `./unrip test` hands them over in two variables, and the programs of
// PostgreSQL's client that this machine has or has not: servers that were fetched come without them.
// Tests that need them are declared with `describeWith`: without the services they are skipped, and counted so by the
// runner; where CI=true says that everything must run, they fail instead.

import { describe, test } from 'bun:test';

export const KAFKA_VARIABLE = 'UNRIP_TEST_KAFKA_BROKERS';
export const DATABASE_VARIABLE = 'UNRIP_TEST_DATABASE_URL';

export type TestServices = {
  readonly kafka: { readonly brokers: string };
  readonly database: { readonly adminUrl: string };
  readonly pg_dump: { readonly path: string };
};
export type ServiceName = keyof TestServices;

/** Brokers of this run, `host:port`; null when there are none. */
export function kafkaForTest(): TestServices['kafka'] | null {
  const brokers = process.env[KAFKA_VARIABLE];
  return brokers === undefined || brokers === '' ? null : { brokers };
}

/** URL of a database on the server of this run, whose role may make others; null when there is none. */
export function databaseForTest(): TestServices['database'] | null {
  const adminUrl = process.env[DATABASE_VARIABLE];
  return adminUrl === undefined || adminUrl === '' ? null : { adminUrl };
}

/** `pg_dump` with the programs that restore what it wrote; null when one is not installed. */
function databaseClient(): TestServices['pg_dump'] | null {
  const [path, ...others] = ['pg_dump', 'pg_restore', 'psql'].map((program) => Bun.which(program));
  return path == null || others.includes(null) ? null : { path };
}

/** What is missing, and how to have it. */
const CURES: { readonly [Service in ServiceName]: string } = {
  kafka: 'kafka: run ./unrip test',
  database: 'database: run ./unrip test',
  pg_dump: "pg_dump: install PostgreSQL's client",
};

/** Given to a body whose tests are only counted: an address that cannot be reached. */
const ABSENT: TestServices = {
  kafka: { brokers: 'no-kafka.invalid:9092' },
  database: { adminUrl: 'postgres://nobody@no-postgres.invalid:5432/none' },
  pg_dump: { path: 'no-pg_dump' },
};

/**
 * A `describe` whose tests need services.
 * The body also runs without them, so that its tests can be counted: use a service inside hooks and tests only.
 *
 *   describeWith(['kafka', 'database'], 'history-writer', ({ kafka, database }) => { test(...) });
 */
export function describeWith<Name extends ServiceName>(
  needed: readonly Name[],
  name: string,
  body: (services: Pick<TestServices, Name>) => void,
): void {
  const found: { readonly [Service in ServiceName]: TestServices[Service] | null } = {
    kafka: kafkaForTest(),
    database: databaseForTest(),
    pg_dump: databaseClient(),
  };
  const missing = needed.filter((service) => found[service] === null);
  if (missing.length === 0) {
    describe(name, () => body({ ...ABSENT, ...withoutNull(found) }));
  } else if (process.env['CI'] === 'true') {
    test(`${name}: needs ${missing.join(' and ')}`, () => {
      throw new Error(`no ${missing.join(' and ')} for these tests, and CI=true lets none be skipped`);
    });
  } else {
    describe.skip(`${name} (needs ${missing.map((service) => CURES[service]).join(' and ')})`, () => body(ABSENT));
  }
}

function withoutNull(
  found: { readonly [Service in ServiceName]: TestServices[Service] | null },
): Partial<TestServices> {
  return Object.fromEntries(Object.entries(found).filter(([, service]) => service !== null));
}

// The transaction that writes a batch, on a real PostgreSQL: who may write, what a repeat does, what cannot be stored.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomBytes, randomUUID } from 'node:crypto';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { type Database, openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../../contracts/runtime/postgres/migrations.ts';
import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import { type FreshDatabase, freshDatabase, whileLocked } from '../../../ops/testing/database.ts';
import { describeWith } from '../../../ops/testing/services.ts';
import { bufferedOf, type Change, eventIdOf, GOLDEN_AT_MS, recordText } from '../fixtures.ts';
import type { BufferedRecord, OffsetRange } from '../pending-batch.ts';
import { arrayLiteral, columnsOf, INDEXED_TEXTS } from './rows.ts';
import { Store } from './store.ts';
import { TABLES } from './tables.ts';

/** As with brokers that have none. */
const NO_IDS: ReadonlyMap<string, string> = new Map();

describeWith(['database'], 'the store', () => {
  let database: FreshDatabase;
  let sql: Database;
  const stores: Store[] = [];

  beforeAll(async () => {
    database = await freshDatabase('store');
    sql = openDatabase(database.owner, { name: 'test', connections: 2, statementTimeoutMs: null });
    await migrate(sql, readMigrations());
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await sql?.end({ timeout: 2 });
    await database?.drop();
  });

  const storeOf = (group: string, owner: string): Store => {
    const store = new Store({ url: database.writer, group, owner, topicPrefix: '', timers: machineClock });
    stores.push(store);
    return store;
  };
  const PLACE = { topic: 'norm.swap_demand', partition: 0 } as const;
  const demand = (offset: bigint, change: Change = {}): BufferedRecord => {
    const text = recordText('norm.swap_demand', { event_id: randomUUID(), ...change });
    const nowMs = change.ingested_at === undefined ? GOLDEN_AT_MS : Date.parse(change.ingested_at);
    return bufferedOf('norm.swap_demand', 0, offset, text, nowMs);
  };
  const stepOf = (from: bigint, to: bigint): OffsetRange => ({ ...PLACE, from, to });
  const nextOffset = async (group: string): Promise<string | undefined> => {
    const [row] = await sql`select next_offset::text from consumer_offsets where consumer_group = ${group}`;
    return row?.['next_offset'];
  };
  const rowsOf = async (...ids: string[]): Promise<number> => {
    const [row] =
      await sql`select count(*)::integer as count from swap_demand_events where event_id = any(${arrayLiteral(ids)}::text[])`;
    return row?.['count'];
  };

  test('every table of the declaration has the columns that the rows fill, and no other that must be filled', async () => {
    for (const table of Object.values(TABLES)) {
      const found = await sql<{ name: string; type: string; needed: boolean }[]>`
        select column_name as name, data_type as type, (is_nullable = 'NO' and column_default is null) as needed
        from information_schema.columns where table_name = ${table.name} and table_schema = current_schema()`;
      const types = { 'timestamp with time zone': 'timestamptz' } as Record<string, string>;
      const there = new Map(found.map(({ name, type }) => [name, types[type] ?? type]));
      const filled = columnsOf(table);
      for (const [name, type] of filled)
        expect(`${table.name}.${name} ${there.get(name)}`).toBe(`${table.name}.${name} ${type}`);
      const names = new Set(filled.map(([name]) => name));
      expect(found.filter(({ name, needed }) => needed && !names.has(name))).toEqual([]);
    }
  });

  test('a golden record of every topic is written, its envelope byte for byte', async () => {
    const store = storeOf('golden', 'me');
    const places = TOPICS.map(({ name }) => ({ topic: name, partition: 0 }));
    expect(await store.takeOver(places, NO_IDS)).toMatchObject(places.map(() => ({ next: 0n, left: null })));
    const held = places.map(({ topic }) => bufferedOf(topic, 0, 0n));
    const ranges = places.map((place) => ({ ...place, from: 0n, to: 1n }));
    expect(await store.write(held, ranges)).toEqual({ kind: 'written', rows: TOPICS.length, repeated: 0 });
    for (const { name } of TOPICS) {
      const { event_id: eventId } = JSON.parse(recordText(name));
      const [row] = await sql.unsafe(`select envelope from ${TABLES[name].name} where event_id = $1`, [eventId]);
      expect(row?.['envelope']).toBe(recordText(name));
    }
    const [decision] =
      await sql`select amount_out::text, strategy_armed, limits ->> 'min_edge_pct' as edge from trade_decisions
      where event_id = ${JSON.parse(recordText('decision.trade_decision')).event_id}`;
    expect(decision).toMatchObject({ amount_out: '3184392400000000000', strategy_armed: true, edge: '2.0000' });
  });

  test('a row that is copied has the values of one that is inserted, in every column of every table', async () => {
    const store = storeOf('both ways', 'me');
    const places = TOPICS.map(({ name }) => ({ topic: name, partition: 1 }));
    await store.takeOver(places, NO_IDS);
    const recordOf = (topic: TopicName, account_id: string): BufferedRecord =>
      bufferedOf(topic, 1, 0n, recordText(topic, { event_id: randomUUID(), account_id }));
    const copied = places.map(({ topic }) => recordOf(topic, 'copied.near'));
    const result = await store.write(
      copied,
      places.map((place) => ({ ...place, from: 0n, to: 1n })),
    );
    expect(result).toEqual({ kind: 'written', rows: TOPICS.length, repeated: 0 });
    await store.insert(places.map(({ topic }) => recordOf(topic, 'inserted.near')));
    for (const { name } of TOPICS) {
      const rows = await sql.unsafe<
        { row: string }[]
      >(`select (to_jsonb(t) - array['event_id', 'account_id', 'written_at', 'envelope'])::text as row
        from ${TABLES[name].name} t where account_id in ('copied.near', 'inserted.near')`);
      expect([name, rows.length, rows[0]?.row]).toEqual([name, 2, rows[1]?.row]);
    }
  });

  test('two transactions of one member go on without each other, each with its own rows and offsets', async () => {
    const store = storeOf('lanes', 'me');
    const price = { topic: 'ref.market_price', partition: 0 } as const;
    await store.takeOver([PLACE, price], NO_IDS);
    const offsets = async () => {
      const rows =
        await sql`select topic, next_offset::text as next from consumer_offsets where consumer_group = 'lanes'`;
      return Object.fromEntries(rows.map((row) => [row['topic'], row['next']]));
    };
    const record = bufferedOf(price.topic, 0, 0n, recordText(price.topic, { event_id: randomUUID() }));
    // The quarter's partitions are made in every table: that would wait for the one that is locked.
    await sql`select ensure_partitions(${new Date(GOLDEN_AT_MS).toISOString()}::text::date)`;
    let waiting: ReturnType<Store['write']> | null = null;
    await whileLocked(sql, 'market_price_events', async () => {
      waiting = store.write([record], [{ ...price, from: 0n, to: 1n }]);
      expect(await store.write([demand(0n)], [stepOf(0n, 1n)])).toMatchObject({ kind: 'written', rows: 1 });
      expect(await offsets()).toEqual({ [PLACE.topic]: '1', [price.topic]: '0' });
    });
    expect(await waiting).toMatchObject({ kind: 'written', rows: 1 });
    expect(await offsets()).toEqual({ [PLACE.topic]: '1', [price.topic]: '1' });
  });

  test('a redelivery writes nothing twice', async () => {
    const store = storeOf('again', 'me');
    await store.takeOver([PLACE], NO_IDS);
    const held = [demand(0n), demand(1n)];
    expect(await store.write(held, [stepOf(0n, 2n)])).toEqual({ kind: 'written', rows: 2, repeated: 0 });
    await sql`update consumer_offsets set next_offset = 0 where consumer_group = 'again'`;
    const more = demand(2n);
    expect(await store.write([...held, more], [stepOf(0n, 3n)])).toEqual({ kind: 'written', rows: 1, repeated: 2 });
    expect(await nextOffset('again')).toBe('3');
  });

  test('a member that lost its partition writes nothing, and the one that has it does', async () => {
    const left = storeOf('lost', 'left');
    const right = storeOf('lost', 'right');
    await left.takeOver([PLACE], NO_IDS);
    expect(await right.takeOver([PLACE], NO_IDS)).toMatchObject([{ next: 0n, left: null }]);
    const record = demand(0n);
    const id = eventIdOf(record);
    expect(await left.write([record], [stepOf(0n, 1n)])).toEqual({
      kind: 'moved',
      moved: [{ ...PLACE, written: 0n, ours: false }],
    });
    expect(await rowsOf(id)).toBe(0);
    expect(await nextOffset('lost')).toBe('0');
    expect(await right.write([record], [stepOf(0n, 1n)])).toMatchObject({ kind: 'written', rows: 1 });
    expect(await nextOffset('lost')).toBe('1');
  });

  test('whoever takes a partition over knows when it was written last', async () => {
    const store = storeOf('last write', 'me');
    expect(await store.takeOver([PLACE], NO_IDS)).toEqual([{ next: 0n, left: null, writtenAtMs: null }]);
    await store.write([demand(0n)], [stepOf(0n, 1n)]);
    await sql`update consumer_offsets set updated_at = '2026-01-15T12:00:00.123456Z' where consumer_group = 'last write'`;
    const writtenAtMs = GOLDEN_AT_MS + 123;
    const taken = await storeOf('last write', 'other').takeOver([PLACE], NO_IDS);
    expect(taken).toEqual([{ next: 1n, left: null, writtenAtMs }]);
  });

  test('who owns the partitions of a group in this database is known to each of its members', async () => {
    const store = storeOf('owners', 'left');
    expect(await store.owners()).toEqual([]);
    await store.takeOver([PLACE, { ...PLACE, partition: 1 }], NO_IDS);
    await storeOf('owners', 'right').takeOver([{ ...PLACE, partition: 1 }], NO_IDS);
    const owned = [...(await store.owners())].sort((one, other) => one.partition - other.partition);
    expect(owned.map((one) => ({ ...one }))).toEqual([
      { topic: PLACE.topic, partition: 0, owner: 'left' },
      { topic: PLACE.topic, partition: 1, owner: 'right' },
    ]);
  });

  test('two members that write the same at once: one of them does', async () => {
    const [left, right] = [storeOf('race', 'left'), storeOf('race', 'right')];
    const held = Array.from({ length: 500 }, (_, index) => demand(BigInt(index)));
    await left.takeOver([PLACE], NO_IDS);
    const [, lost] = await Promise.all([right.takeOver([PLACE], NO_IDS), left.write(held, [stepOf(0n, 500n)])]);
    // Whoever came first, the other sees it: either the offsets are those of the batch, or the batch was refused.
    const next = await nextOffset('race');
    expect(next).toBe(lost.kind === 'written' ? '500' : '0');
    const ids = held.map(eventIdOf);
    expect(await rowsOf(...ids)).toBe(lost.kind === 'written' ? 500 : 0);
  });

  test('a commit that succeeded unheard is recognised', async () => {
    const store = storeOf('unheard', 'me');
    await store.takeOver([PLACE], NO_IDS);
    const held = [demand(0n)];
    await store.write(held, [stepOf(0n, 1n)]);
    expect(await store.write(held, [stepOf(0n, 1n)])).toEqual({
      kind: 'moved',
      moved: [{ ...PLACE, written: 1n, ours: true }],
    });
  });

  test('a topic that was made again is read from its start, by whichever member comes, and once', async () => {
    const as = (id: string): ReadonlyMap<string, string> => new Map([[PLACE.topic, id]]);
    const store = storeOf('made again', 'me');
    expect(await store.takeOver([PLACE], NO_IDS)).toMatchObject([{ next: 0n, left: null }]);
    await store.write([demand(0n), demand(1n)], [stepOf(0n, 2n)]);
    // Offsets from before the ids were kept belong to the topic that is there.
    expect(await store.takeOver([PLACE], as('first'))).toMatchObject([{ next: 2n, left: null }]);
    expect(await storeOf('made again', 'other').takeOver([PLACE], NO_IDS)).toMatchObject([{ next: 2n, left: null }]);
    expect(await storeOf('made again', 'third').takeOver([PLACE], as('second'))).toMatchObject([
      { next: 0n, left: 2n },
    ]);
    expect(await nextOffset('made again')).toBe('0');
    expect(await store.takeOver([PLACE], as('second'))).toMatchObject([{ next: 0n, left: null }]);
  });

  test('offsets that are not on record belong to nobody', async () => {
    const store = storeOf('nobody', 'me');
    const result = await store.write([demand(0n)], [stepOf(0n, 1n)]);
    expect(result).toMatchObject({ kind: 'moved', moved: [{ ours: false }] });
  });

  test('another event with an identity that is taken is reported, and the rest can be written without it', async () => {
    const store = storeOf('identity', 'me');
    const place = { topic: 'decision.trade_decision', partition: 0 } as const;
    const decision = (offset: bigint, decision_id: string): BufferedRecord =>
      bufferedOf(place.topic, 0, offset, recordText(place.topic, { event_id: randomUUID(), payload: { decision_id } }));
    await store.takeOver([place], NO_IDS);
    const held = [decision(0n, 'dec-a'), decision(1n, 'dec-a'), decision(2n, 'dec-b')];
    const ranges = [{ ...place, from: 0n, to: 3n }];
    const result = await store.write(held, ranges);
    expect(result).toMatchObject({ kind: 'refused', refused: [{ reason: 'identity_taken' }] });
    const refused = result.kind === 'refused' ? result.refused.map((one) => one.held) : [];
    expect(refused).toEqual(held.slice(1, 2));
    expect(await nextOffset('identity')).toBe('0');
    for (const one of refused) one.dead = { reason: 'identity_taken', detail: '', sending: null };
    expect(await store.write(held, ranges)).toEqual({ kind: 'written', rows: 2, repeated: 0 });
  });

  test('a record with the id of another and another content is no repeat of it', async () => {
    const store = storeOf('id taken', 'me');
    await store.takeOver([PLACE], NO_IDS);
    const event_id = randomUUID();
    const [first, other] = [demand(0n, { event_id }), demand(1n, { event_id, payload: { amount_in: '7' } })];
    const again = { ...first, offset: 2n };
    const result = await store.write([first, other, again], [stepOf(0n, 3n)]);
    expect(result).toMatchObject({ kind: 'refused', refused: [{ reason: 'identity_taken', held: { offset: 1n } }] });
    if (result.kind === 'refused') expect(result.refused).toHaveLength(1);
    other.dead = { reason: 'identity_taken', detail: '', sending: null };
    expect(await store.write([first, other, again], [stepOf(0n, 3n)])).toEqual({
      kind: 'written',
      rows: 1,
      repeated: 1,
    });
  });

  test('a dead letter that was made again is a repeat, although it tells another time', async () => {
    const store = storeOf('dead again', 'me');
    const place = { topic: 'dlq.unrip', partition: 0 } as const;
    await store.takeOver([place], NO_IDS);
    const event_id = randomUUID();
    const letter = (offset: bigint, at: string): BufferedRecord =>
      bufferedOf(place.topic, 0, offset, recordText(place.topic, { event_id, payload: { at } }));
    const held = [letter(0n, '2026-01-15T12:00:01.000Z'), letter(1n, '2026-01-15T12:00:09.000Z')];
    const result = await store.write(held, [{ ...place, from: 0n, to: 2n }]);
    expect(result).toEqual({ kind: 'written', rows: 1, repeated: 1 });
  });

  test('a schema that became newer while records came is the fault of no record, and nothing is written', async () => {
    const store = storeOf('newer', 'me');
    await store.takeOver([PLACE], NO_IDS);
    const version = readMigrations().length + 1;
    await sql`insert into schema_migrations (version, name, sha256) values (${version}, 'future', 'x')`;
    await sql`alter table swap_demand_events add column future text not null default 'x'`;
    await sql`alter table swap_demand_events alter column future drop default`;
    try {
      const result = await store.write([demand(0n)], [stepOf(0n, 1n)]);
      expect(result).toMatchObject({ kind: 'standstill', standstill: { kind: 'not_migrated' } });
      expect(await store.standstill(Date.now)).toMatchObject({ kind: 'not_migrated' });
      await sql`delete from schema_migrations where version = ${version}`;
      // A column that nobody recorded is no fault of the record either.
      await expect(store.write([demand(0n)], [stepOf(0n, 1n)])).rejects.toThrow('future');
    } finally {
      await sql`delete from schema_migrations where version = ${version}`;
      await sql`alter table swap_demand_events drop column future`;
    }
    expect(await nextOffset('newer')).toBe('0');
    expect(await store.write([demand(0n)], [stepOf(0n, 1n)])).toMatchObject({ kind: 'written', rows: 1 });
  });

  test('a clock that is hours away from that of the server is a standstill', async () => {
    const store = storeOf('clock', 'me');
    expect(await store.standstill(Date.now)).toBeNull();
    for (const hours of [13, -13, 20_000]) {
      expect(await store.standstill(() => Date.now() + hours * 3_600_000)).toMatchObject({ kind: 'clock_apart' });
    }
    expect(await store.clockApart(() => Date.now() + 3_600_000)).toBeNull();
  });

  const unstorable: [what: string, change: Change, detail: RegExp][] = [
    ['an account beyond an index', { account_id: 'a'.repeat(1201) }, /account_id/],
    ['a text beyond an index', { payload: { quote_id: 'q'.repeat(1201) } }, /index of quote_id/],
    [
      'a time that does not exist',
      { payload: { received_at: '2026-13-45T99:00:00.000Z' } },
      /received_at \(timestamptz\)/,
    ],
  ];
  test('an event whose identity is taken is no repeat of one with its id on another day', async () => {
    const store = storeOf('another day', 'me');
    const place = { topic: 'decision.trade_decision', partition: 0 } as const;
    const record = (offset: bigint, event_id: string, decision_id: string, day: string): BufferedRecord => {
      const ingested_at = `${day}T12:00:00.000Z`;
      const text = recordText(place.topic, { event_id, ingested_at, payload: { decision_id } });
      return bufferedOf(place.topic, 0, offset, text, Date.parse(ingested_at));
    };
    await store.takeOver([place], NO_IDS);
    const [id, taken] = [randomUUID(), randomUUID()];
    const held = [
      record(0n, id, randomUUID(), '2026-01-15'),
      record(1n, randomUUID(), taken, '2026-01-16'),
      record(2n, id, taken, '2026-01-16'),
    ];
    const result = await store.write(held, [{ ...place, from: 0n, to: 3n }]);
    expect(result).toMatchObject({ kind: 'refused', refused: [{ reason: 'identity_taken', held: { offset: 2n } }] });
  });

  test.each(unstorable)(
    '%s is found among many, and nothing of the batch was written',
    async (what, change, detail) => {
      const store = storeOf(what, 'me');
      await store.takeOver([PLACE], NO_IDS);
      const held = Array.from({ length: 40 }, (_, index) =>
        demand(BigInt(index), index === 17 || index === 31 ? change : {}),
      );
      const result = await store.write(held, [stepOf(0n, 40n)]);
      expect(result.kind).toBe('refused');
      const refused = result.kind === 'refused' ? result.refused : [];
      expect(refused.map((one) => [one.held.offset, one.reason])).toEqual([
        [17n, 'not_storable'],
        [31n, 'not_storable'],
      ]);
      expect(refused[0]?.detail).toMatch(detail);
      expect(await nextOffset(what)).toBe('0');
    },
  );

  test('every text that an index holds is bounded', async () => {
    const found = await sql<{ name: string }[]>`
      select distinct a.attname as name from pg_index i
      join pg_partitioned_table p on p.partrelid = i.indrelid
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
      where a.atttypid = 'text'::regtype and a.attname <> 'event_id'`;
    expect(found.map(({ name }) => name).sort()).toEqual([...INDEXED_TEXTS].sort());
  });

  test.each([
    ['liquidity_actions', ['tx_hash', 'funding_handle', 'liquidity_action_id', 'ingested_at']],
    ['funding_observations', ['tx_hash', 'funding_handle', 'funding_observation_id', 'ingested_at']],
    ['ops_alerts', ['alert_code', 'alert_key', 'tx_hash', 'ingested_at']],
    ['reconciliation_findings', ['finding_id', 'quote_id', 'tx_hash', 'ingested_at']],
  ])('rows of %s are found by an index that begins with each of %p', async (table, columns) => {
    const found = await sql<{ name: string }[]>`
      select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = ${table}::text::regclass`;
    const first = new Set(found.map(({ name }) => name));
    expect(columns.filter((column) => !first.has(column))).toEqual([]);
  });

  test('texts of the greatest length that is allowed fit into every index, also those that do not compress', async () => {
    const store = storeOf('long', 'me');
    const longest = () => randomBytes(900).toString('base64');
    for (const topic of ['decision.trade_decision', 'exec.trade_result', 'ops.service_health'] as const) {
      const fields = Object.entries(JSON.parse(recordText(topic)).payload).filter(
        ([name, value]) => INDEXED_TEXTS.has(name) && typeof value === 'string',
      );
      const payload = Object.fromEntries(fields.map(([name]) => [name, longest()]));
      const text = recordText(topic, { event_id: randomUUID(), account_id: longest(), payload });
      const place = { topic, partition: 0 };
      await store.takeOver([place], NO_IDS);
      const result = await store.write([bufferedOf(topic, 0, 0n, text)], [{ ...place, from: 0n, to: 1n }]);
      expect(result).toEqual({ kind: 'written', rows: 1, repeated: 0 });
    }
  });

  test('what only the server refuses is found among many', async () => {
    const store = storeOf('server', 'me');
    await store.takeOver([PLACE], NO_IDS);
    await sql.unsafe(`create function refusing() returns trigger language plpgsql as $$
      begin
        if new.partner_id = 'culprit' then raise exception 'refused' using errcode = '22023'; end if;
        return new;
      end $$;
      create trigger refusing before insert on swap_demand_events for each row execute function refusing()`);
    try {
      const held = Array.from({ length: 40 }, (_, index) =>
        demand(BigInt(index), index === 17 || index === 31 ? { payload: { partner_id: 'culprit' } } : {}),
      );
      const result = await store.write(held, [stepOf(0n, 40n)]);
      const refused = result.kind === 'refused' ? result.refused : [];
      expect(refused.map(({ held: { offset }, reason, detail }) => [offset, reason, detail])).toEqual([
        [17n, 'not_storable', 'refused (22023)'],
        [31n, 'not_storable', 'refused (22023)'],
      ]);
      expect(await nextOffset('server')).toBe('0');
    } finally {
      await sql.unsafe('drop trigger refusing on swap_demand_events; drop function refusing()');
    }
  });

  test('a record that fails in a way that nobody foresaw is found, and the rest can be written without it', async () => {
    const store = storeOf('unforeseen', 'me');
    await store.takeOver([PLACE], NO_IDS);
    await sql.unsafe(`create function unforeseen() returns trigger language plpgsql as $$
      begin
        if new.partner_id = 'culprit' then raise exception 'broken' using errcode = 'XX000'; end if;
        return new;
      end $$;
      create trigger unforeseen before insert on swap_demand_events for each row execute function unforeseen()`);
    try {
      const held = Array.from({ length: 20 }, (_, index) =>
        demand(BigInt(index), index === 13 ? { payload: { partner_id: 'culprit' } } : {}),
      );
      const ranges = [stepOf(0n, 20n)];
      await expect(store.write(held, ranges)).rejects.toThrow('broken');
      const result = await store.isolate(held);
      const refused = result.kind === 'refused' ? result.refused : [];
      expect(refused.map((one) => [one.held.offset, one.reason])).toEqual([[13n, 'not_storable']]);
      for (const one of refused) one.held.dead = { reason: one.reason, detail: '', sending: null };
      expect(await store.write(held, ranges)).toMatchObject({ kind: 'written', rows: 19 });
      const allBad = held.map((_, index) => demand(BigInt(index), { payload: { partner_id: 'culprit' } }));
      await expect(store.isolate(allBad)).rejects.toThrow('no single record is at fault');
    } finally {
      await sql.unsafe('drop trigger unforeseen on swap_demand_events; drop function unforeseen()');
    }
  });

  test('what JSON can say and PostgreSQL cannot hold is replaced in columns and kept in the envelope', async () => {
    const store = storeOf('nul', 'me');
    const place = { topic: 'ops.control_action', partition: 0 } as const;
    const payload = { note: 'a\0b', to: { text: 'c\0d\ud800' } };
    const text = recordText(place.topic, { event_id: randomUUID(), payload });
    await store.takeOver([place], NO_IDS);
    const result = await store.write([bufferedOf(place.topic, 0, 0n, text)], [{ ...place, from: 0n, to: 1n }]);
    expect(result).toMatchObject({ kind: 'written', rows: 1 });
    const [row] =
      await sql`select note, to_value ->> 'text' as inside, envelope from control_actions where note like 'a_b'`;
    expect(row).toMatchObject({ note: 'a\ufffdb', inside: 'c\ufffdd\ufffd', envelope: text });
  });

  test.each([
    ['{"a":"x"}', { a: 'x' }],
    [String.raw`{"a":"\u0000\u0000\\u0000\\\u0000"}`, { a: '\ufffd\ufffd\\u0000\\\ufffd' }],
    [String.raw`{"a":"\ud800 \uD83D\uDE00"}`, { a: '\ufffd \ufffd\ufffd' }],
    [String.raw`{"\u0000":1}`, { '\ufffd': 1 }],
    ['{"a":1e999999}', null],
  ])('the envelope %s is jsonb, or NULL, and never an error', async (text, expected) => {
    const [row] = await sql`select envelope_json(${text})::text as json`;
    expect(row?.['json'] === null ? null : JSON.parse(row?.['json'])).toEqual(expected);
  });

  test('days get the partitions of their quarters when they come, also past ones and all at once', async () => {
    const days = ['2025-12-31T23:59:59.999Z', '2026-01-01T00:00:00.000Z', '2031-05-05T12:00:00.000Z'];
    const members = ['m1', 'm2', 'm3'].map((owner) => storeOf(`midnight ${owner}`, owner));
    const results = await Promise.all(
      members.map(async (store) => {
        await store.takeOver([PLACE], NO_IDS);
        return await store.write(
          days.map((ingested_at, index) => demand(BigInt(index), { ingested_at })),
          [stepOf(0n, 3n)],
        );
      }),
    );
    expect(results).toEqual(members.map(() => ({ kind: 'written', rows: 3, repeated: 0 })));
    const written = ['2025-12-31 23:59:59.999+00', '2026-01-01 00:00:00+00', '2031-05-05 12:00:00+00'];
    const found = await sql`select tableoid::regclass::text as part, count(*)::integer as count from swap_demand_events
      where ingested_at::text = any(${arrayLiteral(written)}::text[]) group by 1 order by 1`;
    expect(found.map((row) => [row['part'], row['count']])).toEqual([
      ['swap_demand_events_2025q4', 3],
      ['swap_demand_events_2026q1', 3],
      ['swap_demand_events_2031q2', 3],
    ]);
  });

  test('a partition that somebody dropped is made again', async () => {
    const store = storeOf('dropped', 'me');
    await store.takeOver([PLACE], NO_IDS);
    const ingested_at = '2033-03-03T00:00:00.000Z';
    await store.write([demand(0n, { ingested_at })], [stepOf(0n, 1n)]);
    await sql`drop table swap_demand_events_2033q1`;
    const records = [demand(1n, { ingested_at })];
    // The first try finds nothing wrong with the record and the partition in its place again; the next one writes.
    await store.write(records, [stepOf(1n, 2n)]).catch(() => undefined);
    expect(await nextOffset('dropped')).toBe('1');
    expect(await store.write(records, [stepOf(1n, 2n)])).toMatchObject({ kind: 'written', rows: 1 });
  });
});

test('the topics of the registry and the tables are the same', () => {
  expect(Object.keys(TABLES).sort()).toEqual(TOPICS.map(({ name }): TopicName => name).sort());
});

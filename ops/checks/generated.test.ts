import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import Ajv2020 from 'ajv/dist/2020.js';
import { commandIdOf, decisionIdOf, executionIdOf, idempotencyKeyOf, type QuoteId } from '../../contracts/ids.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import {
  GENERATED_DIRECTORY,
  generatedNow,
  RENEW_COMMAND,
  type Staleness,
  staleIn,
  writeGenerated,
} from '../contracts/generate.ts';

const GOLDEN_DIRECTORY = join(import.meta.dir, '../../contracts/fixtures/golden');

const goldenFiles = readdirSync(GOLDEN_DIRECTORY);
const goldenText = (file: string): string => readFileSync(join(GOLDEN_DIRECTORY, file), 'utf8');
const golden = (file: string) => JSON.parse(goldenText(file));

test('contracts/generated is what the declarations say', () => {
  expect(renewal(staleIn(GENERATED_DIRECTORY, generatedNow()))).toBe('');
});

test('what is out of date is named with a command that renews it as it is written', () => {
  const said = renewal([{ path: 'asyncapi.json', why: 'differs' }]);
  const [what, command] = said.split('; renew with: ');
  expect(what).toBe('differs: contracts/generated/asyncapi.json');
  const ran = Bun.spawnSync(['sh', '-c', `${command} --check`], { env: {} });
  expect({ code: ran.exitCode, err: ran.stderr.toString() }).toEqual({ code: 0, err: '' });
});

/** What is out of date and how it is renewed; empty when nothing is. */
function renewal(stale: readonly Staleness[]): string {
  if (stale.length === 0) return '';
  const named = stale.map(({ path, why }) => `${why}: contracts/generated/${path}`).join(', ');
  return `${named}; renew with: ${RENEW_COMMAND}`;
}

describe('the generator', () => {
  const directory = mkdtempSync(join(tmpdir(), 'unrip-generated-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('names what is missing, changed or left over, and corrects it', () => {
    const wanted = generatedNow();
    expect(staleIn(directory, wanted)).toHaveLength(wanted.size);
    writeGenerated(directory, wanted);
    expect(staleIn(directory, wanted)).toEqual([]);
    writeFileSync(join(directory, 'asyncapi.json'), '{}');
    writeFileSync(join(directory, 'schemas/norm.swap_demand.v0.json'), '{}');
    writeFileSync(join(directory, 'schemas/no.such_topic.v1.json'), '{}');
    expect(staleIn(directory, wanted)).toEqual([
      { path: 'asyncapi.json', why: 'differs' },
      { path: 'schemas/no.such_topic.v1.json', why: 'left over' },
    ]);
    writeGenerated(directory, wanted);
    expect(staleIn(directory, wanted)).toEqual([]);
    expect(readdirSync(join(directory, 'schemas'))).toContain('norm.swap_demand.v0.json');
  });
});

test('every topic has a golden sample of its version', () => {
  for (const { name, schemaVersion } of TOPICS) expect(goldenFiles).toContain(`${name}.v${schemaVersion}.json`);
});

describe.each(goldenFiles)('golden sample %s', (file) => {
  const name = /^(.+)\.v\d+\.json$/.exec(file)?.[1];
  const version = Number(/\.v(\d+)\.json$/.exec(file)?.[1]);
  const topic = TOPICS.find((row) => row.name === name);
  const schema = () => JSON.parse(readFileSync(join(GENERATED_DIRECTORY, 'schemas', file), 'utf8'));
  const validator = () => new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema());

  test('is read under the published JSON Schema, which is strict', () => {
    const validate = validator();
    expect(validate(golden(file)) ? null : validate.errors).toBeNull();
    expect(golden(file)).toMatchObject({
      event_type: topic?.eventType,
      schema_version: version,
      venue: 'near_intents',
    });
  });

  test('is read under the compiled check, where it is the current version', () => {
    if (topic === undefined || topic.schemaVersion !== version)
      return expect(version).toBeLessThan(topic?.schemaVersion ?? 0);
    const check = TypeCompiler.Compile(topic.schema);
    expect([...check.Errors(golden(file))].map(({ path, message }) => `${path} ${message}`)).toEqual([]);
  });

  test('schema and check refuse the same mutations', () => {
    const validate = validator();
    const check = topic?.schemaVersion === version ? TypeCompiler.Compile(topic.schema) : null;
    const sample = golden(file);
    const mutants: unknown[] = [
      { ...sample, more: 1 },
      { ...sample, payload: { ...sample.payload, more: 1 } },
      { ...sample, schema_version: version + 1 },
      { ...sample, ingested_at: '2026-01-15 12:00:00' },
      { ...sample, payload: null },
      ...Object.keys(sample.payload).map((key) => {
        const { [key]: _gone, ...payload } = sample.payload;
        return { ...sample, payload };
      }),
      ...Object.entries(sample.payload)
        .filter(([, value]) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        .map(([key]) => ({ ...sample, payload: { ...sample.payload, [key]: { not: 'it' } } })),
    ];
    for (const mutant of mutants) {
      expect(validate(mutant)).toBe(false);
      if (check !== null) expect(check.Check(mutant)).toBe(false);
    }
  });

  test('holds no key and no signature', () => {
    expect(goldenText(file)).not.toMatch(/ed25519:[1-9A-HJ-NP-Za-km-z]{60,}/);
  });
});

test('the golden samples are one story: every id leads to the next record', () => {
  const payload = (topic: string) => golden(`${topic}.v1.json`).payload;
  const decision = payload('decision.trade_decision');
  const quoteId: QuoteId = payload('raw.near_intents.quote').quote_id;
  for (const topic of ['norm.swap_demand', 'decision.trade_decision', 'cmd.execute_trade', 'exec.trade_result'])
    expect(payload(topic).quote_id).toBe(quoteId);
  expect(payload('raw.near_intents.quote').message.params.data.quote_id).toBe(quoteId);
  expect(decision.decision_id).toBe(decisionIdOf(quoteId));
  expect(payload('cmd.execute_trade')).toMatchObject({
    command_id: commandIdOf(quoteId),
    idempotency_key: idempotencyKeyOf(quoteId),
    decision_id: decision.decision_id,
    amount_out: decision.amount_out,
  });
  const result = payload('exec.trade_result');
  expect(result).toMatchObject({
    execution_id: executionIdOf(quoteId),
    status: 'settled',
    amount_out: decision.amount_out,
  });
  expect(JSON.parse(result.signed_message).intents[0].diff[decision.asset_out]).toBe(`-${decision.amount_out}`);
  expect(result.settlement.balance_change[decision.asset_in]).toBe(decision.amount_in);
  expect(decision.price_snapshot.price_id).toBe(payload('ref.market_price').price_id);
  expect(decision.inventory_snapshot.inventory_id).toBe(payload('state.intent_inventory').inventory_id);
  expect(payload('state.intent_inventory').assets[decision.asset_out].credited).toBe(
    decision.inventory_snapshot.credited,
  );
});

describe('the AsyncAPI document', () => {
  const document = JSON.parse(readFileSync(join(GENERATED_DIRECTORY, 'asyncapi.json'), 'utf8'));

  const resolve = (ref: string): unknown =>
    ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/')], document);

  test('every reference leads somewhere, every operation to a message of its channel', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(refs.length).toBeGreaterThanOrEqual(TOPICS.length * 5);
    for (const ref of refs) expect(resolve(ref)).toBeDefined();
    for (const operation of Object.values<Record<string, unknown>>(document.operations)) {
      const channel = (operation['channel'] as { $ref: string }).$ref;
      for (const message of operation['messages'] as { $ref: string }[])
        expect(message.$ref).toStartWith(`${channel}/messages/`);
      expect(['send', 'receive']).toContain(String(operation['action']));
    }
  });

  test('every topic is a channel with its partitions, retention and key', () => {
    expect(document.asyncapi).toBe('3.1.0');
    for (const { name, partitions, retentionMs, eventType, key } of TOPICS) {
      const channel = document.channels[name.replaceAll('.', '_')];
      expect(channel.address).toBe(name);
      expect(channel.bindings.kafka).toMatchObject({ topic: name, partitions });
      expect(channel.bindings.kafka.topicConfiguration['retention.ms']).toBe(retentionMs);
      expect(document.components.messages[eventType].bindings.kafka.key.description).toContain(key);
    }
  });
});

// Judges rendered records: against the compiled schema of their topic, and against the published JSON Schema with another
// validator. And facts of every kind to render, most of them from quotes that went through the loop.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import { schemaPath } from '../../../contracts/documents.ts';
import type { Envelope } from '../../../contracts/envelope.ts';
import { nonceText } from '../../../contracts/ids.ts';
import { partitionOf } from '../../../contracts/runtime/kafka/partition.ts';
import type { OpsControlAction } from '../../../contracts/topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import type { RefMarketPrice } from '../../../contracts/topics/ref-market-price.ts';
import { type TopicName, topicOf } from '../../../contracts/topics/registry.ts';
import type { StateIntentInventory } from '../../../contracts/topics/state-intent-inventory.ts';
import { decodeFact, encodeFact } from '../../journal/codec.ts';
import { FRAME_HEADER_BYTES } from '../../journal/frame.ts';
import type { Fact } from '../../model/facts.ts';
import { level, makePrice } from '../../model/fixtures.ts';
import {
  BTC_IN,
  BTC_OUT,
  EURE_IN,
  EURE_OUT,
  errorReply,
  okReply,
  quoteFrame,
  statusFrame,
} from '../../scenario/frames.fixture.ts';
import { ACCOUNT, readyRig, SALT } from '../../scenario/loop.fixture.ts';
import { createRender, type Outgoing } from './render.ts';

const ROOT = join(import.meta.dir, '../../..');
const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });

type Judges = { readonly check: TypeCheck<TSchema>; readonly validate: ValidateFunction };
const judges = new Map<TopicName, Judges>();

function judgesOf(name: TopicName): Judges {
  const known = judges.get(name);
  if (known !== undefined) return known;
  const topic = topicOf(name);
  const path = join(ROOT, 'contracts/generated', schemaPath(name, topic.schemaVersion));
  const made = {
    check: TypeCompiler.Compile(topic.schema),
    validate: ajv.compile(JSON.parse(readFileSync(path, 'utf8'))),
  };
  judges.set(name, made);
  return made;
}

export const render = createRender(ACCOUNT, partitionOf);

/** As a consumer reads it: in UTF-8, which has no half characters. */
export const textOf = ({ value }: Outgoing): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value));

export const envelopeIn = (record: Outgoing): Envelope<Record<string, unknown>> => JSON.parse(textOf(record));

/** What either validator has against the record; empty when it is as the contract says. */
export function faultsOf(record: Outgoing): string[] {
  const envelope = envelopeIn(record);
  const { check, validate } = judgesOf(record.topic);
  const typebox = [...check.Errors(envelope)].map(({ path, message }) => `${record.topic}${path}: ${message}`);
  if (validate(envelope)) return typebox;
  return [...typebox, ...(validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`)];
}

/** As it comes back from the journal. */
export function throughJournal(fact: Fact): Fact {
  const bytes = new Uint8Array(encodeFact(fact));
  const back = decodeFact(bytes, FRAME_HEADER_BYTES, bytes.length);
  if (back === null) throw new Error(`a ${fact.kind} fact does not come back`);
  return back;
}

/** Payload of a golden sample, of which the tests of the contracts hold that it is a `T`. */
export const goldenPayload = <T>(file: string): T =>
  JSON.parse(readFileSync(join(ROOT, 'contracts/fixtures/golden', file), 'utf8')).payload;

/** Event ids of facts that are made outside the loop. */
let made = 0;
const eventId = (): string => `019bc186-de64-727d-a17a-${(++made * 16).toString(16).padStart(12, '0')}`;

/** Facts whose payload is made where it is observed, and the two of a start and a stop. */
export function plainFacts(atMs: number): Fact[] {
  const fact = { eventId: eventId(), atMs };
  return [
    {
      kind: 'price',
      ...fact,
      observedAtMs: atMs - 5,
      payload: goldenPayload<RefMarketPrice>('ref.market_price.v1.json'),
    },
    {
      kind: 'inventory',
      ...fact,
      eventId: eventId(),
      observedAtMs: null,
      payload: goldenPayload<StateIntentInventory>('state.intent_inventory.v1.json'),
    },
    {
      kind: 'control',
      ...fact,
      eventId: eventId(),
      payload: goldenPayload<OpsControlAction>('ops.control_action.v1.json'),
    },
    {
      kind: 'health',
      ...fact,
      eventId: eventId(),
      payload: goldenPayload<OpsServiceHealth>('ops.service_health.v1.json'),
    },
    { kind: 'closed', atMs },
  ];
}

/** Quotes with every kind of end and every reason that a test can bring about, as the loop journalled them. */
export async function factsOfQuotes(): Promise<readonly Fact[]> {
  using rig = await readyRig({ lanes: 1 });
  const ask = (id: string, over = {}, metadata = {}) => {
    rig.clock.advance(1);
    return rig.ask(id, over, 'event', metadata);
  };
  const accepted = (id: string, over = {}) => {
    const answer = ask(id, over, { partner_id: 'p"\\\u2028\u{1F600}', traceparent: '00-aa-bb-01' });
    if (answer === null) throw new Error(`${id} was not answered: ${rig.reasonOf(id)}`);
    rig.frame(okReply(answer.requestId));
    return answer;
  };
  const named = accepted('settled-by-status');
  accepted('voided');
  rig.frame(statusFrame(named.quoteHash, 'tx-1'));
  rig.credit(Object.fromEntries(Object.entries(named.diff).map(([asset, text]) => [asset, BigInt(text)])));
  rig.clock.advance(2000);
  await rig.poll({ used: [named.nonce] });

  const burned = accepted('burned', BTC_OUT);
  rig.clock.advance(2000);
  await rig.poll({ used: [burned.nonce] });
  rig.clock.advance(12_000);
  await rig.poll();

  const pull = (text: string): void => {
    const [cause, detail, nonce] = ['operator', 'somebody', nonceText(text)] as const;
    rig.record({ kind: 'pull_signed', atMs: rig.clock.nowMs(), nonce, cause, detail, intentHash: 'pull' });
    rig.record({ kind: 'pull_sent', atMs: rig.clock.nowMs(), nonce, txHash: 'tx-pull' });
    rig.clock.advance(2000);
  };
  const pulled = accepted('pulled', BTC_OUT);
  pull(pulled.nonce);
  const executed = [{ nonce: pulled.nonce, intentHash: 'pull', accountId: ACCOUNT }];
  await rig.poll({ used: [pulled.nonce], transactions: [{ txHash: 'tx-pull', executed }] });
  rig.clock.advance(2000);
  await rig.poll();
  const unread = accepted('pulled-unread', BTC_OUT);
  pull(unread.nonce);
  await rig.poll({ used: [unread.nonce] });
  rig.clock.advance(12_000);
  await rig.poll();

  const [first] = [rig.answered('same-1'), rig.answered('same-2', { exact_amount_in: '10000' })];
  rig.loop.onConnectionLost();
  rig.credit(Object.fromEntries(Object.entries(first.diff).map(([asset, text]) => [asset, BigInt(text)])));
  rig.clock.advance(2000);
  await rig.poll({ used: [first.nonce] });
  rig.clock.advance(12_000);
  await rig.poll();

  accepted('expired', EURE_OUT);
  const timedOut = ask('timed-out', EURE_IN);
  rig.clock.advance(5000);
  rig.loop.onTick();
  if (timedOut !== null) rig.frame(errorReply(timedOut.requestId, { code: -32098, message: 'late' }));
  const outbid = ask('outbid', EURE_IN);
  if (outbid !== null) rig.frame(errorReply(outbid.requestId, { code: -32098, message: 'finished' }));
  const refused = ask('refused', BTC_IN);
  if (refused !== null) rig.frame(errorReply(refused.requestId, 'bare "text"\n'));
  rig.clock.advance(80_000);
  await rig.poll();

  const { executor, strategy } = rig.set;
  for (const [id, standing] of [
    ['executor-disarmed', { armed: false }],
    ['executor-paused', { paused: true }],
    ['unauthorized', { keyRegistered: false }],
    ['no-relay', { relayOpen: false }],
  ] as const) {
    rig.set.executor = { ...executor, ...standing };
    ask(id);
  }
  rig.set.executor = executor;
  rig.set.shadow = true;
  ask('shadow');
  rig.set.shadow = false;
  rig.set.socketOpen = false;
  ask('send-failed');
  rig.set.socketOpen = true;

  ask('both-fixed', { exact_amount_out: '5' });
  ask('bad-times', { min_deadline_ms: -1, max_wait_ms: 1e99, exact_amount_in: '007' });
  ask('no-times', { min_deadline_ms: undefined, min_wait_ms: undefined, max_wait_ms: undefined });
  ask('too-late', {}, { quote_timestamp: rig.clock.nowMs() - 60_000 });
  ask('too-long', { min_deadline_ms: 86_400_000 });
  ask('too-large', { exact_amount_in: '20000' });
  ask('far-too-large', { exact_amount_in: ((1n << 127n) - 1n).toString() });
  ask('more-than-there-is', { ...BTC_OUT, exact_amount_out: '1000001' });
  rig.set.strategy = { ...strategy, armed: false };
  ask('disarmed');
  rig.set.strategy = strategy;
  const endless = [level(40_000, 10n ** 60n)];
  const coingecko = { source: 'coingecko', hasDepth: false, bids: endless, asks: endless } as const;
  rig.set.price = makePrice({ ...coingecko, asOfUs: rig.clock.elapsedUs() + 500, divergencePctE4: null });
  for (const [name, fields] of [
    ['in', BTC_IN],
    ['out', EURE_OUT],
    ['in-2', EURE_IN],
    ['out-2', BTC_OUT],
  ] as const) {
    ask(`fallback-${name}`, fields);
    const key = name.startsWith('in') ? 'exact_amount_in' : 'exact_amount_out';
    ask(`endless-${name}`, { ...fields, [key]: ((1n << 127n) - 1n).toString() });
    ask(`least-${name}`, { ...fields, [key]: '1' });
    ask(`nothing-${name}`, { ...fields, [key]: '0' });
  }
  rig.set.price = makePrice({
    ...coingecko,
    asOfUs: rig.clock.elapsedUs(),
    basisKind: 'coingecko',
    eurPerEureE8: null,
  });
  ask('no-basis');
  rig.set.price = makePrice({ source: 'none', bids: [], asks: [], priceId: null, asOfMs: 0, divergencePctE4: null });
  ask('no-price');
  rig.set.price = null;

  rig.pairFilter.change({ enabled: false, pairs: [] });
  ask('foreign', { defuse_asset_identifier_out: 'nep141:"odd"\\\n.near' });
  rig.frame(quoteFrame('settled-by-status'));
  rig.frame('{"broken');
  rig.frame(`{"jsonrpc": "2.0",\n "method":"event", "params" : {"data":{"quote_id":""}}}`);

  accepted('salt-gone');
  rig.clock.advance(2000);
  await rig.poll({ salt: 'aabbccdd', invalidSalts: [SALT] });
  accepted('left-open');
  rig.answered('at-the-stop');
  rig.loop.abandonReplies('stopped');
  return rig.journalled;
}

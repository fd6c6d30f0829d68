// The state of an observer as a file: position, sightings, reports that wait, and records that are not published. What cannot be read is
// a named reason, and the observer starts over from its first reading. Total and pure.

import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { parseUnits, type Units } from '../../../../contracts/amounts.ts';
import { BRIDGE_TEXT, FUNDING_STATUS_TEXT } from '../../../../contracts/codes/funding.ts';
import { FUNDING_REASON_TEXT } from '../../../../contracts/codes/liquidity.ts';
import { nullable, oneOf, oneOfCodes, ShortText, UnitsText } from '../../../../contracts/envelope.ts';
import { readJson } from '../../../../contracts/json.ts';
import { OpsFundingObservation } from '../../../../contracts/topics/ops-funding-observation.ts';
import type { WaitingRecord } from '../outbox.ts';
import type { BridgeCredit, ObservedChain } from '../types.ts';
import { INPUTS_MAX, SIGHTINGS_MAX } from './fold.ts';
import { type Correlation, EMPTY_LEDGER, keyOf, type Ledger, type Sighting } from './sighting.ts';

export type Saved = {
  readonly ledger: Ledger;
  /** When it was written, and how long the height of the chain had been the same by then. */
  readonly savedAtMs: number;
  readonly tipAgeMs: number;
  readonly outbox: readonly WaitingRecord[];
};

const Millis = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Height = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Outcome = oneOf(['pending', 'credited', 'failed']);
const BridgeWord = Type.String({ maxLength: 4096 });

const SavedSighting = Type.Object({
  txHash: ShortText,
  outputIndex: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
  address: ShortText,
  assetId: Type.String({ minLength: 1, maxLength: 256 }),
  bridge: oneOfCodes(BRIDGE_TEXT),
  units: UnitsText,
  inputs: Type.Array(ShortText, { maxItems: INPUTS_MAX }),
  sender: nullable(ShortText),
  place: nullable(Type.Object({ height: Height, hash: ShortText, timeMs: nullable(Millis) })),
  isReorganised: Type.Boolean(),
  replacedBy: nullable(ShortText),
  replaces: nullable(ShortText),
  absentMs: Type.Number({ minimum: 0 }),
  absentReadings: Type.Integer({ minimum: 0 }),
  waitedMs: Type.Number({ minimum: 0 }),
  isFurther: Type.Boolean(),
  correlation: nullable(
    Type.Object({
      creditId: Type.String({ maxLength: 1024 }),
      bridgeStatus: BridgeWord,
      outcome: Outcome,
      creditTxHash: nullable(ShortText),
      creditedUnits: nullable(UnitsText),
      creditedAtMs: nullable(Millis),
    }),
  ),
  confirmations: Type.Integer({ minimum: 0 }),
  status: oneOfCodes(FUNDING_STATUS_TEXT),
  previousStatus: nullable(oneOfCodes(FUNDING_STATUS_TEXT)),
  reason: nullable(oneOfCodes(FUNDING_REASON_TEXT)),
  detail: Type.String({ maxLength: 10_000 }),
  seq: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
  firstSeenAtMs: Millis,
  lastSeenAtMs: Millis,
  confirmedAtMs: nullable(Millis),
  changedAtMs: Millis,
});

const SavedCredit = Type.Object({
  creditId: Type.String({ maxLength: 1024 }),
  chain: ShortText,
  address: ShortText,
  txHash: nullable(ShortText),
  creditTxHash: nullable(ShortText),
  amountUnits: UnitsText,
  bridgeStatus: BridgeWord,
  outcome: Outcome,
  atMs: Type.Integer(),
  outputIndex: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
});

const SavedFile = Type.Object({
  version: Type.Literal(1),
  chain: ShortText,
  savedAtMs: Millis,
  tipHeight: nullable(Height),
  tipAgeMs: Type.Number({ minimum: 0 }),
  cursors: Type.Record(Type.String(), Height),
  sightings: Type.Array(SavedSighting, { maxItems: SIGHTINGS_MAX }),
  unmatched: Type.Array(SavedCredit, { maxItems: 1000 }),
  outbox: Type.Array(Type.Object({ event_id: ShortText, at_ms: Millis, payload: OpsFundingObservation }), {
    maxItems: 10_000,
  }),
});
type SavedFile = Static<typeof SavedFile>;

const isSaved = TypeCompiler.Compile(SavedFile);

/** A thousand sightings with all their inputs, and as many records, are 10 MB. */
export const SAVED_CHARS_MAX = 64 * 1024 * 1024;
const BOUNDS = { charsMax: SAVED_CHARS_MAX, depthMax: 16, valuesMax: 2_000_000 };

export function encodeSaved(chain: ObservedChain, saved: Saved): string {
  const { ledger, savedAtMs, tipAgeMs, outbox } = saved;
  const file: SavedFile = {
    version: 1,
    chain,
    savedAtMs,
    tipHeight: ledger.tipHeight,
    tipAgeMs,
    cursors: Object.fromEntries(ledger.cursors),
    sightings: [...ledger.sightings.values()].map(sightingFields),
    unmatched: [...ledger.unmatched.values()].map((credit) => ({ ...credit, amountUnits: String(credit.amountUnits) })),
    outbox: [...outbox],
  };
  return JSON.stringify(file);
}

function sightingFields(sighting: Sighting): SavedFile['sightings'][number] {
  const { correlation, units, inputs } = sighting;
  const credited = correlation?.creditedUnits ?? null;
  return {
    ...sighting,
    units: units.toString(),
    inputs: [...inputs],
    correlation: correlation === null ? null : { ...correlation, creditedUnits: credited?.toString() ?? null },
  };
}

export function decodeSaved(
  chain: ObservedChain,
  text: string,
): { readonly ok: true; readonly saved: Saved } | { readonly ok: false; readonly detail: string } {
  const read = readJson(text, BOUNDS);
  if (!read.ok) return { ok: false, detail: read.detail };
  const file = read.value;
  if (!isSaved.Check(file)) return { ok: false, detail: 'not in the form that this version writes' };
  if (file.chain !== chain) return { ok: false, detail: 'of another chain' };
  const sightings: Sighting[] = [];
  for (const each of file.sightings) {
    const units = parseUnits(each.units);
    const correlation = correlationOf(each.correlation);
    if (units === null || correlation === undefined) return { ok: false, detail: 'an amount is out of range' };
    sightings.push({ ...each, units, correlation });
  }
  const unmatched: BridgeCredit[] = [];
  for (const each of file.unmatched) {
    const amountUnits = parseUnits(each.amountUnits);
    if (amountUnits === null) return { ok: false, detail: 'an amount is out of range' };
    unmatched.push({ ...each, amountUnits });
  }
  const ledger: Ledger = {
    ...EMPTY_LEDGER,
    tipHeight: file.tipHeight,
    cursors: new Map(Object.entries(file.cursors)),
    sightings: new Map(sightings.map((sighting) => [keyOf(sighting), sighting])),
    unmatched: new Map(unmatched.map((credit) => [credit.creditId, credit])),
  };
  const { savedAtMs, tipAgeMs, outbox } = file;
  return { ok: true, saved: { ledger, savedAtMs, tipAgeMs, outbox } };
}

/** undefined: its amount is out of range. */
function correlationOf(fields: SavedFile['sightings'][number]['correlation']): Correlation | null | undefined {
  if (fields === null) return null;
  const { creditedUnits } = fields;
  if (creditedUnits === null) return { ...fields, creditedUnits: null };
  const units: Units | null = parseUnits(creditedUnits);
  return units === null ? undefined : { ...fields, creditedUnits: units };
}

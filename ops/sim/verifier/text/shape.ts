// Readers that turn a JSON tree into typed values the way the contract's derived readers do: which kinds they take, what
// they do about missing, unknown and duplicate fields, and in which words they refuse. Small readers compose.
//
// A reader sees complete values only, except at the top of a message, where `readFields` stops at the place where the
// text broke. Refusals carry the contract's wording without positions.
import type { JsonEntry, JsonNode } from './json.ts';
import { accepted, type Parsed, refused } from './parsed.ts';

export type Reader<T> = (node: JsonNode) => Parsed<T>;

/** One field of a struct. `absent` gives the value when the field is not there; without it the field is required. */
export type Field<T> = { readonly read: Reader<T>; readonly absent?: () => T; readonly alias?: string };
export type Fields<T> = { readonly [Name in keyof T]-?: Field<T[Name]> };

const BELOW_SCIENTIFIC = 1e16;
const ABOVE_SCIENTIFIC = 1e-5;

function floatText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= BELOW_SCIENTIFIC || size < ABOVE_SCIENTIFIC)) return value.toExponential();
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

const INTEGER = /^-?[0-9]+$/;
const U64_MAX = 2n ** 64n - 1n;
const I64_MIN = -(2n ** 63n);

/** Integers outside of 64 bits are floating point to the contract's library. */
function numberText(text: string): string {
  if (INTEGER.test(text) && text !== '-0') {
    const value = BigInt(text);
    if (value >= I64_MIN && value <= U64_MAX) return `integer \`${value}\``;
  }
  return `floating point \`${text === '-0' ? '-0.0' : floatText(Number(text))}\``;
}

/** Text in quotes with escapes, as in the contract's messages. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** How a refusal names what it found. */
function describe(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return `boolean \`${node.value}\``;
    case 'number':
      return numberText(node.text);
    case 'string':
      return `string ${quoted(node.value)}`;
    case 'array':
      return 'sequence';
    case 'object':
      return 'map';
  }
}

export function wrongType(node: JsonNode, expected: string): { readonly ok: false; readonly reason: string } {
  return refused(`invalid type: ${describe(node)}, expected ${expected}`);
}

export const readString: Reader<string> = (node) =>
  node.kind === 'string' ? accepted(node.value) : wrongType(node, 'a string');

export const readBoolean: Reader<boolean> = (node) =>
  node.kind === 'boolean' ? accepted(node.value) : wrongType(node, 'a boolean');

/** A string whose content another parser judges. */
export function readText<T>(parse: (text: string) => Parsed<T>, expected = 'a string'): Reader<T> {
  return (node) => (node.kind === 'string' ? parse(node.value) : wrongType(node, expected));
}

/** JSON null is the same as absent. */
export function readOptional<T>(read: Reader<T>): Reader<T | undefined> {
  return (node) => (node.kind === 'null' ? accepted(undefined) : read(node));
}

export function readArray<T>(read: Reader<T>): Reader<readonly T[]> {
  return (node) => {
    if (node.kind !== 'array') return wrongType(node, 'a sequence');
    const items: T[] = [];
    for (const item of node.items) {
      const read_ = read(item);
      if (!read_.ok) return read_;
      items.push(read_.value);
    }
    return accepted(items);
  };
}

/** A map in the order of its text; a repeated key takes the last value. */
export function readMap<T>(readKey: (key: string) => Parsed<string>, read: Reader<T>): Reader<ReadonlyMap<string, T>> {
  return (node) => {
    if (node.kind !== 'object') return wrongType(node, 'a map');
    const map = new Map<string, T>();
    for (const entry of node.entries) {
      const key = readKey(entry.key);
      if (!key.ok) return key;
      const value = entry.value === undefined ? refused('expected value') : read(entry.value);
      if (!value.ok) return value;
      map.set(key.value, value.value);
    }
    return accepted(map);
  };
}

/**
 * Fields of an object in the order of its text: unknown ones are passed over, a repeated one is refused, and `broken`
 * (the syntax error of the text, if any) is reported where the entries end.
 */
export function readFields<T extends object>(
  entries: readonly JsonEntry[],
  fields: Fields<T>,
  broken?: string,
): Parsed<T> {
  const found = new Map<string, unknown>();
  const names = Object.keys(fields) as (keyof T & string)[];
  for (const { key, value } of entries) {
    const name = names.find((candidate) => candidate === key || fields[candidate].alias === key);
    if (name === undefined) continue;
    if (found.has(name)) return refused(`duplicate field \`${name}\``);
    if (value === undefined || (value.partial && value.kind === 'string')) return refused(broken ?? 'expected value');
    const read = fields[name].read(value);
    if (!read.ok) return read;
    if (value.partial) return refused(broken ?? 'expected value');
    found.set(name, read.value);
  }
  if (broken !== undefined) return refused(broken);
  return completed(found, fields);
}

function completed<T extends object>(found: ReadonlyMap<string, unknown>, fields: Fields<T>): Parsed<T> {
  const out: Partial<Record<keyof T, unknown>> = {};
  for (const name of Object.keys(fields) as (keyof T & string)[]) {
    if (found.has(name)) {
      out[name] = found.get(name);
      continue;
    }
    const { absent } = fields[name];
    if (absent === undefined) return refused(`missing field \`${name}\``);
    out[name] = absent();
  }
  // Every name of `fields` was set above, each by the reader of that name.
  return accepted(out as T);
}

/** A struct: an object, or an array with the fields in their declared order. */
export function readStruct<T extends object>(title: string, fields: Fields<T>): Reader<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (node) => {
    if (node.kind === 'object') return readFields(node.entries, fields);
    if (node.kind !== 'array') return wrongType(node, `struct ${title}`);
    return readPositional(title, node.items, names, fields);
  };
}

function readPositional<T extends object>(
  title: string,
  items: readonly JsonNode[],
  names: readonly (keyof T & string)[],
  fields: Fields<T>,
): Parsed<T> {
  const found = new Map<string, unknown>();
  for (const [index, name] of names.entries()) {
    const item = items[index];
    const field = fields[name];
    if (item === undefined) {
      if (field.absent !== undefined) continue;
      const count = `${names.length} element${names.length === 1 ? '' : 's'}`;
      return refused(`invalid length ${index}, expected struct ${title} with ${count}`);
    }
    const read = field.read(item);
    if (!read.ok) return read;
    found.set(name, read.value);
  }
  if (items.length > names.length) {
    return refused(`invalid length ${items.length}, expected fewer elements in sequence`);
  }
  return completed(found, fields);
}

/** Struct without the array form: what the contract reads with flattened parts. */
export function readObject<T extends object>(title: string, fields: Fields<T>): Reader<T> {
  return (node) => (node.kind === 'object' ? readFields(node.entries, fields) : wrongType(node, `struct ${title}`));
}

export type Tagged = { readonly variant: string; readonly content: JsonNode };

/**
 * Takes the tag out of an internally tagged enum: a field of an object, or the first item of an array. `numbered` enums
 * take the variant's number in the list as well as its name.
 */
export function readTag(
  tag: string,
  title: string,
  variants: readonly string[],
  numbered: 'numbered' | 'named',
): Reader<Tagged> {
  const variantOf = (node: JsonNode) => readVariant(node, variants, numbered);
  return (node) => {
    if (node.kind === 'array') {
      const [first, ...rest] = node.items;
      if (first === undefined) return refused(`missing field \`${tag}\``);
      const variant = variantOf(first);
      return variant.ok
        ? accepted({ variant: variant.value, content: { kind: 'array', items: rest, partial: false } })
        : variant;
    }
    if (node.kind !== 'object') return wrongType(node, `internally tagged enum ${title}`);
    return readTagOfEntries(tag, node.entries, variantOf);
  };
}

function readTagOfEntries(tag: string, entries: readonly JsonEntry[], variantOf: Reader<string>): Parsed<Tagged> {
  let variant: string | undefined;
  const rest: JsonEntry[] = [];
  for (const entry of entries) {
    if (entry.key !== tag || entry.value === undefined) {
      rest.push(entry);
      continue;
    }
    if (variant !== undefined) return refused(`duplicate field \`${tag}\``);
    const read = variantOf(entry.value);
    if (!read.ok) return read;
    variant = read.value;
  }
  if (variant === undefined) return refused(`missing field \`${tag}\``);
  return accepted({ variant, content: { kind: 'object', entries: rest, partial: false } });
}

function readVariant(node: JsonNode, variants: readonly string[], numbered: 'numbered' | 'named'): Parsed<string> {
  if (node.kind === 'string') {
    if (variants.includes(node.value)) return accepted(node.value);
    const list = variants.map((name) => `\`${name}\``).join(', ');
    return refused(`unknown variant \`${node.value}\`, expected one of ${list}`);
  }
  if (numbered === 'numbered' && node.kind === 'number' && /^[0-9]+$/.test(node.text) && BigInt(node.text) <= U64_MAX) {
    const variant = variants[Number(node.text)];
    if (variant !== undefined) return accepted(variant);
    return refused(`invalid value: ${describe(node)}, expected variant index 0 <= i < ${variants.length}`);
  }
  return wrongType(node, 'variant identifier');
}

// A reader takes what a newer producer of the same version may add, and nothing else.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, type TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { TOPICS } from './topics/registry.ts';

type Fields = Record<string, unknown>;

/** Where the payload of a record has one of a closed list of texts, and where it has an object of known fields. */
function placesIn(schema: TSchema, path: readonly string[] = []): { lists: string[][]; objects: string[][] } {
  const members: readonly TSchema[] = schema[Kind] === 'Union' ? schema['anyOf'] : [schema];
  const lists = members.some((member) => typeof member['const'] === 'string') ? [[...path]] : [];
  const objects = members.filter((member) => member[Kind] === 'Object');
  const inner = objects.flatMap((member) =>
    Object.entries(member['properties'] as Record<string, TSchema>).map(([name, one]) =>
      placesIn(one, [...path, name]),
    ),
  );
  return {
    lists: [...lists, ...inner.flatMap((one) => one.lists)],
    objects: [...(objects.length > 0 ? [[...path]] : []), ...inner.flatMap((one) => one.objects)],
  };
}

/** A copy with a value put in; null when the sample has nothing at this place. */
function put(sample: Fields, [name, ...path]: readonly string[], value: unknown): Fields | null {
  if (name === undefined) return null;
  if (path.length === 0) return { ...sample, [name]: value };
  const inner = sample[name];
  if (typeof inner !== 'object' || inner === null) return null;
  const changed = put(inner as Fields, path, value);
  return changed === null ? null : { ...sample, [name]: changed };
}

describe.each(TOPICS)('$name', ({ name, schema, readerSchema, schemaVersion }) => {
  const text = readFileSync(join(import.meta.dir, `fixtures/golden/${name}.v${schemaVersion}.json`), 'utf8');
  const sample: Fields = JSON.parse(text);
  const strict = TypeCompiler.Compile(schema);
  const reader = TypeCompiler.Compile(readerSchema);
  const places = placesIn(schema['properties'].payload, ['payload']);
  const changedAt = (paths: readonly string[][], value: unknown): Fields[] =>
    paths.map((path) => put(sample, path, value)).filter((changed) => changed !== null);

  test('takes values of closed lists that it does not know', () => {
    for (const changed of changedAt(places.lists, 'a_value_of_later')) {
      expect(strict.Check(changed)).toBe(false);
      expect([...reader.Errors(changed)]).toEqual([]);
    }
  });

  test('takes added fields, in the envelope and in every object', () => {
    const added = places.objects.map((path) => [...path, 'added_later']);
    for (const changed of [{ ...sample, added_later: 1 }, ...changedAt(added, { any: ['thing'] })]) {
      expect(strict.Check(changed)).toBe(false);
      expect([...reader.Errors(changed)]).toEqual([]);
    }
  });

  test('refuses another version, event or venue, and values of another type', () => {
    expect(reader.Check(sample)).toBe(true);
    const payload = sample['payload'] as Fields;
    const wrong: Fields[] = [
      { ...sample, schema_version: schemaVersion + 1 },
      { ...sample, event_type: 'another' },
      { ...sample, venue: 'another' },
      { ...sample, payload: null },
      ...changedAt(places.lists, 7),
      ...Object.keys(payload).map((key) => {
        const { [key]: _gone, ...rest } = payload;
        return { ...sample, payload: rest };
      }),
    ];
    for (const changed of wrong) expect(reader.Check(changed)).toBe(strict.Check(changed));
    expect(wrong.some((changed) => reader.Check(changed))).toBe(false);
  });
});

test('there are closed lists to be opened', () => {
  const lists = TOPICS.flatMap(({ schema }) => placesIn(schema['properties'].payload, ['payload']).lists);
  expect(lists.length).toBeGreaterThan(10);
});

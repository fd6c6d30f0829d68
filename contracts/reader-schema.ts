// What a reader demands of a record, made from the schema that a producer keeps to. A newer producer of the same schema version
// may add fields and values of closed lists; an older reader takes them: unknown fields stay where they are, and any text is
// taken where a list of texts is. What is not compatible is refused as ever: fields that are missing or of another type,
// and other versions. Pure.

import { Kind, type TSchema, Type } from '@sinclair/typebox';

/** Says what the record is: these are never opened. */
const IDENTITY = ['event_type', 'venue', 'schema_version'] as const;

/** @param schema of a whole record: envelope around the payload */
export function readerSchemaOf(schema: TSchema): TSchema {
  const { $id: _unused, ...opened } = open(schema);
  const strict: Record<string, TSchema> = schema['properties'];
  const identity = IDENTITY.map((name) => [name, strict[name]]);
  return { ...opened, properties: { ...opened['properties'], ...Object.fromEntries(identity) } } as TSchema;
}

function open(schema: TSchema): TSchema {
  switch (schema[Kind]) {
    case 'Object': {
      const { additionalProperties: _unused, ...rest } = schema;
      return { ...rest, properties: openEach(schema['properties']) } as TSchema;
    }
    case 'Record':
      return { ...schema, patternProperties: openEach(schema['patternProperties']) };
    case 'Array':
      return { ...schema, items: open(schema['items']) };
    case 'Union': {
      const members: readonly TSchema[] = schema['anyOf'];
      const texts = members.filter(isText);
      if (texts.length === 0) return { ...schema, anyOf: members.map(open) };
      const others = members.filter((member) => !isText(member)).map(open);
      // `Optional` is a mark on the schema itself, which stays.
      return { ...schema, anyOf: [Type.String(), ...others] };
    }
    default:
      return isText(schema) ? { ...withoutConst(schema), [Kind]: 'String', type: 'string' } : schema;
  }
}

const openEach = (schemas: Readonly<Record<string, TSchema>>): Record<string, TSchema> =>
  Object.fromEntries(Object.entries(schemas).map(([name, inner]) => [name, open(inner)]));

const isText = (schema: TSchema): boolean => schema[Kind] === 'Literal' && typeof schema['const'] === 'string';

function withoutConst({ const: _unused, ...rest }: TSchema): TSchema {
  return rest as TSchema;
}

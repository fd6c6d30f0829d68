// What the answers of control APIs are built from. A shape is closed: what an answer holds is what is described of it.

import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';

export const Text = Type.String();
export const Flag = Type.Boolean();
/** How many, how large or how long: whole and not negative. */
export const Count = Type.Integer({ minimum: 0 });
/** How often, by name. */
export const Counts = Type.Record(Type.String(), Count);

export const shape = <T extends TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false });

/** A list that is read only. */
export const list = <T extends TSchema>(items: T) => Type.Unsafe<readonly Static<T>[]>(Type.Array(items));

export const described = <T extends TSchema>(schema: T, description: string): T => ({ ...schema, description });

/** Codes of reasons or notes. */
export const Codes = list(Text);

/** Of an answer that is read section by section. */
export const Unreadable = described(
  Codes,
  'Sections that could not be read, by an error in the program: each is null here. The log has the errors.',
);

/**
 * An object of which exactly one of some optional fields is given: by name, so that nobody gets the one by leaving out the
 * other. Held by `createBodyCheck`. @param example of each, for who sends none or several
 */
export function exactlyOne<T extends TObject>(
  schema: T,
  fields: readonly (keyof Static<T> & string)[],
  example: string,
): T {
  return { ...schema, oneOf: fields.map((field) => ({ required: [field] })), description: example };
}

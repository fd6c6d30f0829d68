// A field of somebody else's that has no value. Pure.

import { Type } from '@sinclair/typebox';

/** Absent or null: outside systems write either for what has no value. */
export const Missing = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** The codes of those conditions that hold, in their order. */
export const noted = (conditions: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(conditions).flatMap(([code, holds]) => (holds ? [code] : []));

// One `.env` serves all processes: a name means the same to each that reads it.

import { expect, test } from 'bun:test';
import { PROCESSES } from '../documents.ts';
import { fileNamesOf, type Variable } from './variable.ts';

const meaningOf = (variable: Variable<unknown>) => {
  const { shape, secret } = variable;
  return { shape, secret, files: fileNamesOf(variable).join() };
};

test('a variable that several processes read has one shape, and is a secret of all or of none', () => {
  const seen = new Map<string, { readonly process: string; readonly variable: Variable<unknown> }>();
  let shared = 0;
  for (const { name: process, variables } of PROCESSES) {
    for (const variable of Object.values(variables)) {
      const first = seen.get(variable.name);
      if (first === undefined) {
        seen.set(variable.name, { process, variable });
        continue;
      }
      shared += 1;
      const both = `${variable.name} of ${first.process} and ${process}`;
      expect({ both, ...meaningOf(variable) }).toEqual({ both, ...meaningOf(first.variable) });
    }
  }
  expect(shared).toBeGreaterThan(30);
});

// A setting that an operator gives in the body of a call, read by the declaration of the variable that configures it.

import type { Variable } from '../../contracts/config/variable.ts';

/** The schema of the body takes what the declaration takes, and nothing else. */
export function settingOf(variable: Variable<bigint>, text: string): bigint {
  const parsed = variable.parse(text);
  if (!parsed.ok) throw new Error(`${variable.name}: its pattern let pass what ${parsed.problem}`);
  return parsed.value;
}

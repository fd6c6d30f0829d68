// Makes the fields of a log line fit to print: bigints as text, errors as their message, bytes as their count, depth and
// length bounded, secrets taken out by the name of the field and by the form of the text. Never throws.

import { withoutSecrets } from './redact.ts';

const DEPTH_MAX = 5;
const ITEMS_MAX = 50;
const TEXT_CHARS_MAX = 4096;
const STACK_LINES_MAX = 6;

/** Field names whose text is a secret whatever it looks like. `public_key`, `execution_key` and the like are none. */
const SECRET_FIELD =
  /(?:private[_-]?key|secret|passw(?:or)?d|authorization|signature|api[_-]?key|credential|seed[_-]?phrase|(?:^|[_-])token|Token)$/i;

/** Set by the log itself; a field of the same name would make two of them in one line. */
const RESERVED_FIELDS = ['level', 'time', 'service', 'component', 'event', 'namespace', 'venue'] as const;
export type ReservedField = (typeof RESERVED_FIELDS)[number];
const RESERVED: ReadonlySet<string> = new Set(RESERVED_FIELDS);

/** Names of fields are words of the program, some hundreds; keys from outside may be any, and what is beyond is looked at each time. */
const NAMES_KNOWN_MAX = 1_000;

type Name = { readonly shown: string; readonly isSecret: boolean };

/** What the values of one log are cleaned with. */
type Cleaner = { readonly secrets: readonly string[]; readonly nameOf: (name: string) => Name };

/** The result gives the fields as a line shows them. @param secrets taken out wherever they appear */
export function fieldCleaner(secrets: readonly string[]) {
  const known = new Map<string, Name>();
  const nameOf = (name: string): Name => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = { shown: withoutSecrets(name, secrets), isSecret: SECRET_FIELD.test(name) };
    if (known.size < NAMES_KNOWN_MAX) known.set(name, made);
    return made;
  };
  const cleaner: Cleaner = { secrets, nameOf };
  return (fields: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const cleaned: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) {
      const key = RESERVED.has(name) ? `${name}_` : nameOf(name).shown;
      try {
        cleaned[key] = cleanValue(cleaner, name, value, 0);
      } catch {
        // A getter or a proxy of the value threw: the rest of the line is still worth writing.
        cleaned[key] = '[unreadable]';
      }
    }
    return cleaned;
  };
}

function cleanValue(cleaner: Cleaner, name: string, value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string': {
      if (value !== '' && cleaner.nameOf(name).isSecret) return '[redacted]';
      const safe = withoutSecrets(value, cleaner.secrets);
      return safe.length > TEXT_CHARS_MAX ? `${safe.slice(0, TEXT_CHARS_MAX)}... (${safe.length} characters)` : safe;
    }
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : cleanObject(cleaner, name, value, depth);
    default:
      return value;
  }
}

function cleanObject(cleaner: Cleaner, name: string, value: object, depth: number): unknown {
  if (value instanceof Error) {
    const code = 'code' in value ? { code: cleanValue(cleaner, 'code', value.code, depth + 1) } : {};
    const stack = (value.stack ?? '')
      .split('\n')
      .slice(1, 1 + STACK_LINES_MAX)
      .join('\n');
    return {
      name: value.name,
      ...code,
      message: cleanValue(cleaner, 'message', value.message, depth + 1),
      stack: cleanValue(cleaner, 'stack', stack, depth + 1),
      ...(value.cause === undefined || depth >= DEPTH_MAX
        ? {}
        : { cause: cleanValue(cleaner, 'cause', value.cause, depth + 1) }),
    };
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).map((item: unknown) => cleanValue(cleaner, name, item, depth + 1));
    return value.length > ITEMS_MAX ? [...items, `[${value.length - ITEMS_MAX} more]`] : items;
  }
  const entries =
    value instanceof Map ? [...value.entries()].map(([k, v]) => [String(k), v] as const) : Object.entries(value);
  const cleaned: Record<string, unknown> = {};
  for (const [key, inner] of entries.slice(0, ITEMS_MAX)) {
    cleaned[cleaner.nameOf(key).shown] = cleanValue(cleaner, key, inner, depth + 1);
  }
  if (entries.length > ITEMS_MAX) cleaned['more'] = entries.length - ITEMS_MAX;
  return cleaned;
}

// Makes the fields of a log line fit to print: bigints as text, errors as their message, bytes as their count, depth and
// length bounded, secrets taken out by the name of the field and by the look of the text. Never throws.

import { withoutSecrets } from './showable.ts';

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

export function cleanFields(fields: Readonly<Record<string, unknown>>, secrets: readonly string[]) {
  const cleaned: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const key = RESERVED.has(name) ? `${name}_` : withoutSecrets(name, secrets);
    try {
      cleaned[key] = cleanValue(name, value, secrets, 0);
    } catch {
      // A getter or a proxy of the value threw: the rest of the line is still worth writing.
      cleaned[key] = '[unreadable]';
    }
  }
  return cleaned;
}

function cleanValue(name: string, value: unknown, secrets: readonly string[], depth: number): unknown {
  switch (typeof value) {
    case 'string': {
      if (SECRET_FIELD.test(name) && value !== '') return '[redacted]';
      const safe = withoutSecrets(value, secrets);
      return safe.length > TEXT_CHARS_MAX ? `${safe.slice(0, TEXT_CHARS_MAX)}... (${safe.length} characters)` : safe;
    }
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : cleanObject(name, value, secrets, depth);
    default:
      return value;
  }
}

function cleanObject(name: string, value: object, secrets: readonly string[], depth: number): unknown {
  if (value instanceof Error) {
    const code = 'code' in value ? { code: cleanValue('code', value.code, secrets, depth + 1) } : {};
    const stack = (value.stack ?? '')
      .split('\n')
      .slice(1, 1 + STACK_LINES_MAX)
      .join('\n');
    return {
      name: value.name,
      ...code,
      message: cleanValue('message', value.message, secrets, depth + 1),
      stack: cleanValue('stack', stack, secrets, depth + 1),
      ...(value.cause === undefined || depth >= DEPTH_MAX
        ? {}
        : { cause: cleanValue('cause', value.cause, secrets, depth + 1) }),
    };
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).map((item: unknown) => cleanValue(name, item, secrets, depth + 1));
    return value.length > ITEMS_MAX ? [...items, `[${value.length - ITEMS_MAX} more]`] : items;
  }
  const entries =
    value instanceof Map ? [...value.entries()].map(([k, v]) => [String(k), v] as const) : Object.entries(value);
  const cleaned: Record<string, unknown> = {};
  for (const [key, inner] of entries.slice(0, ITEMS_MAX)) {
    cleaned[withoutSecrets(key, secrets)] = cleanValue(key, inner, secrets, depth + 1);
  }
  if (entries.length > ITEMS_MAX) cleaned['more'] = entries.length - ITEMS_MAX;
  return cleaned;
}

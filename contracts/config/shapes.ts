// The shapes that variables come in, each a total parse from text with the wording of its own mistake.

import { parseScaled } from '../amounts.ts';
import { type Asset, KNOWN_ASSETS } from '../assets.ts';
import { parseDatabaseUrl } from '../database-url.ts';
import { decimalPattern } from '../decimal-pattern.ts';
import { type AccountId, parseAccountId } from '../ids.ts';
import { isFields, readJson, SMALL_JSON } from '../json.ts';
import { ASSET_ID_PATTERN, type AssetPair, PAIRS_MAX } from '../pair-filter.ts';
import type { ParsedValue, Variable } from './variable.ts';

type Declared = {
  readonly name: string;
  readonly alias?: string;
  readonly help: string;
  readonly fallback: string | null;
};

const value = <T>(parsed: T): ParsedValue<T> => ({ ok: true, value: parsed });
const problem = (text: string): ParsedValue<never> => ({ ok: false, problem: text });

function variable<T>(declared: Declared, shape: string, parse: (text: string) => ParsedValue<T>): Variable<T> {
  return { ...declared, shape, secret: false, parse };
}

/** A whole number within bounds. */
export function integer(
  declared: Declared & { readonly min: number; readonly max: number; readonly unit?: string },
): Variable<number> {
  const { min, max, unit } = declared;
  const shape = `${unit ?? 'whole number'}, ${min} to ${max}`;
  return variable(declared, shape, (text) => {
    const parsed = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return parsed >= min && parsed <= max ? value(parsed) : problem(`is not a whole number from ${min} to ${max}`);
  });
}

/** A decimal; `pattern` is a regular expression of exactly the texts that are taken. */
export type DecimalVariable = Variable<bigint> & { readonly pattern: string };

/** A decimal number that is not negative, as an integer scaled by 10^`scale`. @param max a whole number */
export function decimal(
  declared: Declared & { readonly scale: number; readonly max: string; readonly unit: string },
): DecimalVariable {
  const { scale, max, unit } = declared;
  const pattern = decimalPattern(max, scale);
  const taken = new RegExp(pattern);
  const shape = `${unit}, 0 to ${max}, at most ${scale} decimals`;
  const parse = (text: string): ParsedValue<bigint> => {
    const parsed = taken.test(text) ? parseScaled(text, scale) : null;
    return parsed === null
      ? problem(`is not a decimal number from 0 to ${max} with at most ${scale} decimals`)
      : value(parsed);
  };
  return { ...variable(declared, shape, parse), pattern };
}

export function choice<const T extends string>(declared: Declared & { readonly of: readonly T[] }): Variable<T> {
  return variable(declared, declared.of.join(' or '), (text) => {
    const found = declared.of.find((option) => option === text);
    return found === undefined ? problem(`is none of: ${declared.of.join(', ')}`) : value(found);
  });
}

/** Several of a closed list, at least one. */
export function choices<const T extends string>(
  declared: Declared & { readonly of: readonly T[] },
): Variable<readonly T[]> {
  const { of } = declared;
  return variable(declared, `comma separated, of: ${of.join(', ')}`, (text) => {
    const given = text.split(',').map((part) => part.trim());
    const unknown = given.find((part) => !of.some((option) => option === part));
    if (unknown !== undefined) return problem(`has a part that is none of: ${of.join(', ')}`);
    return value(of.filter((option) => given.includes(option)));
  });
}

/** An absolute URL of one of the schemes, without a trailing slash. */
export function url(declared: Declared & { readonly schemes: readonly string[] }): Variable<string> {
  const shape = `URL (${declared.schemes.map((scheme) => `${scheme}://`).join(' or ')}...)`;
  return variable(declared, shape, (text) => parseUrl(text, declared.schemes));
}

export function urls(declared: Declared & { readonly schemes: readonly string[] }): Variable<readonly string[]> {
  const shape = `URLs (${declared.schemes.map((scheme) => `${scheme}://`).join(' or ')}...), comma separated`;
  return variable(declared, shape, (text) => {
    const parsed: string[] = [];
    for (const part of text.split(',')) {
      const one = parseUrl(part.trim(), declared.schemes);
      if (!one.ok) return one;
      parsed.push(one.value);
    }
    return value(parsed);
  });
}

/** A URL of PostgreSQL, in each form that libpq takes; kept as the text that it is. */
export function postgresUrl(declared: Declared): Variable<string> {
  return variable(
    declared,
    'URL (postgres://user@host:port/database), several hosts or a socket as for libpq',
    (text) => {
      const parsed = parseDatabaseUrl(text);
      return parsed.ok ? value(text) : parsed;
    },
  );
}

function parseUrl(text: string, schemes: readonly string[]): ParsedValue<string> {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  if (parsed === null || parsed.hostname === '') return problem('is not a URL');
  if (!schemes.includes(parsed.protocol.slice(0, -1)))
    return problem(`does not start with ${schemes.join(':// or ')}://`);
  return value(text.endsWith('/') ? text.slice(0, -1) : text);
}

export function accountId(declared: Declared): Variable<AccountId> {
  return variable(declared, 'NEAR account id, such as solver.near or 64 hex digits', (text) => {
    const parsed = parseAccountId(text);
    return parsed === null ? problem('is not a NEAR account id (2 to 64 of a-z 0-9 . _ -)') : value(parsed);
  });
}

/** One of the ids under which the verifier is known to hold an asset. */
export function knownAsset(declared: Declared & { readonly symbol: Asset['symbol'] }): Variable<Asset> {
  const known = KNOWN_ASSETS.filter(({ symbol }) => symbol === declared.symbol);
  const ids = known.map(({ id }) => id);
  return variable(declared, ids.join(' or '), (given) => {
    const found = known.find(({ id }) => id === given);
    return found === undefined
      ? problem(`is not a known asset id of ${declared.symbol}: ${ids.join(', ')}`)
      : value(found);
  });
}

/** Directions as `IN->OUT`, by name; or a word for both directions of the traded pair, or for everything. */
export function pairDirections(declared: Declared): Variable<'pair' | 'all' | readonly AssetPair[]> {
  const shape = `pair (both directions of the traded pair), all, or directions ASSET_IN->ASSET_OUT, comma separated, at most ${PAIRS_MAX}`;
  const isId = new RegExp(ASSET_ID_PATTERN);
  return variable<'pair' | 'all' | readonly AssetPair[]>(declared, shape, (given) => {
    if (given === 'pair' || given === 'all') return value(given);
    const pairs: AssetPair[] = [];
    for (const part of given.split(',')) {
      const [assetIn = '', assetOut = '', ...more] = part.trim().split('->');
      if (!isId.test(assetIn) || !isId.test(assetOut) || more.length > 0) {
        return problem('has a part that is not ASSET_IN->ASSET_OUT with two asset ids');
      }
      if (assetIn === assetOut) return problem('has a direction from an asset to itself');
      pairs.push({ assetIn, assetOut });
    }
    return pairs.length > PAIRS_MAX ? problem(`has more than ${PAIRS_MAX} directions`) : value(pairs);
  });
}

export function text(declared: Declared & { readonly shape: string }): Variable<string> {
  return variable(declared, declared.shape, (given) => value(given));
}

/** `host:port` pairs, comma separated; an IPv6 host is in brackets. */
export function hostPorts(declared: Declared): Variable<string> {
  return variable(declared, 'host:port, comma separated', (given) => {
    const valid = given.split(',').every((part) => {
      const port = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/.exec(part.trim())?.[1];
      return port !== undefined && Number(port) >= 1 && Number(port) <= 65535;
    });
    return valid ? value(given) : problem('is not a list of host:port');
  });
}

/** A token that can travel in an Authorization header and is long enough not to be guessed. */
export function token(declared: Declared): Variable<string> {
  return variable(declared, 'at least 32 visible ASCII characters without spaces', (given) =>
    /^[!-~]{32,512}$/.test(given)
      ? value(given)
      : problem('is too short, too long or has characters that cannot be sent in a header'),
  );
}

/** A key that somebody else issued; it travels in a header. */
export function apiKey(declared: Declared & { readonly shape: string }): Variable<string> {
  return variable(declared, declared.shape, (given) =>
    /^[!-~]+$/.test(given) ? value(given) : problem('has spaces or characters that cannot be sent in a header'),
  );
}

/** Comma separated words; an empty text is an empty list. */
export function words(declared: Declared & { readonly shape: string }): Variable<readonly string[]> {
  return variable(declared, declared.shape, (given) =>
    value(
      given
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    ),
  );
}

export function jsonObject(
  declared: Declared & { readonly shape: string },
): Variable<Readonly<Record<string, unknown>>> {
  return variable(declared, declared.shape, (given) => {
    const read = readJson(given, SMALL_JSON);
    return read.ok && isFields(read.value) ? value(read.value) : problem('is not a JSON object');
  });
}

export function secret<T>(inner: Variable<T>): Variable<T> {
  return { ...inner, secret: true };
}

/** May stay unset: null then. */
export function optional<T>(inner: Variable<T>): Variable<T | null> {
  const { fallback: _unused, ...rest } = inner;
  return { ...rest, fallback: '', parse: (given) => (given === '' ? value(null) : inner.parse(given)) };
}

/** Declared so that nobody believes it works: any value but the one that changes nothing is refused. */
export function notBuilt(
  declared: Declared & { readonly shape: string; readonly harmless: readonly string[] },
): Variable<null> {
  const { shape, harmless } = declared;
  const possible = harmless.length > 0 ? harmless.join(' or ') : 'nothing in this version';
  return {
    ...variable(
      { ...declared, help: `${declared.help} (not in this version yet)` },
      possible === shape ? shape : `${possible}; planned: ${shape}`,
      (given) =>
        given === '' || harmless.includes(given)
          ? value(null)
          : problem('requires something that this version does not have yet'),
    ),
    remedy: `remove ${declared.name}.`,
  };
}

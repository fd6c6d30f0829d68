// What of a text may be shown to a person or a log: URLs by host only, nothing that looks like a key, a token or a
// signature. The second line of defence: the first is that secrets are not handed to anything that prints.

import { databaseHostOf } from '../../database-url.ts';

const REDACTED = '[redacted]';

// None asks for the beginning of a word before it: what joins texts may leave no mark between them.

/** Private keys and signatures of NEAR: base58 of 64 bytes behind a curve name. Public keys (43 or 44 characters) pass. */
const CURVE_TEXT = /(ed25519|secp256k1):[1-9A-HJ-NP-Za-km-z]{60,}/g;
const BARE_BASE58_64_BYTES = /(?<![0-9A-Za-z])[1-9A-HJ-NP-Za-km-z]{85,90}(?![0-9A-Za-z])/g;
const HEX_64_BYTES = /(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{128}(?![0-9A-Za-z])/g;
/** The head is bounded, or a text of many beginnings and no dot is searched to its end from each of them. */
const JWT = /eyJ[A-Za-z0-9_-]{5,2048}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;
const BEARER = /(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;
/** May name several hosts, and a password among its parameters. */
const DATABASE_URL_TEXT = /postgres(?:ql)?:\/\/[^\s"'<>]*/gi;
const URL_TEXT = /([a-z0-9+.-]{0,21}):\/\/(?:[^\s"'<>@/]*@)?([^\s"'<>@/?#,\\]*)([^\s"'<>,]*)/gi;

/** `host` or `host:port` of a URL; a text that is none gives `(no URL)`, since it may be anything. */
export function hostOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  return host === '' ? '(no URL)' : host;
}

/** A pattern cannot match a text that is shorter, or has not this in it. */
const BLANK = /\s/;
const CURVE_CHARS_MIN = 68;
const BASE58_CHARS_MIN = 85;
const BEARER_CHARS_MIN = 14;

/**
 * The text with URLs cut to scheme and host, and with what looks like a secret taken out. Every text of every log line passes here,
 * so what a short text without marks cannot hold is not searched for.
 */
export function withoutSecrets(text: string, known: readonly string[] = []): string {
  let shown = text;
  for (const secret of known) {
    if (secret.length >= 6 && shown.length >= secret.length && shown.includes(secret)) {
      shown = shown.replaceAll(secret, REDACTED);
    }
  }
  if (shown.includes('://')) shown = withoutUrlPaths(shown);
  if (shown.includes('eyJ')) shown = shown.replace(JWT, REDACTED);
  if (shown.length >= CURVE_CHARS_MIN) {
    shown = shown.replace(CURVE_TEXT, (_whole, curve: string) => `${curve}:${REDACTED}`);
  }
  if (shown.length >= BASE58_CHARS_MIN) {
    shown = shown.replace(BARE_BASE58_64_BYTES, REDACTED).replace(HEX_64_BYTES, REDACTED);
  }
  if (shown.length < BEARER_CHARS_MIN || !BLANK.test(shown)) return shown;
  // The last, since it ends within a key that has its curve before it.
  return shown.replace(BEARER, (_whole, kind: string) => `${kind} ${REDACTED}`);
}

function withoutUrlPaths(text: string): string {
  return text
    .replace(DATABASE_URL_TEXT, (whole) => `PostgreSQL at ${databaseHostOf(whole)}`)
    .replace(URL_TEXT, (_whole, scheme: string, host: string, rest: string) => {
      return `${scheme}://${host}${rest === '' || rest === '/' ? '' : '/...'}`;
    });
}

const SHOWN_CHARS_MAX = 48;

/** A wrong value as an error may show it: quoted, shortened, without secrets. */
export function shownValue(value: string): string {
  const safe = withoutSecrets(value);
  return JSON.stringify(safe.length > SHOWN_CHARS_MAX ? `${safe.slice(0, SHOWN_CHARS_MAX)}...` : safe);
}

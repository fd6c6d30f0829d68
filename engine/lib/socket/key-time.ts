// When a key is a JSON web token, it says itself from when until when it is valid (RFC 7519): an expired one needs no guess about
// why it was refused. Nothing but those two times is read, and no signature is checked: that is the server's matter. Total; pure.

import { isFields, readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { isoTime, isPlausibleTime } from '../../../contracts/time.ts';

/** @returns why it is not valid now, in words without any of the key; null: nothing is known against it */
export function whyKeyIsVoid(key: string, nowMs: number): string | null {
  const parts = key.split('.');
  const claims = parts.length === 3 ? claimsOf(parts[1] ?? '') : null;
  if (claims === null) return null;
  const expiresAtMs = timeOf(claims['exp']);
  if (expiresAtMs !== null && nowMs >= expiresAtMs) return `expired at ${isoTime(expiresAtMs)}`;
  const validFromMs = timeOf(claims['nbf']);
  return validFromMs !== null && nowMs < validFromMs ? `is valid only from ${isoTime(validFromMs)} on` : null;
}

function claimsOf(part: string): Readonly<Record<string, unknown>> | null {
  const read = readJson(Buffer.from(part, 'base64url').toString('utf8'), SMALL_JSON);
  return read.ok && isFields(read.value) ? read.value : null;
}

/** Seconds since the epoch as milliseconds; null: no time that can be right. */
function timeOf(value: unknown): number | null {
  const ms = typeof value === 'number' ? Math.floor(value * 1000) : Number.NaN;
  return isPlausibleTime(ms) ? ms : null;
}

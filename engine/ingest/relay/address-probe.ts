// A 403 fits a refused key and a refused address. Which of them it is shows at the root of the same host, asked for without the
// key: an address that is not let in gets 403 there too, a key is not looked at.

import { boundedFetch } from '../../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';

const TIME_LIMIT_MS = 10_000;
const FORBIDDEN = 403;

/** @returns null: the host did not answer, so it is not known */
export async function isAddressRefused(wsUrl: string, timers: Pick<Clock, 'after'>): Promise<boolean | null> {
  const root = new URL('/', wsUrl);
  root.protocol = root.protocol === 'wss:' ? 'https:' : 'http:';
  // Its status is all that counts: a page that is too large, compressed or moved was an answer too.
  const answer = await boundedFetch({ url: root.href, timers, timeLimitMs: TIME_LIMIT_MS });
  if (answer.ok) return answer.status === FORBIDDEN;
  return answer.reason === 'redirected' ? false : null;
}

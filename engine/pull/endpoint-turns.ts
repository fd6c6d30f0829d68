// Which endpoint the next pull goes over: each in turn, and one that failed lately only when all of them did.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearEndpoint } from '../../contracts/runtime/near/client.ts';

export type EndpointTurns = {
  /** undefined: there is none. */
  next(): NearEndpoint | undefined;
  /** It did not do its part. */
  failed(endpoint: NearEndpoint): void;
};

/** As long as an endpoint can take to answer for a transaction: within this time every pull has been sent again over another one. */
const AVOIDED_FOR_US = 15_000_000;

export function createEndpointTurns(
  endpoints: readonly NearEndpoint[],
  clock: Pick<Clock, 'elapsedUs'>,
): EndpointTurns {
  /** Monotonic times, the oldest first: one for each endpoint at most. */
  const failedAtUs = new Map<NearEndpoint, number>();
  let turn = 0;
  return {
    next() {
      const first = turn++ % endpoints.length;
      const afterUs = clock.elapsedUs() - AVOIDED_FOR_US;
      const ordered = [...endpoints.slice(first), ...endpoints.slice(0, first)];
      const sound = ordered.find((endpoint) => (failedAtUs.get(endpoint) ?? Number.NEGATIVE_INFINITY) <= afterUs);
      return sound ?? failedAtUs.keys().next().value;
    },
    failed(endpoint) {
      failedAtUs.delete(endpoint);
      failedAtUs.set(endpoint, clock.elapsedUs());
    },
  };
}

// Payloads of the outside protocols for tests; see contracts/fixtures/wire/README.md.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const WIRE_DIRECTORY = join(import.meta.dir, '../../contracts/fixtures/wire');

/** Folders of the payloads. */
export type WireProtocol = 'relay' | 'near-rpc' | 'kraken' | 'coingecko' | 'poa-bridge' | 'esplora' | 'gnosis';

/** The payload `relay/accepted`, exactly as it is on the wire. */
export const wirePayload = (name: `${WireProtocol}/${string}`): string =>
  readFileSync(join(WIRE_DIRECTORY, `${name}.json`), 'utf8').trimEnd();

/** All payloads of a protocol by the names of their files, in the order of the names. */
export const wirePayloads = (protocol: WireProtocol): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(WIRE_DIRECTORY, protocol))
      .map((file) => file.replace(/\.json$/, ''))
      .sort()
      .map((name) => [name, wirePayload(`${protocol}/${name}`)]),
  );

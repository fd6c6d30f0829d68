// A poll of the verifier over real sockets for tests: a simulated chain, test nodes in front of it, a ledger that takes every
// snapshot that is not older than the last, and a clock that moves by hand.

import nacl from 'tweetnacl';
import { BTC, DEFAULT_PAIR, EURE, otherAssets } from '../../contracts/assets.ts';
import type { AccountId, NonceText } from '../../contracts/ids.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { createNearClient } from '../../contracts/runtime/near/client.ts';
import { startTestNode, type TestNode } from '../../contracts/runtime/near/node.fixture.ts';
import type { NearFailure } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock, KnownBlock } from '../../contracts/runtime/near/types.ts';
import { startChain } from '../../ops/sim/chain/chain.ts';
import { readEnvelopes } from '../../ops/sim/verifier/envelope.ts';
import { payloadHash } from '../../ops/sim/verifier/hashing.ts';
import { buildNonce } from '../../ops/sim/verifier/nonce.ts';
import { encodeBase58 } from '../../ops/sim/verifier/text/base58.ts';
import { nodeOfValue } from '../../ops/sim/verifier/text/json.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import type { Observation } from '../model/observation.ts';
import { createVerifierPoll } from './poll.ts';

export const T0 = 1_767_225_600_000;
export const CONTRACT = 'intents.near';
export const ACCOUNT = 'maker.near' as AccountId;
const KEYS = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(3));
export const PUBLIC_KEY = `ed25519:${encodeBase58(KEYS.publicKey)}`;

export const nonceOf = (salt: string, mark: string): NonceText =>
  Buffer.from(buildNonce(salt, BigInt(T0 + 3_600_000) * 1_000_000n, mark.repeat(15))).toString('base64') as NonceText;

/** A list of balances with another one for the first asset, as long as what was asked for. */
export const firstIs = (units: string) => (balances: unknown) =>
  Array.isArray(balances) ? [units, ...balances.slice(1)] : balances;

/** An intent without effect but for the nonce that it uses. */
export function emptyIntent(nonce: NonceText) {
  const payload = JSON.stringify({
    signer_id: ACCOUNT,
    verifying_contract: CONTRACT,
    deadline: new Date(T0 + 60_000).toISOString(),
    nonce,
    intents: [],
  });
  const signature = `ed25519:${encodeBase58(nacl.sign.detached(new TextEncoder().encode(payload), KEYS.secretKey))}`;
  const read = readEnvelopes([nodeOfValue({ standard: 'raw_ed25519', payload, public_key: PUBLIC_KEY, signature })]);
  if (!read.ok) throw new Error(read.reason);
  const [envelope] = read.value;
  if (envelope === undefined) throw new Error('one envelope was given');
  return { envelopes: read.value, hash: encodeBase58(payloadHash(envelope)) };
}

type Options = {
  readonly nodes?: number;
  readonly chainIds?: readonly string[];
  readonly registered?: boolean;
  readonly pollMs?: number;
  /** What an earlier run left in the ledger. */
  readonly ledger?: KnownBlock | null;
  readonly credited?: Readonly<Record<string, bigint>>;
  /** Why the ledger takes nothing at present. */
  readonly refuse?: () => string | null;
};

export type PollWorld = ReturnType<typeof startPoll>;

export function startPoll(options: Options = {}) {
  const clock = new ManualClock(T0);
  const chain = startChain({ clock });
  chain.credit(ACCOUNT, BTC.id, 100_000n);
  if (options.registered !== false) chain.registerKey(ACCOUNT, PUBLIC_KEY);
  chain.mine(3);
  clock.advance(5000);
  const nodes = Array.from({ length: options.nodes ?? 1 }, (_, index) =>
    startTestNode(chain, options.chainIds?.[index]),
  );
  const client = createNearClient({ urls: nodes.map(({ url }) => url), contract: CONTRACT, clock });
  const observations: Observation[] = [];
  const failures: NearFailure[] = [];
  const troubles: string[] = [];
  const stamps: { readonly host: string; readonly aheadMs: number }[] = [];
  const reading = { nonces: [] as NonceText[], salts: [] as string[], timeFrees: false };
  let credited: Readonly<Record<string, bigint>> | null = options.credited ?? null;
  let ledger: KnownBlock | null = options.ledger ?? null;
  const poll = createVerifierPoll({
    client,
    chainId: 'mainnet',
    accountId: ACCOUNT,
    publicKey: PUBLIC_KEY,
    contract: CONTRACT,
    assets: [BTC.id, EURE.id],
    otherAssets: otherAssets(DEFAULT_PAIR).map(({ id }) => id),
    pollMs: options.pollMs ?? 2000,
    maxAgeMs: 15_000,
    toRead: () => ({
      ...reading,
      // Of what is read, and of one that was opened since.
      timeFrees: reading.timeFrees
        ? [...reading.nonces, 'other' as NonceText].map((nonce) => ({ nonce, fromMs: 0 }))
        : [],
    }),
    ledgerBlock: () => ledger,
    ledgerCredited: (asset) => credited?.[asset] ?? null,
    async onObservation(observation) {
      const refusal = options.refuse?.() ?? null;
      if (refusal !== null) return refusal;
      // As the ledger does: what is not confirmed is no balance.
      if (observation.confirmed) {
        ledger = observation.block;
        credited = observation.credited;
      }
      observations.push(observation);
      return null;
    },
    onFailure: (failure) => failures.push(failure),
    onBlock: ({ host, block }) => stamps.push({ host, aheadMs: block.timeMs - clock.nowMs() }),
    onEndpointTrouble: (host, trouble) => troubles.push(`${host} ${trouble?.reason ?? 'well'}`),
    clock,
    random: { fill: (bytes) => void bytes.fill(7), fraction: () => 0.5 },
  });
  const node = (index: number): TestNode => {
    const found = nodes[index];
    if (found === undefined) throw new Error(`there is no node ${index}`);
    return found;
  };
  return {
    clock,
    chain,
    nodes,
    node,
    client,
    poll,
    observations,
    failures,
    troubles,
    stamps,
    reading,
    setLedger(block: FinalBlock): void {
      ledger = block;
    },
    seen: (count: number) => waitFor(() => observations.length >= count, { what: `observation ${count}` }),
    newest(): Observation {
      const last = observations.at(-1);
      if (last === undefined) throw new Error('nothing was observed yet');
      return last;
    },
    /** Lets the interval pass and polls once; null: the ledger took what came. */
    async again(ms = 2000): Promise<string | null> {
      clock.advance(ms);
      return (await poll.refresh())?.reason ?? null;
    },
    /** Polls, with time going on for as long as that takes. */
    async whileTimeGoesOn(): Promise<string | null> {
      let isDone = false;
      const polled = poll.refresh().finally(() => {
        isDone = true;
      });
      const tick = (): boolean => {
        if (!isDone) clock.advance(250);
        return isDone;
      };
      await waitFor(tick, { what: 'the poll to end' });
      return (await polled)?.reason ?? null;
    },
    salt: (): string => chain.state().currentSaltHex,
    endpoint(index: number) {
      const state = poll.state().rpc.endpoints[index];
      if (state === undefined) throw new Error(`there is no endpoint ${index}`);
      return state;
    },
    async close() {
      poll.stop();
      client.close();
      for (const one of nodes) await one.close();
    },
  };
}

// Transactions that the node takes and refuses, made byte by byte.
import { describe, expect, test } from 'bun:test';
import { startChain } from '../chain/chain.ts';
import { manualClock } from '../chain/clock.ts';
import { NOW_MS, NOW_NS, SOLVER, signIntents, USER, wireOf } from '../verifier/fixtures.ts';
import { sign } from '../verifier/signature.ts';
import { accountOf, hasPublicKey } from '../verifier/state.ts';
import { decodeBase58 } from '../verifier/text/base58.ts';
import { answer } from './answer.ts';
import { FIRST_ACCESS_NONCE } from './send-tx.ts';

const text = (value: string) => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

type Over = {
  readonly party?: typeof SOLVER;
  readonly nonce?: bigint;
  readonly blockHash?: Uint8Array;
  readonly method?: string;
  readonly receiver?: string;
  readonly args?: string;
  readonly gas?: bigint;
  readonly deposit?: bigint;
  readonly broken?: boolean;
};

function make() {
  const clock = manualClock(NOW_MS);
  const chain = startChain({ clock });
  chain.registerKey(SOLVER.accountId, SOLVER.publicKey);
  clock.advance(3000);
  const hashText = chain.blockAt('final').hash;
  const decoded = decodeBase58(hashText, 32);
  if (!decoded.ok) throw new Error(decoded.reason);
  const signed = (over: Over = {}): string => {
    const { party = SOLVER, nonce = FIRST_ACCESS_NONCE + 1n, blockHash = decoded.value, deposit = 0n } = over;
    const { method = 'execute_intents', receiver = 'intents.near', gas = 10n ** 14n } = over;
    const {
      args = JSON.stringify({ signed: [wireOf(signIntents(SOLVER, [], { deadlineNs: NOW_NS + 10n ** 12n }))] }),
    } = over;
    const bytes = Buffer.concat([
      ...[text(party.accountId), Buffer.from([0]), party.keyPair.publicKey, u64(nonce), text(receiver), blockHash],
      ...[Buffer.from([1, 0, 0, 0, 2]), text(method), text(args), u64(gas), u64(deposit), u64(0n)],
    ]);
    const digest = new Uint8Array(32);
    Bun.SHA256.hash(bytes, digest);
    const signature = sign(digest, over.broken === true ? USER.keyPair : party.keyPair);
    return Buffer.concat([bytes, Buffer.from([0]), signature]).toString('base64');
  };
  const send = (base64: string) =>
    JSON.parse(JSON.stringify(answer(chain, { method: 'send_tx', params: { signed_tx_base64: base64 } }, 'mainnet')));
  return { chain, clock, signed, send };
}

describe('send_tx', () => {
  test('executes once, however often it is sent, and moves the nonce of the key', () => {
    const { signed, send, chain } = make();
    const base64 = signed();
    const first = send(base64);
    expect(first.result.status).toEqual({ SuccessValue: '' });
    expect(send(base64)).toEqual(first);
    const key = { request_type: 'view_access_key', account_id: SOLVER.accountId, public_key: SOLVER.publicKey };
    const viewed = answer(chain, { method: 'query', params: { ...key, finality: 'optimistic' } }, 'mainnet');
    expect(viewed).toMatchObject({ result: { nonce: Number(FIRST_ACCESS_NONCE + 1n) } });
    expect(send(signed()).error.data).toEqual({
      TxExecutionError: {
        InvalidTxError: {
          InvalidNonce: { tx_nonce: Number(FIRST_ACCESS_NONCE + 1n), ak_nonce: Number(FIRST_ACCESS_NONCE + 1n) },
        },
      },
    });
    expect(send(signed({ nonce: FIRST_ACCESS_NONCE + 2n })).result.status).toEqual({ SuccessValue: '' });
  });

  test("a batch that the contract refuses is a transaction that failed with the contract's text", () => {
    const { signed, send } = make();
    const args = JSON.stringify({ signed: [wireOf(signIntents(SOLVER, [], { saltHex: '00000001' }))] });
    expect(JSON.stringify(send(signed({ args })).result.status)).toContain('Smart contract panicked: invalid salt');
  });

  test.each<[string, Over, string]>([
    ['a signature by another key', { broken: true }, 'InvalidSignature'],
    ['an account without that key', { party: USER }, 'AccessKeyNotFound'],
    ['a block that is not known', { blockHash: new Uint8Array(32) }, 'Expired'],
    ['a number that is beyond the height', { nonce: 2n * FIRST_ACCESS_NONCE }, 'NonceTooLarge'],
    ['too much gas', { gas: 300_000_000_000_001n }, 'TotalPrepaidGasExceeded'],
    ['another method', { method: 'ft_withdraw' }, 'NotSimulated'],
    ['another contract', { receiver: 'btc.omft.near' }, 'NotSimulated'],
    ['a deposit', { deposit: 1n }, 'NotSimulated'],
  ])('%s is refused by name, and uses no nonce', (_name, over, reason) => {
    const { signed, send } = make();
    const { error } = send(signed(over));
    expect(error.cause.name).toBe('INVALID_TRANSACTION');
    expect(JSON.stringify(error.data)).toContain(reason);
    expect(send(signed()).result.status).toEqual({ SuccessValue: '' });
  });

  test('a key is registered, and removed, for the account that signed, with one yoctoNEAR attached', () => {
    const { signed, send, chain } = make();
    const args = JSON.stringify({ public_key: USER.publicKey });
    const step = (nonce: bigint, method: string, deposit: bigint) =>
      JSON.stringify(send(signed({ nonce: FIRST_ACCESS_NONCE + nonce, method, args, deposit })).result.status);
    const isKnown = () => hasPublicKey(accountOf(chain.state(), SOLVER.accountId), SOLVER.accountId, USER.publicKey);
    expect(step(1n, 'add_public_key', 0n)).toContain('exactly 1 yoctoNEAR');
    expect(isKnown()).toBe(false);
    expect(step(2n, 'add_public_key', 1n)).toBe('{"SuccessValue":""}');
    expect(isKnown()).toBe(true);
    expect(step(3n, 'add_public_key', 1n)).toContain('already exists');
    expect(step(4n, 'remove_public_key', 1n)).toBe('{"SuccessValue":""}');
    expect(isKnown()).toBe(false);
    expect(step(5n, 'remove_public_key', 1n)).toContain("doesn't exist");
  });

  test.each(['', 'AAAA', '!!', Buffer.alloc(300).toString('base64'), Buffer.alloc(300, 255).toString('base64')])(
    'the bytes %p are no transaction',
    (base64) => {
      expect(make().send(base64).error.cause.name).toBe('PARSE_ERROR');
    },
  );

  test.each(['{}', 'x', '{"signed":[{}]}'])('the arguments %p are no batch', (args) => {
    const { signed, send } = make();
    expect(send(signed({ args })).error.cause.name).toBe('PARSE_ERROR');
  });
});

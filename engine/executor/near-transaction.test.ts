import { describe, expect, test } from 'bun:test';
import type { AccountId } from '../../contracts/ids.ts';
import { readSignedCall } from '../../ops/sim/near-rpc/signed-transaction.ts';
import { type FunctionCall, signFunctionCall } from './near-transaction.ts';
import { createSigner } from './sign.ts';

const SOLVER = 'solver.near' as AccountId;
// A published key for tests, and the bytes that three other implementations make of this call of it, up to the deposit.
const made = createSigner(
  'ed25519:3FyRtUUMxiNT1g2ST6mbj7W1CN7KfQBbomawC7YG4A1zwHmw2TRsn1Wc8NaFcBCoJDu3zt3znJDSwKQ31oRaKXH7',
);
if (!made.ok) throw new Error(made.problem);
const { signer } = made;
const BYTES_BEFORE_DEPOSIT =
  '0b000000736f6c7665722e6e65617200151848b75252e8406857a3bffa3cb4bf0451e62bb1774f20906329f0614d5a3e01000000000000000c000000696e74656e74732e6e6561720fa473fd26901df296be6adc4cc4df34d040efa2435224b6986910e630c2fef601000000020e0000006164645f7075626c69635f6b6579450000007b227075626c69635f6b6579223a22656432353531393a32524d33456f74437a4569566f626d36614d6a61757034336b386346666652344b4846747271625a37395179227d00407a10f35a0000';

const CALL: FunctionCall = {
  contract: 'intents.near',
  method: 'add_public_key',
  args: { public_key: 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy' },
  accessKeyNonce: 1n,
  blockHash: '244ZQ9cgj3CQ6bWBdytfrJMuMQ1jdXLFGnr4HhvtCTnM',
};

describe('a signed function call', () => {
  test('has the bytes that other implementations make of it, and nothing attached', () => {
    const bytes = Buffer.from(signFunctionCall(SOLVER, signer, CALL)?.base64 ?? '', 'base64');
    expect(bytes.toString('hex')).toStartWith(`${BYTES_BEFORE_DEPOSIT}${'00'.repeat(16)}00`);
    expect(bytes.length).toBe(BYTES_BEFORE_DEPOSIT.length / 2 + 16 + 1 + 64);
  });

  test('with one yoctoNEAR attached, has the hash and the bytes that other implementations make of it', () => {
    const signed = signFunctionCall(SOLVER, signer, { ...CALL, depositYocto: 1n });
    expect(signed).toEqual({
      hash: '31WBvHGCtQKLq8aQfKvRvpVaZbhuJCqumLanFZdTweFY',
      base64:
        'CwAAAHNvbHZlci5uZWFyABUYSLdSUuhAaFejv/o8tL8EUeYrsXdPIJBjKfBhTVo+AQAAAAAAAAAMAAAAaW50ZW50cy5uZWFyD6Rz/SaQHfKWvmrcTMTfNNBA76JDUiS2mGkQ5jDC/vYBAAAAAg4AAABhZGRfcHVibGljX2tleUUAAAB7InB1YmxpY19rZXkiOiJlZDI1NTE5OjJSTTNFb3RDekVpVm9ibTZhTWphdXA0M2s4Y0ZmZlI0S0hGdHJxYlo3OVF5In0AQHoQ81oAAAEAAAAAAAAAAAAAAAAAAAAAGT5TNgYlIEdzJE5FmYri4/XiEEcpMCpQkTBAlzk512aquIl//D45AsEDj6fbA11JYS6h5M3XJ/NMfKvfSCZTCA==',
    });
  });

  test('read by another program is what was signed, with a valid signature', () => {
    const signed = signFunctionCall(SOLVER, signer, { ...CALL, accessKeyNonce: 170_000_000_000_001n });
    expect(readSignedCall(signed?.base64 ?? '')).toMatchObject({
      ok: true,
      value: {
        hash: signed?.hash,
        signerId: SOLVER,
        publicKey: signer.publicKey,
        nonce: 170_000_000_000_001n,
        receiverId: CALL.contract,
        blockHash: CALL.blockHash,
        methodName: CALL.method,
        args: JSON.stringify(CALL.args),
        deposit: 0n,
        isSignatureValid: true,
      },
    });
    const bytes = Buffer.from(signed?.base64 ?? '', 'base64');
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    expect(readSignedCall(bytes.toString('base64'))).toMatchObject({ value: { isSignatureValid: false } });
  });

  test.each(['', 'x', '0OIl', '1'.repeat(33)])('the block hash %p is none', (blockHash) => {
    expect(signFunctionCall(SOLVER, signer, { ...CALL, blockHash })).toBeNull();
  });
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { UNITS_MAX } from '../../../../contracts/amounts.ts';
import { KNOWN_ASSETS } from '../../../../contracts/assets.ts';
import { poaBridgeReviver } from '../../../../contracts/wire/poa-bridge.ts';
import { FUZZ, mutatedText } from '../../../../ops/testing/mutated.ts';
import { wirePayloads } from '../../../../ops/testing/wire.ts';
import { readAnswer } from '../ask.ts';
import { numbered, readDepositAddress, readDeposits, readResult, readTerms } from './reply.ts';

const body = mutatedText([...wirePayloads('poa-bridge').values()]);
const status = fc.oneof(fc.constantFrom(200, 429, 503), fc.integer({ min: 100, max: 599 }));
const retryAfter = fc.option(mutatedText(['17', 'Thu, 01 Jan 2026 00:00:30 GMT']));

const isShort = (text: string | null): boolean => text === null || (text.length > 0 && text.length <= 128);

test('any answer gives values within bounds or a named failure, and never an exception', () => {
  fc.assert(
    fc.property(body, status, retryAfter, (text, code, header) => {
      const answer = readAnswer({ status: code, body: text, retryAfter: header }, 1_767_225_600_000, poaBridgeReviver);
      expect(answer.retryAfterMs === null || (answer.retryAfterMs >= 0 && answer.retryAfterMs <= 300_000)).toBe(true);
      const result = readResult(answer);
      if (!result.ok) {
        expect(Buffer.byteLength(result.detail)).toBeLessThanOrEqual(300);
        return;
      }
      for (const chain of ['btc:mainnet', 'eth:100', 'other']) {
        const address = readDepositAddress(result.value, chain);
        if (address.ok) expect(address.value).toMatch(/^(?:bc1|[13]|0x)[0-9a-zA-Z]+$/);
        const page = readDeposits(result.value, chain, 'solver.near');
        if (!page.ok) continue;
        const deposits = numbered(page.value.deposits);
        expect(new Set(deposits.map(({ creditId }) => creditId)).size).toBe(deposits.length);
        for (const deposit of deposits) {
          expect(deposit.amountUnits >= 0n && deposit.amountUnits <= UNITS_MAX).toBe(true);
          expect([deposit.txHash, deposit.creditTxHash, deposit.bridgeStatus, deposit.sender].every(isShort)).toBe(
            true,
          );
        }
      }
      const terms = readTerms(result.value, KNOWN_ASSETS);
      for (const { minDepositUnits, withdrawalFeeUnits } of terms.ok ? terms.value : []) {
        for (const units of [minDepositUnits, withdrawalFeeUnits]) expect(units === null || units >= 0n).toBe(true);
      }
    }),
    FUZZ,
  );
});

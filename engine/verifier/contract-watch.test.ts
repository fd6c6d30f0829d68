import { expect, test } from 'bun:test';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ContractWatch } from './contract-watch.ts';

test('a change of the salt or of the fee is logged once, with what it was; silence of the verifier is none', () => {
  const kept = keptLog();
  const watch = new ContractWatch(kept.log);
  let height = 100;
  const see = (salt: string | null, feePips: number | null): void => {
    watch.see({ salt, feePips, block: { height: height++, hash: 'hash', timeMs: 0 } });
  };
  see(null, null);
  for (let times = 0; times < 3; times++) see('aaaaaaaa', 1);
  see(null, null);
  see('aaaaaaaa', 1);
  expect(kept.lines).toEqual([]);
  for (let times = 0; times < 3; times++) see('bbbbbbbb', 1);
  for (let times = 0; times < 3; times++) see('bbbbbbbb', 0);
  expect(kept.lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'info', event: 'verifier_salt_changed', from: 'aaaaaaaa', to: 'bbbbbbbb', block_height: 106 },
    { level: 'warn', event: 'verifier_fee_changed', from_pips: 1, to_pips: 0, block_height: 109 },
  ]);
});

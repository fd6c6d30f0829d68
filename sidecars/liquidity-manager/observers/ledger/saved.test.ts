import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FUZZ, mutatedJson } from '../../../../ops/testing/mutated.ts';
import { addressesOf, bitcoinRig, creditTo } from '../observer.fixture.ts';
import { decodeSaved, encodeSaved, type Saved } from './saved.ts';

async function savedText(): Promise<string> {
  await using rig = bitcoinRig();
  const [address] = addressesOf('btc:mainnet');
  const txid = rig.chain.pay({ address, sats: 100_000, also: [{ address, sats: 20_000 }] });
  rig.chain.mine(2);
  rig.failEmit(new Error('Kafka is away'));
  await rig.read();
  const credits = [
    creditTo('btc:mainnet', { txHash: txid }),
    creditTo('btc:mainnet', { creditId: 'no', amountUnits: 1n }),
  ];
  rig.observer().takeCredits(credits);
  await rig.observer().stop();
  return await Bun.file(`${rig.stateDir}/funding-observer-btc-mainnet.json`).text();
}

const TEXT = await savedText();

const decoded = (text: string): Saved => {
  const read = decodeSaved('btc:mainnet', text);
  if (!read.ok) throw new Error(read.detail);
  return read.saved;
};

test('what is written is read again, to the letter', () => {
  const saved = decoded(TEXT);
  expect([saved.ledger.sightings.size, saved.ledger.unmatched.size, saved.outbox.length]).toEqual([2, 1, 3]);
  expect(encodeSaved('btc:mainnet', saved)).toBe(TEXT);
});

test.each([
  ['', 'not JSON'],
  [TEXT.slice(0, -1), 'not JSON'],
  ['{"version":2}', 'not in the form'],
  [TEXT.replace('"100000"', '"1e5"'), 'not in the form'],
  [TEXT.replaceAll('"units":"100000"', `"units":"${'9'.repeat(39)}"`), 'out of range'],
  [TEXT.replace('btc:mainnet', 'eth:100'), 'of another chain'],
])('a file that cannot be used is a named reason: %#', (text, detail) => {
  expect(decodeSaved('btc:mainnet', text)).toEqual({ ok: false, detail: expect.stringContaining(detail) });
});

test('any change of the file is read or refused by name, and what is read can be written and read again', () => {
  fc.assert(
    fc.property(mutatedJson([TEXT]), (value) => {
      const read = decodeSaved('btc:mainnet', JSON.stringify(value) ?? '');
      if (!read.ok) expect(read.detail).not.toBe('');
      else expect(decodeSaved('btc:mainnet', encodeSaved('btc:mainnet', read.saved)).ok).toBe(true);
    }),
    FUZZ,
  );
});

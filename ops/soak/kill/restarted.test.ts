import { expect, test } from 'bun:test';
import type { VenueEvent } from './exposure.ts';
import type { ShownInventory } from './ledger.ts';
import { tooLittle } from './restarted.ts';

const NONCE = Buffer.from('ab'.repeat(32), 'hex');
const nonceHex = NONCE.toString('hex');

const inventory = (reserved: string, used = false): ShownInventory => ({
  assets: {},
  lanes: [{ nonce: NONCE.toString('base64'), asset: 'A', ceiling: '9', reserved, used, draining: null }],
});
const answered = (amountOutUnits: bigint, deadlineMs = 10): VenueEvent => ({
  ...{ kind: 'answered', atMs: 1, quoteId: 'q', nonceHex, assetOut: 'A' },
  ...{ amountOutUnits, deadlineMs },
});
const used: VenueEvent = { kind: 'settled', atMs: 2, nonceHex, balances: {} };

test.each([
  ['the maximum of a nonce is reserved', inventory('5'), [answered(5n), answered(3n)], 0],
  ['a unit less is too little', inventory('4'), [answered(5n), answered(3n)], 1],
  ['a nonce that is not known any more reserves nothing', { assets: {}, lanes: [] }, [answered(1n)], 1],
  ['a nonce that the engine takes as used reserves nothing', inventory('5', true), [answered(5n)], 1],
  ['at its deadline a quote can still settle', inventory('4'), [answered(5n, 5)], 1],
  ['behind its deadline it cannot', inventory('4'), [answered(5n, 4)], 0],
  ['nor under a used nonce, whatever was answered since', inventory('0'), [answered(5n), used, answered(7n)], 0],
])('%s', (_name, shown, events, found) => {
  expect(tooLittle(shown, events, 5)).toHaveLength(found);
});

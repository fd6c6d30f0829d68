// What has to be true of the maker of answers wherever it is looked at, as a list of cases over a driver. Each case starts a driver
// of its own and depends on no other.

import { expect } from 'bun:test';
import { BTC_IN, BTC_OUT, EURE_IN, EURE_OUT } from '../../../engine/scenario/frames.fixture.ts';
import type { Driver } from './driver.fixture.ts';

export type Case = { readonly name: string; readonly run: (driver: Driver) => Promise<void> };

const TAKEN = ['submitted answer_sent', 'accepted relay_accepted'];

export const CASES: readonly Case[] = [
  {
    name: 'a disarmed strategy rejects, and nothing is signed',
    async run(driver) {
      expect(await driver.ask('case-1')).toBe('strategy_disarmed');
      expect(await driver.steps('case-1', null)).toEqual([]);
    },
  },
  {
    name: 'each direction is answered, whichever side is fixed, and the relay takes the answer',
    async run(driver) {
      await driver.arm();
      for (const [at, fields] of [BTC_IN, EURE_OUT, EURE_IN, BTC_OUT].entries()) {
        await driver.answered(`case-${at}`, fields);
        expect(await driver.steps(`case-${at}`, 'accepted')).toEqual(TAKEN);
      }
    },
  },
  {
    name: 'a request above the limit is rejected without an answer, and the next one is answered',
    async run(driver) {
      await driver.arm();
      expect(await driver.ask('case-large', { exact_amount_in: '100000000' })).toBe('notional_above_max');
      await driver.answered('case-small');
      expect(await driver.steps('case-large', null)).toEqual([]);
    },
  },
  {
    name: 'a quote that is taken is settled, and the other one under its nonce is void',
    async run(driver) {
      await driver.arm();
      await driver.answered('case-taken');
      await driver.answered('case-left', { exact_amount_in: '10001' });
      await driver.settle('case-taken');
      expect(await driver.steps('case-taken', 'settled')).toEqual([...TAKEN, 'settled settled_by_status']);
      expect(await driver.steps('case-left', 'voided')).toEqual([...TAKEN, 'voided sibling_settled']);
      await driver.answered('case-after');
    },
  },
];

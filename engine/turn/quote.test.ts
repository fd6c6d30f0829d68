import { expect, test } from 'bun:test';
import { makePrice } from '../model/fixtures.ts';
import { BTC_IN, BTC_OUT } from '../scenario/frames.fixture.ts';
import { readyRig } from '../scenario/loop.fixture.ts';

test.each([
  ['receives BTC', BTC_IN, 'bids'],
  ['pays BTC', BTC_OUT, 'asks'],
] as const)(
  'a move of the price is measured from the top of the order book, also of a quote that %s and was priced below it',
  async (_what, asked, side) => {
    using rig = await readyRig();
    const { bids, asks, ...rest } = makePrice({ asOfUs: rig.clock.elapsedUs(), asOfMs: rig.clock.nowMs() });
    const shallow = ([first, ...others]: typeof bids): typeof bids =>
      first === undefined ? [] : [{ ...first, quantityE8: 1_000n as never }, ...others];
    const price = { ...rest, bids: shallow(bids), asks: shallow(asks) };
    rig.set.price = price;
    rig.answered('quote-1', asked);
    const top = price[side][0]?.priceE8;
    const measuredFrom: bigint[] = [];
    rig.book.eachSigningPrice((_nonce, worstE8) => void measuredFrom.push(worstE8));
    expect(measuredFrom).toEqual([top as bigint]);
    expect(rig.heardOf('quote-1')[0]?.decision.referenceRateE8).not.toBe(top);
  },
);
